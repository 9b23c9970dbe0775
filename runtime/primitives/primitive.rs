//! What a list of primitives has of each.

use crate::operation::spec::{ArgError, Given, Spec};
use crate::operation::{Action, AnyAction, AnyQuery, Query};
use crate::types::{Mismatch, Value, is_deceptive};

/// One entry of the list.
#[derive(Clone, Copy)]
pub struct Primitive {
    /// Its description.
    pub spec: &'static Spec,
    /// How a call of it is read.
    pub read: Read,
}

/// Reads the arguments of a call.
#[derive(Clone, Copy)]
pub enum Read {
    /// Of one that changes something.
    Action(fn(Given) -> Result<Box<dyn AnyAction>, ArgError>),
    /// Of one that only reads.
    Query(fn(Given) -> Result<Box<dyn AnyQuery>, ArgError>),
}

pub(super) const fn action<A: Action>() -> Primitive {
    let read = |given| -> Result<Box<dyn AnyAction>, ArgError> {
        let action = A::decode(given)?;
        effects_as_they_look(&A::SPEC, &action)?;
        Ok(Box::new(action))
    };
    Primitive { spec: &A::SPEC, read: Read::Action(read) }
}

/// Refuses effects that would look like others: an effect is what a person reads and approves.
fn effects_as_they_look(spec: &Spec, action: &impl Action) -> Result<(), ArgError> {
    let effects = action.effects();
    if !effects.iter().any(|effect| effect.to_string().contains(is_deceptive)) {
        return Ok(());
    }
    let arguments = action.encode();
    let wrong = |(name, value): &(String, Value)| {
        let text = deceptive_text(value)?;
        let param = spec.params.iter().find(|param| param.name == name)?.name;
        let expected = "text without control characters or marks of writing direction".to_owned();
        let got = format!("{text:?}");
        Some((param, Mismatch { at: String::new(), expected, got, nearest: None }))
    };
    match arguments.iter().find_map(wrong) {
        Some((param, mismatch)) => Err(ArgError::Wrong { param, mismatch }),
        // Nothing in the arguments brought it about.
        None => Ok(()),
    }
}

/// The first text in a value that would look like another one.
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
    /// Sorts the values of a call into the parameters.
    pub fn arguments(&self, values: Vec<Value>) -> Result<Given, ArgError> {
        Given::by_position(self.spec, values)
    }
}
