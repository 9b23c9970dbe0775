//! The chapters of a recipe, with the prose above each one: `///` in Rhai, `---` in Lua.

use std::sync::LazyLock;

use regex::Regex;

use super::files::LAYOUTS;
use super::text::Recipe;
use crate::script::Language;

/// A chapter in the source of a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// The title.
    pub title: String,
    /// The comment above the chapter.
    pub prose: String,
    /// The line number of its `step`, starting at 1.
    pub line: usize,
}

/// The maximum number of code lines between a comment and its `step`, such as an `if` around a
/// chapter.
const BETWEEN: usize = 2;

#[expect(clippy::expect_used, reason = "the pattern is a constant that every test compiles")]
static STEP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"^\s*step\s*\(?\s*"((?:[^"\\]|\\.)*)""#).expect("a pattern"));

impl Recipe {
    /// Returns the chapters in source order, including those that a run does not reach, followed by
    /// those of its modules.
    pub fn chapters(&self) -> Vec<Chapter> {
        let mut chapters = chapters(self.language, &self.text);
        // Only one of the available layouts is run.
        let modules = self.modules.iter().filter(|module| !module.name.starts_with(LAYOUTS));
        for module in modules {
            chapters.extend(self::chapters(module.language(), &module.text));
        }
        chapters
    }
}

fn chapters(language: Language, text: &str) -> Vec<Chapter> {
    let sign = match language {
        Language::Rhai => "///",
        Language::Lua => "---",
    };
    let mut chapters = Vec::new();
    let (mut prose, mut between) = (Vec::new(), 0);
    for (index, line) in text.lines().enumerate() {
        let comment = line.trim_start().strip_prefix(sign);
        if let Some(comment) = comment {
            if between > 0 {
                prose.clear();
            }
            between = 0;
            prose.push(comment.trim());
        } else if let Some(title) = STEP.captures(line).and_then(|found| found.get(1)) {
            let title = title.as_str().replace("\\\"", "\"");
            let prose = if between <= BETWEEN { prose.join("\n") } else { String::new() };
            chapters.push(Chapter { title, prose, line: index + 1 });
            between = BETWEEN + 1;
        } else if !line.trim().is_empty() {
            between += 1;
        }
    }
    chapters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_belongs_to_the_step_below_it() {
        let text = "/// Of a function.\nfn f(x) { x }\nlet a = 1;\nlet b = 2;\nstep(\"One\");\n\
                    /// First,\n/// second.\nif a == 1 {\n    step(\"Two\");\n}\nstep(\"Three\");\n";
        let recipe = Recipe::parse("a.rhai", Language::Rhai, text.to_owned()).expect("a recipe");
        let chapters = recipe.chapters();
        let told: Vec<(&str, &str, usize)> =
            chapters.iter().map(|c| (c.title.as_str(), c.prose.as_str(), c.line)).collect();
        assert_eq!(told, [("One", "", 5), ("Two", "First,\nsecond.", 9), ("Three", "", 11)]);
    }
}
