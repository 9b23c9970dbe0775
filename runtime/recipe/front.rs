//! Front matter: the comment at the top of a recipe, with its title, its prose, and a block of TOML
//! that declares parameters and needs.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::bad::BadRecipe;
use super::block::{Comment, Line};
use super::param::{ParamDecl, ParamKind};
use crate::event::Site;
use crate::plan::needs::Needs;
use crate::script::Language;
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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    #[serde(default)]
    params: BTreeMap<Spanned<String>, Spanned<Declared>>,
    needs: Option<Spanned<Needs>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    #[serde(rename = "type")]
    kind: ParamKind,
    ask: Option<String>,
    default: Option<toml::Value>,
    #[serde(default)]
    choices: Vec<String>,
    #[serde(default)]
    when: BTreeMap<String, Wanted>,
}

/// One value, or a list of alternatives.
#[derive(Deserialize)]
#[serde(untagged, expecting = "\"when\" takes a string or a list of strings for each parameter")]
enum Wanted {
    One(String),
    OneOf(Vec<String>),
}

impl Wanted {
    fn values(self) -> Vec<String> {
        match self {
            Self::One(value) => vec![value],
            Self::OneOf(values) => values,
        }
    }
}

impl Front {
    pub(super) fn parse(file: &str, language: Language, text: &str) -> Result<Self, BadRecipe> {
        let bad = |line: u32, why: String, remedy: Option<String>| BadRecipe {
            site: Site { file: file.into(), line },
            why: format!("invalid front matter: {why}"),
            remedy: remedy
                .unwrap_or_else(|| "compare it with a bundled recipe: gscript list".into()),
        };
        let comment = Comment::find(language, text)
            .map_err(|found| bad(found.line, found.why, Some(found.remedy)))?;
        let mut front = Self::default();
        (front.title, front.prose) = prose(&comment.outside());
        let lines = comment.inside();
        let source = lines.iter().flat_map(|(_, line)| [*line, "\n"]).collect::<String>();
        let line = |byte: usize| {
            let before = source.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count();
            lines.get(before).or(lines.last()).map_or(comment.begins(), |(line, _)| *line)
        };
        let block: Block = toml::from_str(&source).map_err(|error| {
            let at = line(error.span().map_or(0, |span| span.start));
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            let why = match param_above(lines, at) {
                Some(name) => format!("parameter {name:?}: {message}"),
                None => message,
            };
            bad(at, why, meant(error.message()))
        })?;
        let mut params: Vec<_> = block.params.into_iter().collect();
        params.sort_by_key(|(name, _)| name.span().start);
        for (name, declared) in params {
            let at = line(name.span().start);
            let param = declare(name.into_inner(), declared.into_inner(), at);
            let param = param.and_then(|param| front.comes_after(param));
            front.params.push(param.map_err(|why| bad(at, why, None))?);
        }
        if let Some(needs) = block.needs {
            let at = needs.span();
            let names: Vec<&str> = front.params.iter().map(|param| param.name.as_str()).collect();
            needs.get_ref().check(&names).map_err(|wrong| {
                let place = source[at.start..].find(&format!("{:?}", wrong.entry));
                bad(line(at.start + place.unwrap_or(0)), wrong.why, Some(wrong.remedy))
            })?;
            front.needs = Some(needs.into_inner());
        }
        Ok(front)
    }

    /// Returns the parameter if all parameters that it depends on are declared before it.
    fn comes_after(&self, param: ParamDecl) -> Result<ParamDecl, String> {
        let known = |other: &str| self.params.iter().any(|param| param.name == other);
        match param.when.iter().find(|(other, _)| !known(other)) {
            Some((other, _)) => Err(format!(
                "parameter {:?}: no parameter {other:?} is defined before it",
                param.name
            )),
            None => Ok(param),
        }
    }
}

/// Returns a suggestion for an unknown key: in serde's message, the first quoted word is the
/// unknown key and the others are the known ones.
fn meant(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (unknown, known) = words.split_first()?;
    let near = nearest(unknown, known.iter().copied())?;
    Some(format!("write {near} instead of {unknown}"))
}

fn declare(name: String, declared: Declared, line: u32) -> Result<ParamDecl, String> {
    let mut chars = name.bytes();
    let first = chars.next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
    if !first || !chars.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Err(format!("invalid variable name {name:?}"));
    }
    if declared.kind == ParamKind::Choice && declared.choices.is_empty() {
        return Err(format!("parameter {name:?}: a choice needs \"choices\""));
    }
    let ask = declared.ask.unwrap_or_else(|| name.replace('_', " "));
    Ok(ParamDecl {
        name,
        kind: declared.kind,
        ask,
        default: declared.default,
        choices: declared.choices,
        when: declared.when.into_iter().map(|(name, wanted)| (name, wanted.values())).collect(),
        line,
    })
}

/// Returns the parameter whose table contains a line.
fn param_above<'a>(block: &[Line<'a>], line: u32) -> Option<&'a str> {
    let above = block.iter().rev().skip_while(|(number, _)| *number > line);
    let heads = above.map(|(_, text)| text.trim()).find(|text| text.starts_with('['));
    heads?.strip_prefix("[params.")?.strip_suffix(']')
}

/// Splits the lines into the first heading and the rest.
fn prose(lines: &[Line<'_>]) -> (String, String) {
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
        let front = Front::parse("r.rhai", Language::Rhai, TEXT).expect("good front matter");
        assert_eq!((front.title.as_str(), front.prose.as_str()), ("A title", "Prose."));
        let names: Vec<&str> = front.params.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["disk", "size"]);
        assert_eq!(front.params[1].line, 9);
        assert_eq!(front.needs.expect("needs").destroys, ["$disk"]);
    }

    #[test]
    fn damage_is_located_by_line() {
        let error = |text: &str| {
            let error = Front::parse("r.rhai", Language::Rhai, text).expect_err("damaged");
            format!("{}: {}", error.site, error.why)
        };
        assert_eq!(
            error(&TEXT.replace("\"size\"", "\"sise\"")),
            "r.rhai:10: invalid front matter: parameter \"size\": unknown variant `sise`, \
             expected one of `disk`, `disks`, `device`, `path`, `size`, `number`, `text`, `bool`, `choice`, \
             `secret`"
        );
        assert!(error(&TEXT.replace("type = \"disk\"", "type = ")).starts_with("r.rhai:7: "));
        assert!(error(&TEXT.replace("//! ```\n", "")).contains("not closed"));
        assert!(error(&TEXT.replace("[needs]", "[need]")).starts_with("r.rhai:12: "));
    }
}
