//! Calls of a plan as plain data.

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
    /// The step as a person would type it.
    pub text: Box<str>,
    /// What it changes in a file, as a unified diff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<Box<str>>,
}

impl PlannedStep {
    /// A step, with what it would change in these files.
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

/// How a planned action would be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub enum UndoPlan {
    /// It leaves nothing behind.
    Nothing,
    /// With these commands, in this order.
    Commands {
        /// As a person would type them.
        commands: Vec<String>,
    },
    /// Not at all.
    Impossible {
        /// Why.
        why: String,
    },
}

impl UndoPlan {
    /// What undoes an action that makes these facts.
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

/// One planned action, or a question that runs a program in a root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedCall {
    /// The primitive.
    pub name: Cow<'static, str>,
    /// What it acts on, in short.
    pub about: String,
    /// Where it is called.
    pub site: Site,
    /// Its steps, in order; none where there is nothing to do.
    pub steps: Vec<PlannedStep>,
    /// What it may destroy or touch.
    pub effects: Vec<Effect>,
    /// How it is taken back.
    pub undo: UndoPlan,
    /// What the person should think about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Why there is nothing to do, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub already: Option<String>,
    /// Whether its result is a guess.
    pub guess: bool,
    /// Whether only root can do it.
    pub root: bool,
    /// Whether it only asks, by running a program.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub query: bool,
}

impl PlannedCall {
    /// Whether a step can only be carried out by root.
    pub(crate) fn needs_root(steps: &[Step]) -> bool {
        steps.iter().any(Step::needs_root)
    }
}
