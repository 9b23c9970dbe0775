//! Front matter: the comment at the top of a recipe, with its title, its prose, and a block of TOML
//! that declares parameters and needs; and the declarations that it takes from included modules and
//! from the layouts that the user can choose.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::bad::BadRecipe;
use super::block::{BlockLine, Comment};
use super::declared::{Declared, declare};
use super::files::LAYOUTS;
use super::fork::ForkOrigin;
use super::param::{ParamDecl, ParamKind};
use super::size::{TooLarge, check_counts, check_lines};
use crate::event::Site;
use crate::machine::NeedKind;
use crate::plan::needs::Needs;
use crate::script::{Language, Module};
use crate::types::nearest;

/// The front matter of a recipe.
#[derive(Debug, Clone, Default)]
pub struct Front {
    /// The first heading.
    pub title: String,
    /// The rest of the comment without the TOML block, as Markdown.
    pub prose: String,
    /// The parameters in order of declaration.
    pub params: Vec<ParamDecl>,
    /// The declared needs.
    pub needs: Option<Needs>,
    /// Whether the recipe is a layout: a module whose `prepare(params)` is called if it is run
    /// directly.
    pub layout: bool,
    /// The bundled recipe of which it is a copy.
    pub fork: Option<ForkOrigin>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MetadataBlock {
    #[serde(default)]
    layout: bool,
    fork: Option<Spanned<ForkOrigin>>,
    #[serde(default)]
    include: Vec<Spanned<String>>,
    #[serde(default)]
    params: BTreeMap<Spanned<String>, Spanned<Declared>>,
    needs: Option<Spanned<Needs>>,
}

impl Front {
    /// Parses the front matter of a recipe, with the declarations that it includes from these
    /// modules, each of which comes after its own dependencies.
    pub(super) fn parse(
        file: &str,
        language: Language,
        text: &str,
        modules: &[Module],
    ) -> Result<Self, BadRecipe> {
        let mut front = Self::read(file, language, text, modules)?;
        front.check_conditions(file)?;
        front.add_secrets();
        Ok(front)
    }

    /// Parses front matter; a module may have conditions on parameters of what includes it.
    fn read(
        file: &str,
        language: Language,
        text: &str,
        modules: &[Module],
    ) -> Result<Self, BadRecipe> {
        let bad =
            |line: u32, why: String, remedy: Option<String>| invalid(file, line, &why, remedy);
        let comment = Comment::find(language, text)
            .map_err(|found| bad(found.line, found.why, Some(found.remedy)))?;
        let mut front = Self::default();
        let (lines, outside) = (comment.inside(), comment.outside());
        let too_large = |found: TooLarge| bad(found.line, found.why, Some(SMALLER.into()));
        check_lines(lines, &outside).map_err(too_large)?;
        (front.title, front.prose) = prose(&outside);
        let source = lines.iter().flat_map(|(_, line)| [*line, "\n"]).collect::<String>();
        let line = |byte: usize| {
            let before = source.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count();
            lines.get(before).or(lines.last()).map_or(comment.begins(), |(line, _)| *line)
        };
        let block: MetadataBlock = toml::from_str(&source).map_err(|error| {
            let at = line(error.span().map_or(0, |span| span.start));
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            let why = match param_above(lines, at) {
                Some(name) => format!("parameter {name:?}: {message}"),
                None => message,
            };
            bad(at, why, suggest_key(error.message()))
        })?;
        let needs = block.needs.as_ref().map_or(0, |needs| needs.get_ref().entries().count());
        check_counts(block.params.len(), needs, comment.begins()).map_err(too_large)?;
        let mut params: Vec<_> = block.params.into_iter().collect();
        params.sort_by_key(|(name, _)| name.span().start);
        for (name, declared) in params {
            let at = line(name.span().start);
            let param = declare(name.into_inner(), declared.into_inner(), at);
            front.params.push(param.map_err(|why| bad(at, why, None))?);
        }
        front.layout = block.layout;
        if let Some(origin) = block.fork {
            let at = line(origin.span().start);
            origin.get_ref().check().map_err(|why| bad(at, why, None))?;
            front.fork = Some(origin.into_inner());
        }
        let own_needs = block.needs.as_ref().map(Spanned::span);
        front.needs = block.needs.map(Spanned::into_inner);
        for name in block.include {
            let at = line(name.span().start);
            let name = name.into_inner();
            let index = modules.iter().position(|module| module.name == name).ok_or_else(|| {
                let why = format!("include: {file} does not import the module {name:?}");
                bad(at, why, Some(format!("import it, or remove {name:?}")))
            })?;
            let (before, rest) = modules.split_at(index);
            front.include(Included::module(&rest[0], before)?);
        }
        front.offer_layouts(modules)?;
        if let (Some(needs), Some(at)) = (&front.needs, own_needs) {
            let (all, secrets) = (front.names(|_| true), front.names(ParamDecl::is_secret));
            needs.check(&all, &secrets).map_err(|wrong| {
                let place = source[at.start..].find(&format!("{:?}", wrong.entry));
                bad(line(at.start + place.unwrap_or(0)), wrong.why, Some(wrong.remedy))
            })?;
        }
        Ok(front)
    }

