//! From answers to variables.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::{ParamDecl, Recipe};
use crate::event::Site;
use crate::machine::Machine;
use crate::types::{AbsPath, DevicePath, Map, Mismatch, ParamValue, Secret, Size, Value, nearest};

/// What a recipe's parameter accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParamKind {
    /// A whole disk of the machine.
    Disk,
    /// A list of whole disks.
    Disks,
    /// Any block device of the machine.
    Device,
    /// An absolute path.
    Path,
    /// A size.
    Size,
    /// A whole number.
    Number,
    /// Text.
    Text,
    /// Yes or no.
    Bool,
    /// One of some words.
    Choice,
    /// A passphrase, read without echo.
    Secret,
}

/// What was answered so far, by name. Secrets are kept apart from the text that files hold.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    values: BTreeMap<String, Value>,
}

/// A parameter without a usable value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamError {
    /// No answer, no default, and nobody to ask.
    Missing {
        /// Its name.
        name: String,
        /// The question.
        ask: String,
        /// Whether the answer is a secret.
        secret: bool,
    },
    /// An answer that doesn't fit.
    Wrong {
        /// Its name.
        name: String,
        /// How.
        mismatch: Mismatch,
    },
    /// A device that is not there, or is not a disk.
    Device {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// A disk is wanted of a machine that has none.
    NoDisk {
        /// The parameter's name.
        name: String,
    },
    /// An answer to a question that nobody asks.
    Unknown {
        /// Its name.
        name: String,
        /// The parameter that was probably meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A file of answers that can't be read.
    File {
        /// Which, and where.
        site: Site,
        /// Why.
        why: String,
    },
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name, ask, .. } => write!(f, "parameter {name:?} has no value ({ask})"),
            Self::Wrong { name, mismatch } => write!(f, "parameter {name:?}: {mismatch}"),
            Self::Device { name, why } => write!(f, "parameter {name:?}: {why}"),
            Self::NoDisk { name } => {
                write!(f, "parameter {name:?}: this machine shows no disk at all")
            }
            Self::Unknown { name, .. } => write!(f, "the recipe has no parameter {name:?}"),
            Self::File { site, why } => write!(f, "can't read the answers in {site}: {why}"),
        }
    }
}

impl std::error::Error for ParamError {}

impl ParamError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Missing { secret: true, .. } => {
                "put it into a file that only you can read: --answers FILE".into()
            }
            Self::Missing { name, .. } => format!("give it: --set {name}=VALUE"),
            Self::NoDisk { .. } => {
                "see what the kernel found: lsblk, and dmesg for the driver of the disk's controller".into()
            }
            Self::Wrong { name, .. } | Self::Device { name, .. } => {
                format!("give another value: --set {name}=VALUE")
            }
            Self::Unknown { nearest: Some(near), .. } => format!("did you mean {near}?"),
            Self::Unknown { known, .. } if known.is_empty() => "it has none".into(),
            Self::Unknown { known, .. } => format!("it has: {}", known.join(", ")),
            Self::File { .. } => "it is TOML: one line NAME = VALUE per parameter".into(),
        }
    }
}

impl Answers {
    /// Adds `NAME=VALUE` of the command line.
    pub fn set(&mut self, name: &str, text: &str) {
        self.values.insert(name.to_owned(), Value::from(text));
    }

    /// Adds a value, a secret for example.
    pub fn insert(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// Puts something in the place of secrets that were not given: a plan needs none.
    pub fn stand_in_for_secrets(&mut self, recipe: &Recipe) {
        for param in recipe.front.params.iter().filter(|p| p.kind == ParamKind::Secret) {
            let secret = || Value::Secret(Secret::new(&param.name, b"not asked for".to_vec()));
            self.values.entry(param.name.clone()).or_insert_with(secret);
        }
    }

    /// Whether there is an answer.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Adds the answers of a TOML file; those that are there already stay.
    pub fn read(&mut self, file: &str, text: &str, recipe: &Recipe) -> Result<(), ParamError> {
        for (name, value) in answers_table(file, text)? {
            let secret = |param: &ParamDecl| param.name == name && param.kind == ParamKind::Secret;
            let value = match value {
                // Moved, so that no copy of it stays.
                toml::Value::String(text) if recipe.front.params.iter().any(secret) => {
                    Value::Secret(Secret::new(&name, text.into_bytes()))
                }
                other => plain(other),
            };
            self.values.entry(name).or_insert(value);
        }
        Ok(())
    }

    /// The value that a parameter has so far, if it has one.
    pub fn value(&self, param: &ParamDecl, machine: &Machine) -> Option<Value> {
        let given = self.values.get(&param.name).cloned();
        let given = given.or_else(|| param.default.clone().map(plain))?;
        param.read(&given, machine).ok()
    }

    /// The variables of a recipe on a machine.
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
            let value = match (self.values.get(&param.name), &param.default) {
                _ if !param.counts(&variables) => Value::Unit,
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
            variables.push((param.name.clone(), value));
        }
        Ok(variables)
    }
}

