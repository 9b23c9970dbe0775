//! Answers files to fill in: every parameter of a recipe, with its default commented out.

use std::fmt::Write;

use super::param::{ParamDecl, ParamKind};
use super::text::Recipe;
use crate::types::printable;

/// The maximum width of a comment.
const WIDTH: usize = 100;

/// Returns an answers file for a recipe that the user calls `name`, with the values of `set` filled
/// in.
///
/// Parameters that these values rule out are omitted, and so are those of other layouts than the
/// chosen one.
pub fn answers_template(recipe: &Recipe, name: &str, set: &[(String, String)]) -> String {
    let name = printable(name);
    let mut out = String::new();
    comment(&mut out, &format!("Answers for {name}: {}", printable(&recipe.front.title)));
    out += "#\n";
    for line in [
        format!("gscript plan {name} --answers FILE"),
        format!("gscript try {name} --answers FILE"),
        format!("gscript {name} --answers FILE --yes --destroy DEVICE"),
    ] {
        comment(&mut out, &format!("  {line}"));
    }
    out += "#\n";
    comment(
        &mut out,
        "Remove the # in front of a parameter to set it. Parameters that are commented out have \
        the default that is shown; required ones have no default, and the value that is shown is an \
        example. A secret is read from a file that only you can read.",
    );
    let known = known_values(recipe, set);
    for param in applying(recipe, &known) {
        out.push('\n');
        comment(&mut out, &printable(&param.ask));
        comment(&mut out, &about(param, &known));
        let given = set.iter().rev().find(|(name, _)| *name == param.name);
        let _ = match given {
            // Writing to a String can't fail.
            Some((_, value)) => writeln!(out, "{} = {}", param.name, typed(param, value)),
            None => writeln!(out, "#{} = {}", param.name, example(param)),
        };
    }
    out
}

/// Returns the values that are set, after the layout that is chosen by default.
pub(super) fn known_values(recipe: &Recipe, set: &[(String, String)]) -> Vec<(String, String)> {
    let mut known = chosen_layout(recipe);
    known.extend(set.iter().cloned());
    known
}

/// Returns the parameters that these values do not rule out.
pub(super) fn applying<'a>(recipe: &'a Recipe, known: &[(String, String)]) -> Vec<&'a ParamDecl> {
    let mut omitted: Vec<&str> = Vec::new();
    let mut params = Vec::new();
    for param in &recipe.front.params {
        let depends = param.when.iter().any(|(name, _)| omitted.contains(&name.as_str()));
        if depends || !may_apply(param, known) {
            omitted.push(&param.name);
        } else {
            params.push(param);
        }
    }
    params
}

/// Returns the layout that is chosen by default.
fn chosen_layout(recipe: &Recipe) -> Vec<(String, String)> {
    let layouts = recipe.front.params.iter().filter(|param| param.kind == ParamKind::Layout);
    let chosen = layouts.filter_map(|param| {
        let default = param.default.as_ref()?.as_str()?;
        Some((param.name.clone(), default.to_owned()))
    });
    chosen.collect()
}

/// Returns whether none of these values rules the parameter out. A later value takes precedence.
fn may_apply(param: &ParamDecl, known: &[(String, String)]) -> bool {
    param.when.iter().all(|(name, wanted)| {
        let value = known.iter().rev().find(|(known, _)| known == name);
        value.is_none_or(|(_, value)| wanted.contains(value))
    })
}

/// Writes a comment in lines of limited width.
fn comment(out: &mut String, text: &str) {
    let indent = &text[..text.len() - text.trim_start().len()];
    let mut line = format!("# {indent}");
    for word in text.split_whitespace() {
        let begins = line.trim_end() == "#";
        if !begins && line.chars().count() + 1 + word.chars().count() > WIDTH {
            *out += line.trim_end();
            out.push('\n');
            "# ".clone_into(&mut line);
        }
        line += word;
        line.push(' ');
    }
    *out += line.trim_end();
    out.push('\n');
}

/// Describes the type, the condition that is not decided yet, and whether a value is required.
pub(super) fn about(param: &ParamDecl, known: &[(String, String)]) -> String {
    let mut text = format!("Type: {}", param.kind.describe());
    if !param.choices.is_empty() {
        let _ = write!(text, ": {}", param.choices.join(", "));
    }
    text.push('.');
    if param.default.is_none() {
        text += " Required.";
    }
    let is_open = |name: &str| !known.iter().any(|(known, _)| known == name);
    if let Some(condition) = param.condition(is_open) {
        let _ = write!(text, " Only if {condition}.");
    }
    text
}

impl ParamDecl {
    /// Returns the condition under which the parameter applies, in words, as far as it concerns
    /// these other parameters.
    pub fn condition(&self, concerns: impl Fn(&str) -> bool) -> Option<String> {
        let one = |(name, wanted): &(String, Vec<String>)| match wanted.as_slice() {
            [one] => format!("{name} is {one}"),
            several => format!("{name} is one of {}", several.join(", ")),
        };
        let parts = self.when.iter().filter(|(name, _)| concerns(name)).map(one);
        let parts: Vec<String> = parts.collect();
        (!parts.is_empty()).then(|| parts.join(" and "))
    }
}

impl ParamKind {
    /// Returns a description of the type.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Disks => "list of disks",
            Self::Device => "block device",
            Self::Path => "absolute path",
            Self::Size => "size",
            Self::Number => "number",
            Self::Text => "text",
            Self::Bool => "bool",
            Self::Choice => "choice",
            Self::Layout => "layout",
            Self::Secret => "secret",
        }
    }
}

/// Returns the default, or an example of a value.
fn example(param: &ParamDecl) -> String {
    let string = |text: &str| toml::Value::from(text).to_string();
    match (param.default.as_ref().or(param.example.as_ref()), param.kind) {
        (Some(default), _) => default.to_string(),
        (None, ParamKind::Disk) => string("/dev/sda"),
        (None, ParamKind::Disks) => "[\"/dev/sda\", \"/dev/sdb\"]".into(),
        (None, ParamKind::Device) => string("/dev/sdb1"),
        (None, ParamKind::Path) => string(&format!("/root/{}", param.name)),
        (None, ParamKind::Size) => string("4G"),
        (None, ParamKind::Number) => "1".into(),
        (None, ParamKind::Text) => string(""),
        (None, ParamKind::Bool) => "false".into(),
        (None, ParamKind::Choice | ParamKind::Layout) => {
            string(param.choices.first().map_or("", String::as_str))
        }
        (None, ParamKind::Secret) => format!("{{ file = \"/root/{}\" }}", param.name),
    }
}

/// Returns a value of the command line as TOML.
fn typed(param: &ParamDecl, value: &str) -> String {
    let bare = match param.kind {
        ParamKind::Number => value.parse::<u32>().is_ok(),
        ParamKind::Bool => matches!(value, "true" | "false"),
        _ => false,
    };
    if bare { value.to_owned() } else { toml::Value::from(value).to_string() }
}
