//! A parameter that a recipe declares, and what a value of it has to be.

use std::fmt;

use serde::Deserialize;

use crate::event::Site;
use crate::machine::Machine;
use crate::types::{
    AbsPath, DevicePath, Map, Mismatch, ParamValue, Secret, Size, Value, nearest, printable,
};

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
    /// A bundled layout, by its name; its parameters become those of the recipe.
    Layout,
    /// A passphrase, read without echo.
    Secret,
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
    /// The file of the module that declares it; `None` where the recipe itself does.
    pub module: Option<String>,
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
            Self::Missing { name, ask, .. } => {
                write!(f, "parameter {name:?} has no value ({})", printable(ask))
            }
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
            ParamKind::Choice | ParamKind::Layout => self.choice(given).map_err(wrong)?,
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