    /// Checks that every parameter comes after those that its conditions name.
    fn check_conditions(&self, file: &str) -> Result<(), BadRecipe> {
        for (index, param) in self.params.iter().enumerate() {
            let known = |other: &str| self.params[..index].iter().any(|param| param.name == other);
            if let Some((other, _)) = param.when.iter().find(|(other, _)| !known(other)) {
                let file = param.module.as_deref().unwrap_or(file);
                let why = format!(
                    "parameter {:?}: no parameter {other:?} is defined before it",
                    param.name
                );
                return Err(invalid(file, param.line, &why, None));
            }
        }
        Ok(())
    }
}

const SMALLER: &str = "move parts of the recipe into modules";

fn invalid(file: &str, line: u32, why: &str, remedy: Option<String>) -> BadRecipe {
    BadRecipe {
        site: Site { file: file.into(), line },
        why: format!("invalid front matter: {why}"),
        remedy: remedy.unwrap_or_else(|| "compare it with a bundled recipe: gscript list".into()),
    }
}

/// Returns a suggestion for an unknown key: in serde's message, the first quoted word is the
/// unknown key and the others are the known ones.
fn suggest_key(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (unknown, known) = words.split_first()?;
    let near = nearest(unknown, known.iter().copied())?;
    Some(format!("write {near} instead of {unknown}"))
}

/// Returns the parameter whose table contains a line.
fn param_above<'a>(block: &[BlockLine<'a>], line: u32) -> Option<&'a str> {
    let above = block.iter().rev().skip_while(|(number, _)| *number > line);
    let heads = above.map(|(_, text)| text.trim()).find(|text| text.starts_with('['));
    heads?.strip_prefix("[params.")?.strip_suffix(']')
}

