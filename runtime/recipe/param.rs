//! Parameters that a recipe declares, and the validation of their values.

use std::fmt;

use serde::Deserialize;

use crate::error::Rule;
use crate::event::Site;
use crate::machine::Machine;
use crate::types::{
    AbsPath, DevicePath, Map, Mismatch, ParamValue, Secret, Size, Value, nearest, printable,
};

/// The type of a recipe's parameter.
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
    /// An integer.
    Number,
    /// A string.
    Text,
    /// A boolean.
    Bool,
    /// One word of a list.
    Choice,
    /// A bundled layout, by its name; its parameters become those of the recipe.
    Layout,
    /// A passphrase, read without echo.
    Secret,
}

/// A parameter that a recipe declares.
#[derive(Debug, Clone)]
pub struct ParamDecl {
    /// The name of the variable.
    pub name: String,
    /// The type of the value.
    pub kind: ParamKind,
    /// The prompt.
    pub ask: String,
    /// The value if there is no answer.
    pub default: Option<toml::Value>,
    /// A value to show and to check the recipe with, if there is no default.
    pub example: Option<toml::Value>,
    /// The value in `gscript try`, unless the user sets one.
    pub trial: Option<toml::Value>,
    /// The allowed words of a choice, or the words that are allowed instead of a path.
    pub choices: Vec<String>,
    /// Conditions: the parameter only applies if each of these parameters has one of these values;
    /// otherwise its value is unit.
    pub when: Vec<(String, Vec<String>)>,
    /// The line number of the declaration.
    pub line: u32,
    /// The file of the module that declares it; `None` if the recipe itself does.
    pub module: Option<String>,
}

/// An error for a parameter without a valid value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamError {
    /// There is no answer and no default, and the program must not prompt.
    Missing {
        /// The name of the parameter.
        name: String,
        /// The prompt.
        ask: String,
        /// Whether the answer is a secret.
        secret: bool,
    },
    /// An answer is invalid.
    Wrong {
        /// The name of the parameter.
        name: String,
        /// The expected and the actual value.
        mismatch: Mismatch,
    },
    /// A device does not exist or is not a disk.
    Device {
        /// The name of the parameter.
        name: String,
        /// The reason.
        why: String,
    },
    /// A disk is required, but the machine has none.
    NoDisk {
        /// The name of the parameter.
        name: String,
    },
    /// An answer refers to a parameter that does not exist.
    Unknown {
        /// The name in the answer.
        name: String,
        /// The closest name of a parameter.
        nearest: Option<String>,
        /// The names of all parameters.
        known: Vec<String>,
    },
    /// A secret cannot be read from the file that an answer names.
    SecretFile {
        /// The name of the parameter.
        name: String,
        /// The reason.
        why: String,
        /// A suggested fix.
        remedy: String,
    },
    /// An answer in a file is invalid.
    Placed {
        /// The file and the line.
        site: Site,
        /// The error.
        error: Box<Self>,
    },
    /// Several parameters have no valid value.
    Several(Vec<ParamError>),
    /// An answers file can't be read.
    File {
        /// The file and the position.
        site: Site,
        /// The reason.
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
            Self::Placed { site, error } => write!(f, "{site}: {error}"),
            Self::Device { name, why } | Self::SecretFile { name, why, .. } => {
                write!(f, "parameter {name:?}: {why}")
            }
            Self::NoDisk { name } => {
                write!(f, "parameter {name:?}: this machine has no disks")
            }
            Self::Unknown { name, .. } => write!(f, "the recipe has no parameter {name:?}"),
            Self::Several(errors) => {
                write!(f, "{} parameters have no valid value", errors.len())?;
                errors.iter().try_for_each(|error| write!(f, "\n  {error}"))
            }
            Self::File { site, why } => write!(f, "failed to read the answers in {site}: {why}"),
        }
    }
}

impl std::error::Error for ParamError {}

impl Rule for ParamError {
    fn remedy(&self) -> Option<String> {
        Some(self.remedy())
    }
}

impl ParamError {
    /// Adds the place of the answer in a file, if it is in one.
    #[must_use]
    pub fn at(self, site: Option<&Site>) -> Self {
        match site {
            Some(site) => Self::Placed { site: site.clone(), error: Box::new(self) },
            None => self,
        }
    }

