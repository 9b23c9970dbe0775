//! What a primitive is called, what it takes and how its arguments are read: [`args!`] writes
//! all of it from one struct.
//!
//! The calling convention is the same in both languages: required parameters by position, in their
//! order; optional ones in one trailing map or table.

use std::fmt;

use crate::error::{BadCall, Error};
use crate::types::{Map, Mismatch, Param, ParamValue, Value, nearest};

/// The description of one primitive.
#[derive(Debug)]
pub struct Spec {
    /// `domain.verb`; Rhai writes it `domain::verb`.
    pub name: &'static str,
    /// The doc comment: what it does, its source, and examples in a Rhai code block.
    pub doc: &'static str,
    /// In calling order.
    pub params: &'static [Param],
}

impl Spec {
    /// The error of a call that does not fit.
    pub fn bad_call(&self, error: &ArgError) -> Error {
        let (primitive, signature) = (self.name, self.signature());
        BadCall { primitive, signature, why: error.to_string() }.into()
    }

    /// The part before the dot.
    pub fn domain(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(domain, _)| domain)
    }

    /// The part after the dot.
    pub fn verb(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(_, verb)| verb)
    }

    /// Parameters that are given by position.
    pub fn required(&self) -> impl Iterator<Item = &'static Param> {
        self.params.iter().filter(|param| param.required())
    }

    /// Parameters that go into the trailing map.
    pub fn options(&self) -> impl Iterator<Item = &'static Param> {
        self.params.iter().filter(|param| !param.required())
    }

    /// `fs.make(device, kind, {label, …})`, for messages and headings.
    pub fn signature(&self) -> String {
        let mut parts: Vec<String> = self.required().map(|p| p.name.to_owned()).collect();
        let options: Vec<&str> = self.options().map(|p| p.name).collect();
        if !options.is_empty() {
            parts.push(format!("{{{}}}", options.join(", ")));
        }
        format!("{}({})", self.name, parts.join(", "))
    }
}

/// A struct that [`args!`] wrote: the arguments of one primitive.
pub trait Arguments: Sized + 'static {
    /// The description.
    const SPEC: Spec;

    /// Reads the arguments of a call.
    fn decode(given: Given) -> Result<Self, ArgError>;

    /// The arguments by name, for the journal and for showing the call.
    fn encode(&self) -> Map;
}

/// Arguments of one call, each at the place of its parameter.
pub struct Given {
    params: &'static [Param],
    values: Vec<Option<Value>>,
}

impl Given {
    /// Sorts the values of a call into parameters.
    pub fn by_position(spec: &Spec, mut values: Vec<Value>) -> Result<Self, ArgError> {
        let required: Vec<usize> =
            (0..spec.params.len()).filter(|&i| spec.params[i].required()).collect();
        let options = match values.len().checked_sub(required.len()) {
            Some(1) if spec.params.len() > required.len() => values.pop(),
            Some(extra) if extra > 0 => return Err(ArgError::TooMany { most: required.len() }),
            _ => None,
        };
        let mut given = match options {
            Some(Value::Map(map)) => Self::by_name(spec.params, map)?,
            Some(Value::List(list)) if list.is_empty() => Self::by_name(spec.params, Map::new())?,
            Some(other) => return Err(ArgError::NotOptions { got: other.kind() }),
            None => Self::by_name(spec.params, Map::new())?,
        };
        for (index, value) in required.into_iter().zip(values) {
            if given.values[index].replace(value).is_some() {
                return Err(ArgError::Twice { param: spec.params[index].name });
            }
        }
        Ok(given)
    }

    /// Sorts the entries of a map into parameters.
    pub fn by_name(params: &'static [Param], map: Map) -> Result<Self, ArgError> {
        let mut values = vec![None; params.len()];
        for (name, value) in map {
            let Some(index) = params.iter().position(|param| param.name == name) else {
                let names = params.iter().map(|param| param.name);
                return Err(ArgError::Unknown {
                    nearest: nearest(&name, names.clone()),
                    known: names.collect(),
                    name,
                });
            };
            values[index] = Some(value);
        }
        Ok(Self { params, values })
    }

    /// The decoded value of the parameter at `index`.
    pub fn take<T: ParamValue>(&mut self, index: usize) -> Result<T, ArgError> {
        let param = &self.params[index];
        let value = match self.values[index].take() {
            Some(value) => value,
            None => match param.default {
                Some(default) => default(),
                None if param.ty.optional => Value::Unit,
                None => return Err(ArgError::Missing { param: param.name }),
            },
        };
        T::decode(&value).map_err(|mismatch| ArgError::Wrong { param: param.name, mismatch })
    }
}