/// Splits the lines into the first heading and the rest.
fn prose(lines: &[BlockLine<'_>]) -> (String, String) {
    let mut title = String::new();
    let mut prose = String::new();
    for (_, line) in lines {
        match line.strip_prefix("# ") {
            Some(heading) if title.is_empty() => heading.trim().clone_into(&mut title),
            _ => {
                prose.push_str(line.trim_end());
                prose.push('\n');
            }
        }
    }
    (title, prose.trim().to_owned())
}

/// The front matter of a module.
struct Included {
    params: Vec<ParamDecl>,
    needs: Option<Needs>,
}

impl Included {
    /// Reads the front matter of a module, with what it includes from the modules before it.
    fn module(module: &Module, before: &[Module]) -> Result<Self, BadRecipe> {
        let front = Front::read(&module.file, module.language(), &module.text, before)?;
        let mut params = front.params;
        for param in &mut params {
            param.module.get_or_insert_with(|| module.file.clone());
        }
        Ok(Self { params, needs: front.needs })
    }
}

impl Front {
    /// Adds the parameters that the recipe does not declare itself, and the needs.
    fn include(&mut self, included: Included) {
        for param in included.params {
            if !self.params.iter().any(|known| known.name == param.name) {
                self.params.push(param);
            }
        }
        self.need(included.needs);
    }

    /// Adds the available layouts with their parameters; each parameter only applies if its layout
    /// is chosen. A name that layouts use for different parameters is declared once for each of
    /// them.
    fn offer_layouts(&mut self, modules: &[Module]) -> Result<(), BadRecipe> {
        let Some(chosen) = self.params.iter().position(|param| param.kind == ParamKind::Layout)
        else {
            return Ok(());
        };
        let own: Vec<String> = self.params.iter().map(|param| param.name.clone()).collect();
        let choice = own[chosen].clone();
        let mut offered: Vec<ParamDecl> = Vec::new();
        for (index, module) in modules.iter().enumerate() {
            let Some(layout) = module.name.strip_prefix(LAYOUTS) else { continue };
            self.params[chosen].choices.push(layout.to_owned());
            let Included { params, needs } = Included::module(module, &modules[..index])?;
            for mut param in params {
                if self
                    .params
                    .iter()
                    .any(|known| known.name == param.name && known.module.is_none())
                {
                    continue;
                }
                let duplicate = offered.iter_mut().find(|known| known.is_same_declaration(&param));
                if let Some(twin) = duplicate {
                    twin.when[0].1.push(layout.to_owned());
                } else {
                    param.when.insert(0, (choice.clone(), vec![layout.to_owned()]));
                    offered.push(param);
                }
            }
            self.need(needs);
        }
        // Parameters of included modules are prompted for after the layout, and those of the
        // layouts before them.
        let names: Vec<String> = offered.iter().map(|param| param.name.clone()).collect();
        self.params.retain(|param| param.module.is_none() || !names.contains(&param.name));
        let after = chosen + 1;
        self.params.splice(after..after, offered);
        Ok(())
    }

    /// Returns the names of these parameters.
    fn names(&self, wanted: impl Fn(&ParamDecl) -> bool) -> Vec<&str> {
        let params = self.params.iter().filter(|param| wanted(param));
        params.map(|param| param.name.as_str()).collect()
    }

    /// Adds the secret parameters to the needs.
    fn add_secrets(&mut self) {
        let Some(needs) = &mut self.needs else { return };
        needs.secrets.clear();
        for param in self.params.iter().filter(|param| param.is_secret()) {
            needs.add(NeedKind::Secrets, format!("${}", param.name));
        }
    }

    fn need(&mut self, needs: Option<Needs>) {
        match (&mut self.needs, needs) {
            (Some(known), Some(more)) => known.extend(&more),
            (known @ None, more) => *known = more,
            (Some(_), None) => {}
        }
    }
}

impl ParamDecl {
    /// Returns whether two declarations are the same, apart from the condition on the layout.
    fn is_same_declaration(&self, other: &Self) -> bool {
        let own = |param: &Self| param.when.len();
        (&self.name, self.kind, &self.ask, &self.default, &self.choices)
            == (&other.name, other.kind, &other.ask, &other.default, &other.choices)
            && own(self) == own(other) + 1
            && self.when[1..] == other.when[..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
//! # A title
//!
//! Prose.
//!
//! ```toml
//! [params.disk]
//! type = \"disk\"
//! ask = \"Which one\"
//! [params.size]
//! type = \"size\"
//! default = \"4G\"
//! [needs]
//! destroys = [\"$disk\"]
//! ```
let x = 1;
";

    #[test]
    fn title_prose_params_in_order_and_needs() {
        let front = Front::parse("r.rhai", Language::Rhai, TEXT, &[]).expect("good front matter");
        assert_eq!((front.title.as_str(), front.prose.as_str()), ("A title", "Prose."));
        let names: Vec<&str> = front.params.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["disk", "size"]);
        assert_eq!(front.params[1].line, 9);
        assert_eq!(front.needs.expect("needs").destroys, ["$disk"]);
    }

    #[test]
    fn secret_parameters_are_needs() {
        let text = TEXT.replace("[needs]", "[params.token]\n//! type = \"secret\"\n//! [needs]");
        let parse = |text: &str| Front::parse("r.rhai", Language::Rhai, text, &[]);
        assert_eq!(parse(&text).expect("front matter").needs.expect("needs").secrets, ["$token"]);
        let other = text.replace("[needs]", "[needs]\n//! secrets = [\"$disk\"]");
        let error = parse(&other).expect_err("disk is no secret");
        assert_eq!(error.site.line, 15);
        assert!(error.why.contains("\"$disk\" is not a parameter of type secret"), "{}", error.why);
    }

    #[test]
    fn damage_is_located_by_line() {
        let error = |text: &str| {
            let error = Front::parse("r.rhai", Language::Rhai, text, &[]).expect_err("damaged");
            format!("{}: {}", error.site, error.why)
        };
        assert_eq!(
            error(&TEXT.replace("\"size\"", "\"sise\"")),
            "r.rhai:10: invalid front matter: parameter \"size\": unknown variant `sise`, \
             expected one of `disk`, `disks`, `device`, `path`, `size`, `number`, `text`, `bool`, `choice`, \
             `layout`, `secret`"
        );
        assert!(error(&TEXT.replace("type = \"disk\"", "type = ")).starts_with("r.rhai:7: "));
        assert!(error(&TEXT.replace("//! ```\n", "")).contains("not closed"));
        assert!(error(&TEXT.replace("[needs]", "[need]")).starts_with("r.rhai:12: "));
    }
}
