//! Answers files: TOML with one line `NAME = VALUE` per parameter.
//!
//! The value of a secret is the secret itself, or `{ file = "/path" }`, a file that contains nothing
//! else. The first form makes the answers file private, the second one does not.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;

use super::param::{ParamDecl, ParamError};
use super::text::Recipe;
use crate::event::Site;
use crate::machine::Machine;
use crate::system::read_private;
use crate::types::{AbsPath, ParamValue, Secret, Value, nearest, quote};

/// An answer in a file.
#[derive(Debug, Clone)]
pub struct FileAnswer {
    /// The name of the parameter.
    pub name: String,
    /// The value.
    pub value: toml::Value,
    /// The file and the line.
    pub site: Site,
}

/// Reads the answers of a file, in the order of their names.
///
/// # Errors
///
/// Fails if the file is not TOML or answers a parameter that the recipe does not have.
pub fn answers_of(file: &str, text: &str, recipe: &Recipe) -> Result<Vec<FileAnswer>, ParamError> {
    let site = |at: usize| {
        let before = text.get(..at).unwrap_or_default().matches('\n').count();
        Site { file: file.into(), line: u32::try_from(before + 1).unwrap_or(0) }
    };
    let entries: BTreeMap<Spanned<String>, toml::Value> =
        toml::from_str(text).map_err(|error| invalid(file, text, &error))?;
    let known = || recipe.front.params.iter().map(|param| param.name.as_str());
    let answer = |(name, value): (Spanned<String>, toml::Value)| {
        let site = site(name.span().start);
        let name = name.into_inner();
        match known().any(|known| known == name) {
            true => Ok(FileAnswer { name, value, site }),
            false => Err(unknown(name, known()).at(Some(&site))),
        }
    };
    entries.into_iter().map(answer).collect()
}

/// Returns the error for an answer to a parameter that does not exist.
pub(super) fn unknown<'a>(
    name: String,
    known: impl Iterator<Item = &'a str> + Clone,
) -> ParamError {
    ParamError::Unknown {
        nearest: nearest(&name, known.clone()).map(str::to_owned),
        known: known.map(str::to_owned).collect(),
        name,
    }
}

/// Parses the TOML of an answers file.
pub fn answers_table(file: &str, text: &str) -> Result<toml::Table, ParamError> {
    toml::from_str(text).map_err(|error| invalid(file, text, &error))
}

/// Returns the error for invalid TOML. It contains the position but not the content of the line,
/// which may be a secret.
fn invalid(file: &str, text: &str, error: &toml::de::Error) -> ParamError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(0);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let site = Site { file: file.into(), line };
    ParamError::File { site, why: format!("invalid TOML at column {column}") }
}

impl FileAnswer {
    /// Returns whether the value of a secret is in the answers file itself.
    pub fn is_literal(&self) -> bool {
        !matches!(self.value, toml::Value::Table(_))
    }

    /// Checks a value that does not depend on the machine.
    pub fn check(&self, param: &ParamDecl) -> Result<(), ParamError> {
        let value = plain(self.value.clone());
        let checked = param.read(&value, &Machine::empty());
        checked.map(drop).map_err(|error| error.at(Some(&self.site)))
    }
}

/// Returns the secret of an answer: the given value, or the content of the file that it names,
/// without the newline at its end.
pub fn referenced_secret(param: &ParamDecl, given: &Value) -> Result<Value, ParamError> {
    let wrong = |why: String, remedy: String| ParamError::SecretFile {
        name: param.name.clone(),
        why,
        remedy,
    };
    let Value::Map(fields) = given else { return Ok(given.clone()) };
    let path = match fields.as_slice() {
        [(key, path)] if key == "file" => AbsPath::decode(path).ok(),
        _ => None,
    };
    // Nothing is repeated, because the secret itself may be in the wrong place.
    let Some(path) = path else {
        return Err(wrong("not a secret in a file".into(), FORM.into()));
    };
    let shown = path.to_string();
    let read = read_private(Path::new(&shown)).map_err(|error| {
        wrong(format!("failed to read {shown}: {error}"), "check the path and its owner".into())
    })?;
    if read.open_to_others {
        let why = format!("{shown} is readable by other users");
        return Err(wrong(why, format!("chmod 600 {}", quote(&shown))));
    }
    let text = read.text.strip_suffix('\n').unwrap_or(&read.text);
    Ok(Value::Secret(Secret::new(&param.name, text.as_bytes().to_vec())))
}

/// How to write a secret.
const FORM: &str = "write it as { file = \"/path\" }, with the absolute path of a file that only \
    you can read";

/// Converts a TOML value to a script value.
pub(super) fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::Text(text),
        toml::Value::Integer(number) => Value::Int(number),
        toml::Value::Float(number) => Value::Float(number),
        toml::Value::Boolean(value) => Value::Bool(value),
        toml::Value::Datetime(time) => Value::Text(time.to_string()),
        toml::Value::Array(items) => Value::List(items.into_iter().map(plain).collect()),
        toml::Value::Table(table) => {
            Value::Map(table.into_iter().map(|(key, value)| (key, plain(value))).collect())
        }
    }
}