/// A call that doesn't fit the primitive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgError {
    /// A required parameter was left out.
    Missing {
        /// Its name.
        param: &'static str,
    },
    /// More values than parameters.
    TooMany {
        /// How many go by position.
        most: usize,
    },
    /// The last value should have been the map of options.
    NotOptions {
        /// What it was.
        got: &'static str,
    },
    /// An option that doesn't exist.
    Unknown {
        /// As written.
        name: String,
        /// The option that was probably meant.
        nearest: Option<&'static str>,
        /// All there are.
        known: Vec<&'static str>,
    },
    /// By position and again as an option.
    Twice {
        /// Its name.
        param: &'static str,
    },
    /// The value doesn't fit.
    Wrong {
        /// Its name.
        param: &'static str,
        /// How.
        mismatch: Mismatch,
    },
}

impl std::error::Error for ArgError {}

impl fmt::Display for ArgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { param } => write!(f, "parameter {param:?} is missing"),
            Self::TooMany { most: 1 } => {
                f.write_str("too many values: 1 is positional, options go into one map at the end")
            }
            Self::TooMany { most } => write!(
                f,
                "too many values: {most} are positional, options go into one map at the end"
            ),
            Self::NotOptions { got } => {
                write!(f, "the last value must be the map of options, but is {got}")
            }
            Self::Unknown { name, nearest: Some(near), .. } => {
                write!(f, "there is no option {name:?}; did you mean {near:?}?")
            }
            Self::Unknown { name, known, .. } => {
                write!(f, "there is no option {name:?}; there are: {}", known.join(", "))
            }
            Self::Twice { param } => {
                write!(f, "parameter {param:?} is given by position and again as an option")
            }
            Self::Wrong { param, mismatch } => write!(f, "parameter {param:?}: {mismatch}"),
        }
    }
}

/// Turns an error inside a map value into a mismatch of that value.
pub(crate) fn mismatch_in_record(error: ArgError) -> Mismatch {
    match error {
        ArgError::Wrong { param, mismatch } => mismatch.inside(&format!(".{param}")),
        ArgError::Missing { param } => Mismatch {
            at: String::new(),
            expected: format!("a map with {param:?}"),
            got: format!("one without {param:?}"),
            nearest: None,
        },
        ArgError::Unknown { name, nearest, known } => Mismatch {
            at: format!(".{name}"),
            expected: format!("one of the entries {}", known.join(", ")),
            got: format!("{name:?}"),
            nearest: nearest.map(Into::into),
        },
        other => Mismatch {
            at: String::new(),
            expected: "a map".into(),
            got: other.to_string(),
            nearest: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;
    use crate::types::{FsKind, Size};

    args! {
        /// A room.
        pub struct Hall {
            /// Its size.
            pub size: Size,
            /// Its number.
            pub number: u32 = 7,
        }
    }

    args! {
        /// Builds a house.
        "house.build" => pub struct Build {
            /// Where.
            pub street: String,
            /// Of what.
            pub kind: FsKind = "ext4",
            /// With what inside.
            pub rooms: Vec<Hall>,
            /// For whom.
            pub owner: Option<String>,
        }
    }

    fn build(values: Vec<Value>) -> Result<Build, String> {
        Given::by_position(&Build::SPEC, values)
            .and_then(Build::decode)
            .map_err(|error| error.to_string())
    }

    fn map(entries: &[(&str, Value)]) -> Value {
        Value::Map(entries.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect())
    }

    #[test]
    fn required_by_position_options_by_name() {
        let room = map(&[("size", Value::from("1M"))]);
        let house = build(vec![
            Value::from("Elm"),
            Value::List(vec![room]),
            map(&[("owner", Value::from("Ada"))]),
        ])
        .expect("a good call");
        assert_eq!(house.kind, FsKind::Ext4);
        assert_eq!((house.rooms[0].size, house.rooms[0].number), (Size::mib(1), 7));
        assert_eq!(house.owner.as_deref(), Some("Ada"));
        assert_eq!(Build::SPEC.signature(), "house.build(street, rooms, {kind, owner})");
        let again = Given::by_name(Build::SPEC.params, house.encode()).and_then(Build::decode);
        assert_eq!(again.expect("encode round-trips").encode(), house.encode());
    }

    #[test]
    fn errors_name_the_parameter_and_the_remedy() {
        let elm = || Value::from("Elm");
        let none = || Value::List(vec![]);
        let error = |values| build(values).expect_err("a bad call");
        assert_eq!(error(vec![elm()]), "parameter \"rooms\" is missing");
        assert_eq!(
            error(vec![elm(), none(), map(&[("kidn", elm())])]),
            "there is no option \"kidn\"; did you mean \"kind\"?"
        );
        assert_eq!(
            error(vec![elm(), none(), map(&[("kind", Value::from("ext44"))])]),
            "parameter \"kind\": expected one of ext4, ext2, xfs, btrfs, vfat, f2fs, \
             got \"ext44\" (did you mean \"ext4\"?)"
        );
        let bad_room = map(&[("size", Value::from("large"))]);
        assert_eq!(
            error(vec![elm(), Value::List(vec![bad_room])]),
            "parameter \"rooms\": at [0].size: expected a size such as \"512M\", \"4G\" or \
             \"1.5T\", got \"large\""
        );
        assert_eq!(
            error(vec![elm(), none(), Value::Int(3)]),
            "the last value must be the map of options, but is a whole number"
        );
    }
}