    /// Returns a suggestion to fix the error.
    pub fn remedy(&self) -> String {
        match self {
            Self::Missing { secret: true, .. } => {
                "put it into a file with mode 0600: --answers FILE".into()
            }
            Self::SecretFile { remedy, .. } => remedy.clone(),
            Self::Placed { error, .. } => match &**error {
                Self::Wrong { name, .. } | Self::Device { name, .. } => {
                    format!("correct this line, or set another value: --set {name}=VALUE")
                }
                other => other.remedy(),
            },
            Self::Missing { name, .. } => format!("set it: --set {name}=VALUE"),
            Self::NoDisk { .. } => {
                "check lsblk, and dmesg for the driver of the disk controller".into()
            }
            Self::Wrong { name, .. } | Self::Device { name, .. } => {
                format!("set another value: --set {name}=VALUE")
            }
            Self::Unknown { nearest: Some(near), .. } => format!("did you mean {near}?"),
            Self::Unknown { known, .. } if known.is_empty() => {
                "the recipe has no parameters".into()
            }
            Self::Unknown { known, .. } => format!("parameters: {}", known.join(", ")),
            Self::Several(errors) => {
                let mut help: Vec<String> = Vec::new();
                for error in errors {
                    let one = error.remedy();
                    if !help.contains(&one) {
                        help.push(one);
                    }
                }
                help.join("\n")
            }
            Self::File { .. } => "write TOML, one line NAME = VALUE per parameter".into(),
        }
    }
}

impl ParamDecl {
    /// Returns whether the value is a secret.
    pub fn is_secret(&self) -> bool {
        self.kind == ParamKind::Secret
    }

    /// Returns whether the parameter applies, given the values of the parameters before it.
    pub fn applies(&self, variables: &Map) -> bool {
        self.when.iter().all(|(name, wanted)| {
            variables.iter().any(|(known, value)| {
                known == name && wanted.iter().any(|wanted| value.as_text() == Some(wanted))
            })
        })
    }

    /// Returns the value for the script, in its canonical form.
    pub fn read(&self, given: &Value, machine: &Machine) -> Result<Value, ParamError> {
        let name = || self.name.clone();
        let wrong = |mismatch| ParamError::Wrong { name: name(), mismatch };
        let value = match self.kind {
            // An empty answer means "none" if the default is empty as well.
            ParamKind::Disk | ParamKind::Device | ParamKind::Path if self.may_be_empty(given) => {
                given.clone()
            }
            ParamKind::Disk | ParamKind::Device => self.device(given, machine)?,
            ParamKind::Disks => self.disks(given, machine)?,
            ParamKind::Path if given.as_text().is_some_and(|text| self.is_choice(text)) => {
                given.clone()
            }
            ParamKind::Path => {
                let path = AbsPath::decode(given).map_err(|mismatch| wrong(self.or_word(mismatch)));
                path?.encode()
            }
            ParamKind::Size => Size::decode(given).map_err(wrong)?.encode(),
            ParamKind::Number => number(given).map_err(wrong)?,
            ParamKind::Text => String::decode(given).map_err(wrong)?.encode(),
            ParamKind::Bool => boolean(given).map_err(wrong)?,
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

    /// Returns a device of the machine, by its canonical name.
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

    /// Returns a list of distinct disks, from a list or from a string separated by commas or
    /// spaces.
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

    /// Adds the words that are allowed instead of a path to what was expected.
    fn or_word(&self, mismatch: Mismatch) -> Mismatch {
        match self.choices.as_slice() {
            [] => mismatch,
            words => {
                let expected = format!("{} or {}", words.join(", "), mismatch.expected);
                Mismatch { expected, ..mismatch }
            }
        }
    }

    fn is_choice(&self, text: &str) -> bool {
        self.choices.iter().any(|choice| choice == text)
    }

    fn choice(&self, given: &Value) -> Result<Value, Mismatch> {
        let text = String::decode(given)?;
        if self.is_choice(&text) {
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

/// Parses a number; values on the command line are strings.
fn number(given: &Value) -> Result<Value, Mismatch> {
    match given {
        Value::Text(text) => match text.parse() {
            Ok(number) => Ok(Value::Int(number)),
            Err(_) => Err(Mismatch::because(&u32::TYPE, given.to_string())),
        },
        other => u32::decode(other).map(|number| number.encode()),
    }
}

fn boolean(given: &Value) -> Result<Value, Mismatch> {
    match given.as_text() {
        Some("true" | "yes" | "y" | "1") => Ok(Value::Bool(true)),
        Some("false" | "no" | "n" | "0") => Ok(Value::Bool(false)),
        _ => bool::decode(given).map(Value::Bool),
    }
}
