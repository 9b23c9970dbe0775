//! How a parameter of some type is described, decoded and written down again.

use std::fmt;

use super::{Secret, Value, cut, nearest};

/// How many columns of a bad text an error shows.
const SHOWN: usize = 120;

/// What an editor or the REPL can offer while a value of this type is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completes {
    /// No proposals.
    Nothing,
    /// One of a fixed list.
    Choices(&'static [&'static str]),
    /// Block devices of the machine.
    Devices,
    /// Paths of files and directories.
    Paths,
    /// Volume groups of the machine.
    Groups,
    /// Opened device-mapper names.
    Mappings,
    /// Names of md arrays.
    Arrays,
}

/// A parameter type as documentation, errors and completion see it.
#[derive(Debug, Clone, Copy)]
pub struct ParamType {
    /// Short name, e.g. `size`.
    pub name: &'static str,
    /// What is accepted, as the object of "expected …".
    pub expects: &'static str,
    /// What can be proposed.
    pub completes: Completes,
    /// Whether the parameter may be left out without having a default.
    pub optional: bool,
    /// Whether it is a list of values of this type.
    pub list: bool,
    /// The entries of a map type; empty for everything else.
    pub fields: &'static [Param],
}

/// One parameter of a primitive, or one entry of a map that it takes.
#[derive(Debug)]
pub struct Param {
    /// The name, as written in options.
    pub name: &'static str,
    /// The doc comment, a line per line.
    pub doc: &'static str,
    /// What it accepts.
    pub ty: ParamType,
    /// The value when it is left out.
    pub default: Option<fn() -> Value>,
}

impl Param {
    /// Whether a call must give it.
    pub fn required(&self) -> bool {
        self.default.is_none() && !self.ty.optional
    }

    /// The type as a person reads it: `size`, `list of device`.
    pub fn type_name(&self) -> String {
        match self.ty.list {
            true => format!("list of {}", self.ty.name),
            false => self.ty.name.to_owned(),
        }
    }
}

impl ParamType {
    /// A type that must be given and proposes nothing.
    pub const fn new(name: &'static str, expects: &'static str) -> Self {
        Self {
            name,
            expects,
            completes: Completes::Nothing,
            optional: false,
            list: false,
            fields: &[],
        }
    }

    /// The same type with proposals.
    #[must_use]
    pub const fn completes(self, completes: Completes) -> Self {
        Self { completes, ..self }
    }
}

/// A value that can be given to a primitive.
pub trait ParamValue: Sized {
    /// How it is documented.
    const TYPE: ParamType;

    /// Reads it from a script value.
    fn decode(value: &Value) -> Result<Self, Mismatch>;

    /// Writes it back: `decode(encode(x)) == x`. The journal keeps arguments in this form.
    fn encode(&self) -> Value;
}

/// A value that doesn't fit its parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Where inside the value, e.g. `[1].size`; empty for the value itself.
    pub at: String,
    /// What would have been right.
    pub expected: String,
    /// What was given.
    pub got: String,
    /// The name that was probably meant.
    pub nearest: Option<String>,
}

impl Mismatch {
    /// The value is of another kind altogether.
    pub fn kind(wanted: &ParamType, got: &Value) -> Self {
        let shown = match got {
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {
                format!("{} {got}", got.kind())
            }
            _ => got.kind().to_owned(),
        };
        Self::because(wanted, shown)
    }

    /// The value is of the right kind but not acceptable.
    pub fn because(wanted: &ParamType, got: impl Into<String>) -> Self {
        Self {
            at: String::new(),
            expected: wanted.expects.to_owned(),
            got: got.into(),
            nearest: None,
        }
    }

    /// A text that breaks the rule of its kind: what is wrong with it, and where.
    pub fn refused(wanted: &ParamType, text: &str, fault: &str) -> Self {
        Self::because(wanted, format!("{}: {fault}", cut(&format!("{text:?}"), SHOWN)))
    }

