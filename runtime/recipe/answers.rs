//! The conversion of answers to variables.

use std::collections::BTreeMap;

use super::param::{ParamDecl, ParamError, ParamKind};
use super::text::Recipe;
use crate::event::Site;
use crate::machine::Machine;
use crate::types::{Map, Secret, Value, nearest};

/// The answers so far, by parameter name. Secrets are separate from the strings that are written to
/// files.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    values: BTreeMap<String, Value>,
}

impl Answers {
    /// Adds `NAME=VALUE` of the command line.
    pub fn set(&mut self, name: &str, text: &str) {
        self.values.insert(name.to_owned(), Value::from(text));
    }

    /// Adds a value, for example a secret.
    pub fn insert(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// Adds placeholders for missing secrets, which are not needed for a plan.
    pub fn use_placeholder_secrets(&mut self, recipe: &Recipe) {
        for param in recipe.front.params.iter().filter(|p| p.kind == ParamKind::Secret) {
            let secret = || Value::Secret(Secret::new(&param.name, b"not asked for".to_vec()));
            self.values.entry(param.name.clone()).or_insert_with(secret);
        }
    }

    /// Returns whether a parameter has an answer.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Adds the answers of a TOML file; existing answers take precedence.
    pub fn read(&mut self, file: &str, text: &str, recipe: &Recipe) -> Result<(), ParamError> {
        for (name, value) in answers_table(file, text)? {
            let secret = |param: &ParamDecl| param.name == name && param.kind == ParamKind::Secret;
            let value = match value {
                // Moved, so that no copy of the secret remains.
                toml::Value::String(text) if recipe.front.params.iter().any(secret) => {
                    Value::Secret(Secret::new(&name, text.into_bytes()))
                }
                other => plain(other),
            };
            self.values.entry(name).or_insert(value);
        }
        Ok(())
    }

    /// Returns the current value of a parameter, if it has a valid one.
    pub fn value(&self, param: &ParamDecl, machine: &Machine) -> Option<Value> {
        let given = self.values.get(&param.name).cloned();
        let given = given.or_else(|| param.default.clone().map(plain))?;
        param.read(&given, machine).ok()
    }

    /// Returns the variables of a recipe on a machine.
    pub fn variables(&self, recipe: &Recipe, machine: &Machine) -> Result<Map, ParamError> {
        let known = || recipe.front.params.iter().map(|param| param.name.as_str());
        if let Some(name) = self.values.keys().find(|name| !known().any(|k| k == *name)) {
            return Err(ParamError::Unknown {
                name: name.clone(),
                nearest: nearest(name, known()).map(str::to_owned),
                known: known().map(str::to_owned).collect(),
            });
        }
        let mut variables = Map::new();
        for param in &recipe.front.params {
            let known = variables.iter().position(|(name, _)| *name == param.name);
            let value = match (self.values.get(&param.name), &param.default) {
                _ if !param.applies(&variables) => Value::Unit,
                (Some(value), _) => param.read(value, machine)?,
                (None, Some(default)) => param.read(&plain(default.clone()), machine)?,
                (None, None)
                    if param.kind == ParamKind::Disk && machine.disks().next().is_none() =>
                {
                    return Err(ParamError::NoDisk { name: param.name.clone() });
                }
                (None, None) => {
                    let (name, ask) = (param.name.clone(), param.ask.clone());
                    let secret = param.kind == ParamKind::Secret;
                    return Err(ParamError::Missing { name, ask, secret });
                }
            };
            // Layouts may use a name for different parameters; the one of the chosen layout
            // applies.
            match known {
                None => variables.push((param.name.clone(), value)),
                Some(at) if value != Value::Unit => variables[at].1 = value,
                Some(_) => {}
            }
        }
        Ok(variables)
    }
}

/// Parses the TOML of an answers file. An error contains the position but not the content of the
/// line, which may be a secret.
pub fn answers_table(file: &str, text: &str) -> Result<toml::Table, ParamError> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(0);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let site = Site { file: file.into(), line };
        ParamError::File { site, why: format!("invalid TOML at column {column}") }
    })
}

/// Converts a TOML value to a script value.
fn plain(value: toml::Value) -> Value {
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
