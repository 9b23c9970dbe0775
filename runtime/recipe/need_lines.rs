//! The lines of a recipe's `[needs]`, for messages that tell what to add and where.

use super::text::Recipe;
use crate::machine::NeedKind;
use crate::plan::needs::Needs;

impl Recipe {
    /// Returns the lines that declare further needs: each with the number of the line that it
    /// replaces, or, for a key that the table does not have yet, of the line that it follows.
    pub fn need_lines(&self, missing: &Needs) -> Vec<(u32, String)> {
        let mark = self.language.front_mark();
        let plain = |line: &'_ str| -> String {
            line.trim_start().strip_prefix(mark).unwrap_or_default().trim().to_owned()
        };
        let lines: Vec<(u32, String)> = (1..)
            .zip(self.text.lines())
            .take_while(|(_, line)| line.trim_start().starts_with(mark))
            .map(|(number, line)| (number, plain(line)))
            .skip_while(|(_, line)| line != "[needs]")
            .collect();
        let head = lines.first().map_or(0, |(number, _)| *number);
        let has = |line: &str, kind: NeedKind| {
            line.strip_prefix(kind.name()).is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        let kinds = NeedKind::ALL.into_iter().filter(|kind| !missing.list(*kind).is_empty());
        kinds
            .map(|kind| {
                let found = lines.iter().find(|(_, line)| has(line, kind));
                let known = found.and_then(|(_, line)| toml::from_str::<Needs>(line).ok());
                let mut needs = known.unwrap_or_default();
                needs.extend(&missing.only(kind));
                (found.map_or(head, |(number, _)| *number), needs.to_string())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Language;

    #[test]
    fn lines_replace_a_key_or_follow_the_head() {
        let text =
            "//! # T\n//! ```toml\n//! [needs]\n//! writes = [\"/a\"]\n//! ```\nlet a = 1;\n";
        let recipe = Recipe::parse("r.rhai", Language::Rhai, text.into()).expect("a recipe");
        let missing: Needs = toml::from_str("writes = ['/b']\nruns = ['id']").expect("needs");
        assert_eq!(
            recipe.need_lines(&missing),
            [(4, "writes = [\"/a\", \"/b\"]".to_owned()), (3, "runs = [\"id\"]".to_owned())]
        );
    }
}