    /// A word that is not one of the choices.
    pub fn choice(choices: &'static [&'static str], got: &Value) -> Self {
        Self {
            at: String::new(),
            expected: format!("one of {}", choices.join(", ")),
            got: got.to_string(),
            nearest: got
                .as_text()
                .and_then(|t| nearest(t, choices.iter().copied()))
                .map(Into::into),
        }
    }

    /// The same mismatch, seen from the container that holds the value.
    #[must_use]
    pub fn inside(self, part: &str) -> Self {
        Self { at: format!("{part}{}", self.at), ..self }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "at {}: ", self.at)?;
        }
        write!(f, "expected {}, got {}", self.expected, self.got)?;
        match &self.nearest {
            Some(name) => write!(f, " (did you mean {name:?}?)"),
            None => Ok(()),
        }
    }
}

impl ParamValue for bool {
    const TYPE: ParamType =
        ParamType::new("bool", "true or false").completes(Completes::Choices(&["true", "false"]));

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Bool(value) => Ok(*value),
            other => Err(Mismatch::kind(&Self::TYPE, other)),
        }
    }

    fn encode(&self) -> Value {
        Value::Bool(*self)
    }
}

/// Anything a script can hold, for those who sort it out themselves.
impl ParamValue for Value {
    const TYPE: ParamType = ParamType::new("value", "a value");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        Ok(value.clone())
    }

    fn encode(&self) -> Value {
        self.clone()
    }
}

impl ParamValue for String {
    const TYPE: ParamType = ParamType::new("text", "text");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Text(text) if text.contains('\0') => {
                Err(Mismatch::because(&Self::TYPE, "a string with a NUL byte"))
            }
            Value::Text(text) => Ok(text.clone()),
            other => Err(Mismatch::kind(&Self::TYPE, other)),
        }
    }

    fn encode(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl ParamValue for u32 {
    const TYPE: ParamType = ParamType::new("number", "a whole number, 0 or more");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Int(number) => Self::try_from(*number)
                .map_err(|_| Mismatch::because(&Self::TYPE, value.to_string())),
            other => Err(Mismatch::kind(&Self::TYPE, other)),
        }
    }

    fn encode(&self) -> Value {
        Value::Int(i64::from(*self))
    }
}

impl<T: ParamValue> ParamValue for Option<T> {
    const TYPE: ParamType = ParamType { optional: true, ..T::TYPE };

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Unit => Ok(None),
            given => T::decode(given).map(Some),
        }
    }

    fn encode(&self) -> Value {
        self.as_ref().map_or(Value::Unit, T::encode)
    }
}

impl<T: ParamValue> ParamValue for Vec<T> {
    const TYPE: ParamType = ParamType { list: true, ..T::TYPE };

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::List(items) => items
                .iter()
                .enumerate()
                .map(|(i, item)| T::decode(item).map_err(|m| m.inside(&format!("[{i}]"))))
                .collect(),
            // Lua has no empty list of its own: an empty table arrives as an empty map.
            Value::Map(map) if map.is_empty() => Ok(Vec::new()),
            other => Err(Mismatch {
                at: String::new(),
                expected: format!("a list, each {}", T::TYPE.expects),
                got: other.kind().into(),
                nearest: None,
            }),
        }
    }

    fn encode(&self) -> Value {
        Value::List(self.iter().map(T::encode).collect())
    }
}

impl ParamValue for Secret {
    const TYPE: ParamType = ParamType::new("secret", "a secret").completes(Completes::Nothing);

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Secret(secret) => match secret.flaw() {
                None => Ok(secret.clone()),
                Some(flaw) => Err(Mismatch::because(&Self::TYPE, flaw)),
            },
            // What was given instead may be the secret itself: it is not repeated.
            other => {
                let kind = other.kind();
                let hint = "use a parameter of type \"secret\" of the recipe";
                Err(Mismatch::because(&Self::TYPE, format!("{kind}, which is not secret; {hint}")))
            }
        }
    }

    fn encode(&self) -> Value {
        Value::Secret(self.clone())
    }
}
