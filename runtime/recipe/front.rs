//! Front matter: the comment at the top of a recipe, with its title, its prose, and a block of
//! TOML that declares parameters and needs.

use serde::Deserialize;
use toml::Table;

use super::{BadRecipe, Needs, ParamKind};
use crate::event::Site;
use crate::script::Language;

/// The front matter of a recipe.
#[derive(Debug, Clone, Default)]
pub struct Front {
    /// The first heading.
    pub title: String,
    /// Everything else that is not TOML, as Markdown.
    pub prose: String,
    /// Parameters, in their order.
    pub params: Vec<ParamDecl>,
    /// What the recipe says it needs.
    pub needs: Option<Needs>,
}

/// A parameter that a recipe declares.
#[derive(Debug, Clone)]
pub struct ParamDecl {
    /// The variable's name.
    pub name: String,
    /// What it accepts.
    pub kind: ParamKind,
    /// The question.
    pub ask: String,
    /// The value when nobody answers.
    pub default: Option<toml::Value>,
    /// The words to choose from.
    pub choices: Vec<String>,
    /// It only counts when each of these parameters has one of its values; else it is nothing.
    pub when: Vec<(String, Vec<String>)>,
    /// The line of its declaration.
    pub line: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    #[serde(default)]
    params: Table,
    needs: Option<Needs>,
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
    when: std::collections::BTreeMap<String, Wanted>,
}

/// One value, or one of several.
#[derive(Deserialize)]
#[serde(untagged, expecting = "\"when\" takes a text or a list of texts for each parameter")]
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

/// A line of the comment: its number in the file, and its text without the comment marker.
type Line<'a> = (u32, &'a str);

impl Front {
    pub(super) fn parse(file: &str, language: Language, text: &str) -> Result<Self, BadRecipe> {
        let lines = comment(language, text);
        let fence = |from: usize, mark: &str| {
            lines[from..].iter().position(|(_, line)| line.trim_end() == mark).map(|at| from + at)
        };
        let mut front = Self::default();
        let Some(open) = fence(0, "```toml") else {
            (front.title, front.prose) = prose(&lines);
            return Ok(front);
        };
        let bad = |line: u32, why: String| BadRecipe {
            site: Site { file: file.into(), line },
            why: format!("the front matter is damaged: {why}"),
            remedy: "compare it with a recipe that comes along: gscript list".into(),
        };
        let Some(close) = fence(open + 1, "```") else {
            return Err(bad(lines[open].0, "its ```toml block is not closed".into()));
        };
        let block: Vec<Line<'_>> = lines[open + 1..close].to_vec();
        let source = block.iter().flat_map(|(_, line)| [*line, "\n"]).collect::<String>();
        let located = |error: &toml::de::Error| {
            let before = error
                .span()
                .map_or(0, |span| source[..span.start.min(source.len())].matches('\n').count());
            let line = block.get(before).map_or(lines[open].0, |(line, _)| *line);
            bad(line, error.message().to_owned())
        };
        let parsed: Block = toml::from_str(&source).map_err(|error| located(&error))?;
        for (name, value) in parsed.params {
            let line = declared_at(&block, &name).unwrap_or(lines[open].0);
            let param = declare(name, value, line).map_err(|why| bad(line, why))?;
            let known =
                |(other, _): &&(String, Vec<String>)| front.params.iter().any(|p| p.name == *other);
            if let Some((other, _)) = param.when.iter().find(|when| !known(when)) {
                let name = &param.name;
                return Err(bad(
                    line,
                    format!("parameter {name:?}: there is no {other:?} before it"),
                ));
            }
            front.params.push(param);
        }
        front.needs = parsed.needs;
        let rest: Vec<Line<'_>> = [&lines[..open], &lines[close + 1..]].concat();
        (front.title, front.prose) = prose(&rest);
        Ok(front)
    }
}

fn declare(name: String, value: toml::Value, line: u32) -> Result<ParamDecl, String> {
    let mut chars = name.bytes();
    let first = chars.next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
    if !first || !chars.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Err(format!("{name:?} can't be the name of a variable"));
    }
    let declared: Declared = value
        .try_into()
        .map_err(|error: toml::de::Error| format!("parameter {name:?}: {}", error.message()))?;
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

/// The line that begins a parameter's declaration.
fn declared_at(block: &[Line<'_>], name: &str) -> Option<u32> {
    let header = format!("[params.{name}]");
    block.iter().find(|(_, line)| line.trim() == header).map(|(line, _)| *line)
}

/// The comment lines that a recipe begins with.
fn comment(language: Language, text: &str) -> Vec<Line<'_>> {
    let marker = language.front_mark();
    (1..)
        .zip(text.lines())
        .skip_while(|(line, text)| *line == 1 && text.starts_with("#!"))
        .map_while(|(line, text)| {
            let text = text.trim_start().strip_prefix(marker)?;
            Some((line, text.strip_prefix(' ').unwrap_or(text)))
        })
        .collect()
}

/// The first heading, and the rest.
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
            "r.rhai:9: the front matter is damaged: parameter \"size\": unknown variant `sise`, \
             expected one of `disk`, `disks`, `device`, `path`, `size`, `number`, `text`, `bool`, `choice`, \
             `secret`"
        );
        assert!(error(&TEXT.replace("type = \"disk\"", "type = ")).starts_with("r.rhai:7: "));
        assert!(error(&TEXT.replace("//! ```\n", "")).contains("not closed"));
        assert!(error(&TEXT.replace("[needs]", "[need]")).starts_with("r.rhai:12: "));
    }
}
