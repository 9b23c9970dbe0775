//! The description, decoding and encoding of parameters.

use std::fmt;

use super::{Secret, Value, cut, nearest};

/// The maximum number of columns of an invalid string in an error.
const SHOWN: usize = 120;

/// The completions that an editor or the REPL offers for a value of this type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completes {
    /// No completions.
    Nothing,
    /// The words of a fixed list.
    Choices(&'static [&'static str]),
    /// Block devices of the machine.
    Devices,
    /// Paths of files and directories.
    Paths,
    /// Volume groups of the machine.
    Groups,
    /// Names of opened device-mapper devices.
    Mappings,
    /// Names of md arrays.
    Arrays,
}

/// A parameter type, as used by documentation, errors and completion.
#[derive(Debug, Clone, Copy)]
pub struct ParamType {
    /// The short name, e.g. `size`.
    pub name: &'static str,
    /// A description of the accepted values, as the object of "expected …".
    pub expects: &'static str,
    /// The completions to offer.
    pub completes: Completes,
    /// Whether the parameter can be omitted without having a default.
    pub optional: bool,
    /// Whether the parameter is a list of values of this type.
    pub list: bool,
    /// The entries of a map type; empty for all other types.
    pub fields: &'static [Param],
}

/// One parameter of a primitive, or one entry of a map parameter.
#[derive(Debug)]
pub struct Param {
    /// The name, as written in options.
    pub name: &'static str,
    /// The doc comment, with its line breaks.
    pub doc: &'static str,
    /// The type of the value.
    pub ty: ParamType,
    /// The value if the parameter is omitted.
    pub default: Option<fn() -> Value>,
}

impl Param {
    /// Returns whether a call must specify the parameter.
    pub fn required(&self) -> bool {
        self.default.is_none() && !self.ty.optional
    }

    /// Returns the display name of the type: `size`, `list of device`.
    pub fn type_name(&self) -> String {
        match self.ty.list {
            true => format!("list of {}", self.ty.name),
            false => self.ty.name.to_owned(),
        }
    }
}

impl ParamType {
    /// Creates a required, non-list type without completions.
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

    /// Sets the completions.
    #[must_use]
    pub const fn completes(self, completes: Completes) -> Self {
        Self { completes, ..self }
    }
}

/// A value that can be passed to a primitive.
pub trait ParamValue: Sized {
    /// The description of the type.
    const TYPE: ParamType;

    /// Decodes a script value.
    fn decode(value: &Value) -> Result<Self, Mismatch>;

    /// Encodes the value as a script value, such that `decode(encode(x)) == x`. The journal stores
    /// arguments in this form.
    fn encode(&self) -> Value;
}

/// A value that is invalid for its parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The path inside the value, e.g. `[1].size`; empty for the value itself.
    pub at: String,
    /// A description of the accepted values.
    pub expected: String,
    /// A description of the actual value.
    pub got: String,
    /// The closest valid name, as a suggestion.
    pub nearest: Option<String>,
}

impl Mismatch {
    /// Creates the error for a value of the wrong kind.
    pub fn kind(wanted: &ParamType, got: &Value) -> Self {
        let shown = match got {
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {
                format!("{} {got}", got.kind())
            }
            _ => got.kind().to_owned(),
        };
        Self::because(wanted, shown)
    }

    /// Creates the error for a value of the right kind that is not acceptable.
    pub fn because(wanted: &ParamType, got: impl Into<String>) -> Self {
        Self {
            at: String::new(),
            expected: wanted.expects.to_owned(),
            got: got.into(),
            nearest: None,
        }
    }

    /// Creates the error for a string that violates the rule of its type; `fault` describes the
    /// violation and its position.
    pub fn refused(wanted: &ParamType, text: &str, fault: &str) -> Self {
        Self::because(wanted, format!("{}: {fault}", cut(&format!("{text:?}"), SHOWN)))
    }

    /// Creates the error for a word that is not one of the choices.
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

    /// Prepends the position in the enclosing container to the path.
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

/// Accepts any script value, for primitives that validate the value themselves.
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
            // Lua has no distinct empty list: an empty table arrives as an empty map.
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
            Value::Secret(secret) => match secret.rejection() {
                None => Ok(secret.clone()),
                Some(rejection) => Err(Mismatch::because(&Self::TYPE, rejection)),
            },
            // The value may itself be the secret, so the error does not include it.
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
