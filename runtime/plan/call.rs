//! The calls of a plan, as plain data.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::edit::edit;
use crate::event::Site;
use crate::machine::Fact;
use crate::machine::files::Files;
use crate::operation::{Effect, Undo};
use crate::system::Step;

/// A step of a planned action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedStep {
    /// The step, written as a shell command.
    pub text: Box<str>,
    /// The change that the step makes to a file, as a unified diff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<Box<str>>,
}

impl PlannedStep {
    /// Converts a step, including the diff of the change that it would make to these files.
    pub(crate) fn of(step: &Step, files: &dyn Files) -> Self {
        let diff = edit(step, files).map(String::into_boxed_str);
        Self { text: step.to_string().into_boxed_str(), diff }
    }
}

impl fmt::Display for PlannedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The way to undo a planned action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub enum UndoPlan {
    /// The action leaves nothing to undo.
    Nothing,
    /// These commands undo the action.
    Commands {
        /// The commands, in order.
        commands: Vec<String>,
    },
    /// The action cannot be undone.
    Impossible {
        /// The reason.
        why: String,
    },
}

impl UndoPlan {
    /// Returns how an action that makes these facts is undone.
    pub fn of(undo: &Undo, makes: &[Fact]) -> Self {
        let commands: Vec<String> = match undo {
            Undo::Nothing => Vec::new(),
            Undo::Impossible(why) => return Self::Impossible { why: (*why).to_owned() },
            Undo::Steps(steps) => steps.iter().map(ToString::to_string).collect(),
            Undo::Each(undos) => {
                let mut all = Vec::new();
                for undo in undos {
                    match Self::of(undo, makes) {
                        Self::Nothing => {}
                        Self::Commands { commands } => all.extend(commands),
                        Self::Impossible { why } => return Self::Impossible { why },
                    }
                }
                all
            }
            Undo::Release => {
                let mut releases: Vec<String> =
                    makes.iter().rev().filter_map(Fact::release).map(|r| r.to_string()).collect();
                releases.dedup();
                releases
            }
        };
        if commands.is_empty() { Self::Nothing } else { Self::Commands { commands } }
    }
}

/// A planned action, or a query that runs a program in a root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedCall {
    /// The name of the primitive.
    pub name: Cow<'static, str>,
    /// A short description of the object of the call.
    pub about: String,
    /// The position of the call.
    pub site: Site,
    /// The steps, in order; empty if no change is needed.
    pub steps: Vec<PlannedStep>,
    /// The effects that have to be approved.
    pub effects: Vec<Effect>,
    /// How the action is undone.
    pub undo: UndoPlan,
    /// What the steps will do, as the machine told when the plan was made; empty if it was not asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preview: Vec<String>,
    /// Warnings for the user.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The reason why no change is needed, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub already: Option<String>,
    /// Whether the result is an assumed value.
    pub guess: bool,
    /// Whether the call needs root.
    pub root: bool,
    /// Whether the call is a query that runs a program.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub query: bool,
}

impl PlannedCall {
    /// Returns whether a step needs root.
    pub(crate) fn needs_root(steps: &[Step]) -> bool {
        steps.iter().any(Step::needs_root)
    }
}
