//! What a primitive is: an [`Action`] changes the machine, a [`Query`] reads it.
//!
//! Both are plain structs written by [`crate::args!`]. An action *plans*: from its arguments and
//! the model of the machine it derives steps and the facts that hold after them, without doing
//! anything. The same plan is shown to the person, run on the simulated machine, and run on the
//! real one.

mod args;
mod effect;
pub(crate) mod guard;
mod plan;
mod planning;
pub mod spec;

use serde::Serialize;

use crate::error::Result;
use crate::operation::spec::Arguments;
use crate::types::{Map, Value};

pub use crate::machine::{FilesEffect, StorageEffect};
pub use effect::{Effect, ProgramEffect};
pub use plan::{Answer, Plan, Returns, Undo};
pub use planning::{Ids, NODE_DEADLINE, Planning};

/// A primitive that changes something.
pub trait Action: Arguments {
    /// What the script gets back.
    type Output: Serialize + 'static;

    /// What may be lost or touched, in terms that are approved. An action without an effect would be neither
    /// approved nor held against `[needs]`.
    fn effects(&self) -> Vec<Effect>;

    /// How it is done on this machine. Pure.
    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<Self::Output>>;
}

/// A primitive that only reads.
pub trait Query: Arguments {
    /// What the script gets back.
    type Output: Serialize + 'static;

    /// What has to be approved before it is answered: a program that it runs in a root, which can do what it likes.
    fn effects(&self) -> Vec<Effect> {
        Vec::new()
    }

    /// The answer, from the model or from a command that changes nothing.
    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>>;
}

/// An action of any type, as the dispatcher sees it.
pub trait AnyAction {
    /// See [`Action::effects`].
    fn effects(&self) -> Vec<Effect>;
    /// See [`Action::plan`].
    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<Value>>;
    /// The arguments, for showing and recording the call.
    fn arguments(&self) -> Map;
}

impl<A: Action> AnyAction for A {
    fn effects(&self) -> Vec<Effect> {
        Action::effects(self)
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<Value>> {
        Action::plan(self, cx).map(Plan::into_value)
    }

    fn arguments(&self) -> Map {
        self.encode()
    }
}

/// A query of any type, as the dispatcher sees it.
pub trait AnyQuery {
    /// See [`Query::effects`].
    fn effects(&self) -> Vec<Effect>;
    /// See [`Query::answer`].
    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Value>>;
    /// The arguments, for showing the call.
    fn arguments(&self) -> Map;
}

impl<Q: Query> AnyQuery for Q {
    fn effects(&self) -> Vec<Effect> {
        Query::effects(self)
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Value>> {
        Query::answer(self, cx).map(Answer::into_value)
    }

    fn arguments(&self) -> Map {
        self.encode()
    }
}
