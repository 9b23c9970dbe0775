//! The conversion of answers to variables.

use std::collections::{BTreeMap, BTreeSet};

use super::answers_file::{answers_of, plain, referenced_secret, unknown};
use super::param::{ParamDecl, ParamError, ParamKind};
use super::text::Recipe;
use crate::event::Site;
use crate::machine::Machine;
use crate::types::{Map, Secret, Value};

/// The answers so far, by parameter name. Secrets are separate from the strings that are written to
/// files.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    values: BTreeMap<String, Value>,
    /// The places of the values that a file contains.
    sites: BTreeMap<String, Site>,
    /// The names of the secrets that a file contains.
    literal: BTreeSet<String>,
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
        for param in recipe.front.params.iter().filter(|param| param.is_secret()) {
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
        for answer in answers_of(file, text, recipe)? {
            let (name, literal) = (answer.name.clone(), answer.is_literal());
            let is_secret = |param: &ParamDecl| param.name == name && param.is_secret();
            let secret = recipe.front.params.iter().any(is_secret);
            if secret && literal {
                self.literal.insert(name.clone());
            }
            let value = match answer.value {
                // Moved, so that no copy of the secret remains.
                toml::Value::String(text) if secret => {
                    Value::Secret(Secret::new(&name, text.into_bytes()))
                }
                other => plain(other),
            };
            if !self.values.contains_key(&name) {
                self.sites.insert(name.clone(), answer.site);
                self.values.insert(name, value);
            }
        }
        Ok(())
    }

    /// Returns the name of a secret that a file contains.
    pub fn literal_secret(&self) -> Option<&str> {
        self.literal.first().map(String::as_str)
    }

    /// Returns the current value of a parameter, if it has a valid one.
    pub fn value(&self, param: &ParamDecl, machine: &Machine) -> Option<Value> {
        let given = self.values.get(&param.name).cloned();
        let given = given.or_else(|| param.default.clone().map(plain))?;
        param.read(&given, machine).ok()
    }

    /// Returns the value of an answer. An error has its place in the file.
    fn given(
        &self,
        param: &ParamDecl,
        value: &Value,
        machine: &Machine,
    ) -> Result<Value, ParamError> {
        let value = match param.kind {
            ParamKind::Secret => referenced_secret(param, value),
            _ => Ok(value.clone()),
        };
        let value = value.and_then(|value| param.read(&value, machine));
        value.map_err(|error| error.at(self.sites.get(&param.name)))
    }

    /// Returns the variables of a recipe on a machine, or the errors of all parameters.
    pub fn variables(&self, recipe: &Recipe, machine: &Machine) -> Result<Map, ParamError> {
        let known = || recipe.front.params.iter().map(|param| param.name.as_str());
        let foreign = self.values.keys().filter(|name| !known().any(|k| k == *name));
        let mut errors: Vec<_> = foreign.map(|name| unknown(name.clone(), known())).collect();
        let mut variables = Map::new();
        for param in &recipe.front.params {
            let known = variables.iter().position(|(name, _)| *name == param.name);
            let value = match self.variable(param, machine, &variables) {
                Ok(value) => value,
                Err(error) => {
                    errors.push(error);
                    Value::Unit
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
        match errors.pop() {
            None => Ok(variables),
            Some(only) if errors.is_empty() => Err(only),
            Some(last) => {
                errors.push(last);
                Err(ParamError::Several(errors))
            }
        }
    }

    /// Returns the value of one parameter; unit if it does not apply.
    fn variable(
        &self,
        param: &ParamDecl,
        machine: &Machine,
        variables: &Map,
    ) -> Result<Value, ParamError> {
        let name = || param.name.clone();
        match (self.values.get(&param.name), &param.default) {
            _ if !param.applies(variables) => Ok(Value::Unit),
            (Some(value), _) => self.given(param, value, machine),
            (None, Some(default)) => param.read(&plain(default.clone()), machine),
            (None, None) if param.kind == ParamKind::Disk && machine.disks().next().is_none() => {
                Err(ParamError::NoDisk { name: name() })
            }
            (None, None) => {
                let secret = param.is_secret();
                Err(ParamError::Missing { name: name(), ask: param.ask.clone(), secret })
            }
        }
    }
}