/// Reads the TOML of a file of answers. An error tells its place and nothing of the text: the line may
/// hold a secret.
pub fn answers_table(file: &str, text: &str) -> Result<toml::Table, ParamError> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(0);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let site = Site { file: file.into(), line };
        ParamError::File { site, why: format!("invalid TOML at column {column}") }
    })
}

impl ParamDecl {
    /// Whether the parameters before it make this one matter.
    pub fn counts(&self, variables: &Map) -> bool {
        self.when.iter().all(|(name, wanted)| {
            variables.iter().any(|(known, value)| {
                known == name && wanted.iter().any(|wanted| value.as_text() == Some(wanted))
            })
        })
    }

    /// The value for the script, in its canonical form.
    pub fn read(&self, given: &Value, machine: &Machine) -> Result<Value, ParamError> {
        let name = || self.name.clone();
        let wrong = |mismatch| ParamError::Wrong { name: name(), mismatch };
        let value = match self.kind {
            // An empty answer stands for "none", where the recipe has that as its default.
            ParamKind::Disk | ParamKind::Device | ParamKind::Path if self.may_be_empty(given) => {
                given.clone()
            }
            ParamKind::Disk | ParamKind::Device => self.device(given, machine)?,
            ParamKind::Disks => self.disks(given, machine)?,
            ParamKind::Path => AbsPath::decode(given).map_err(wrong)?.encode(),
            ParamKind::Size => Size::decode(given).map_err(wrong)?.encode(),
            ParamKind::Number => number(given).map_err(wrong)?,
            ParamKind::Text => String::decode(given).map_err(wrong)?.encode(),
            ParamKind::Bool => truth(given).map_err(wrong)?,
            ParamKind::Choice => self.choice(given).map_err(wrong)?,
            ParamKind::Secret => match given {
                Value::Text(text) => {
                    let secret = Secret::new(&self.name, text.clone().into_bytes());
                    Secret::decode(&Value::Secret(secret)).map_err(wrong)?.encode()
                }
                other => Secret::decode(other).map_err(wrong)?.encode(),
            },
        };
        Ok(value)
    }

    /// A device of the machine, by its canonical name.
    fn device(&self, given: &Value, machine: &Machine) -> Result<Value, ParamError> {
        let name = || self.name.clone();
        let path = DevicePath::decode(given)
            .map_err(|mismatch| ParamError::Wrong { name: name(), mismatch })?;
        let device = machine
            .device(&path)
            .map_err(|error| ParamError::Device { name: name(), why: error.to_string() })?;
        if self.kind != ParamKind::Device && !device.is_disk() {
            let why = format!("{path} is not a whole disk");
            return Err(ParamError::Device { name: name(), why });
        }
        Ok(Value::Text(device.path.clone()))
    }

    /// Several disks: a list, or a text with commas or blanks between them. None of them twice.
    fn disks(&self, given: &Value, machine: &Machine) -> Result<Value, ParamError> {
        let items: Vec<Value> = match given {
            Value::List(items) => items.clone(),
            Value::Text(text) => {
                let words = text.split([',', ' ']).filter(|word| !word.is_empty());
                words.map(Value::from).collect()
            }
            other => vec![other.clone()],
        };
        let mut disks = Vec::new();
        for item in &items {
            let disk = self.device(item, machine)?;
            if disks.contains(&disk) {
                let why = format!("{disk} is named twice");
                return Err(ParamError::Device { name: self.name.clone(), why });
            }
            disks.push(disk);
        }
        if disks.is_empty() {
            let why = "no disk is named".to_owned();
            return Err(ParamError::Device { name: self.name.clone(), why });
        }
        Ok(Value::List(disks))
    }

    fn may_be_empty(&self, given: &Value) -> bool {
        let empty = |text: Option<&str>| text == Some("");
        empty(given.as_text()) && empty(self.default.as_ref().and_then(toml::Value::as_str))
    }

    fn choice(&self, given: &Value) -> Result<Value, Mismatch> {
        let text = String::decode(given)?;
        if self.choices.contains(&text) {
            return Ok(Value::Text(text));
        }
        let near = nearest(&text, self.choices.iter().map(String::as_str)).map(str::to_owned);
        Err(Mismatch {
            at: String::new(),
            expected: format!("one of {}", self.choices.join(", ")),
            got: given.to_string(),
            nearest: near,
        })
    }
}

/// The command line only has text.
fn number(given: &Value) -> Result<Value, Mismatch> {
    match given {
        Value::Text(text) => match text.parse() {
            Ok(number) => Ok(Value::Int(number)),
            Err(_) => Err(Mismatch::because(&u32::TYPE, given.to_string())),
        },
        other => u32::decode(other).map(|number| number.encode()),
    }
}

fn truth(given: &Value) -> Result<Value, Mismatch> {
    match given.as_text() {
        Some("true" | "yes" | "y" | "1") => Ok(Value::Bool(true)),
        Some("false" | "no" | "n" | "0") => Ok(Value::Bool(false)),
        _ => bool::decode(given).map(Value::Bool),
    }
}

/// A TOML value as a script value.
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
