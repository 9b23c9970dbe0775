//! Entries of a list of primitives.

use crate::operation::spec::{ArgError, Given, Spec};
use crate::operation::{Action, AnyAction, AnyQuery, Query};
use crate::types::{Mismatch, Value, is_deceptive};

/// An entry of `PRIMITIVES`.
#[derive(Clone, Copy)]
pub struct Primitive {
    /// The name, documentation and parameters.
    pub spec: &'static Spec,
    /// The decoder for the arguments of a call.
    pub read: Read,
}

/// A function that decodes the arguments of a call.
#[derive(Clone, Copy)]
pub enum Read {
    /// Decodes a call that changes the machine.
    Action(fn(Given) -> Result<Box<dyn AnyAction>, ArgError>),
    /// Decodes a call that only reads.
    Query(fn(Given) -> Result<Box<dyn AnyQuery>, ArgError>),
}

pub(super) const fn action<A: Action>() -> Primitive {
    let read = |given| -> Result<Box<dyn AnyAction>, ArgError> {
        let action = A::decode(given)?;
        reject_deceptive_effects(&A::SPEC, &action)?;
        Ok(Box::new(action))
    };
    Primitive { spec: &A::SPEC, read: Read::Action(read) }
}

/// Rejects effects that contain control or bidirectional characters: the user approves a plan by
/// reading its effects, so they must not be displayed as something else.
fn reject_deceptive_effects(spec: &Spec, action: &impl Action) -> Result<(), ArgError> {
    let effects = action.effects();
    if !effects.iter().any(|effect| effect.to_string().contains(is_deceptive)) {
        return Ok(());
    }
    let arguments = action.encode();
    let wrong = |(name, value): &(String, Value)| {
        let text = deceptive_text(value)?;
        let param = spec.params.iter().find(|param| param.name == name)?.name;
        let expected = "text without control or bidirectional characters".to_owned();
        let got = format!("{text:?}");
        Some((param, Mismatch { at: String::new(), expected, got, nearest: None }))
    };
    match arguments.iter().find_map(wrong) {
        Some((param, mismatch)) => Err(ArgError::Wrong { param, mismatch }),
        // The deceptive characters do not come from an argument.
        None => Ok(()),
    }
}

/// Returns the first string in a value that contains control or bidirectional characters.
fn deceptive_text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text.as_str()).filter(|text| text.contains(is_deceptive)),
        Value::List(items) => items.iter().find_map(deceptive_text),
        Value::Map(map) => map.iter().find_map(|(_, value)| deceptive_text(value)),
        _ => None,
    }
}

pub(super) const fn query<Q: Query>() -> Primitive {
    Primitive { spec: &Q::SPEC, read: Read::Query(|given| Ok(Box::new(Q::decode(given)?))) }
}

impl Primitive {
    /// Assigns the positional values of a call to the parameters.
    pub fn arguments(&self, values: Vec<Value>) -> Result<Given, ArgError> {
        Given::by_position(self.spec, values)
    }
}
