//! The declaration of a parameter in front matter.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::param::{ParamDecl, ParamKind};

/// The table of a parameter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Declared {
    #[serde(rename = "type")]
    kind: ParamKind,
    ask: Option<String>,
    default: Option<toml::Value>,
    example: Option<toml::Value>,
    trial: Option<toml::Value>,
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

/// Returns the declaration of a parameter, or what is wrong with it.
pub(super) fn declare(name: String, declared: Declared, line: u32) -> Result<ParamDecl, String> {
    let mut chars = name.bytes();
    let first = chars.next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
    if !first || !chars.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Err(format!("invalid variable name {name:?}"));
    }
    if declared.kind == ParamKind::Choice && declared.choices.is_empty() {
        return Err(format!("parameter {name:?}: a choice needs \"choices\""));
    }
    let is_choice = |value: &toml::Value| {
        value.as_str().is_some_and(|word| declared.choices.iter().any(|choice| choice == word))
    };
    if let Some(trial) = &declared.trial
        && declared.kind == ParamKind::Choice
        && !is_choice(trial)
    {
        return Err(format!("parameter {name:?}: trial: {trial} is not one of its choices"));
    }
    let ask = declared.ask.unwrap_or_else(|| name.replace('_', " "));
    Ok(ParamDecl {
        name,
        kind: declared.kind,
        ask,
        default: declared.default,
        example: declared.example,
        trial: declared.trial,
        choices: declared.choices,
        when: declared.when.into_iter().map(|(name, wanted)| (name, wanted.values())).collect(),
        line,
        module: None,
    })
}
