//! What a planning run found out, as plain data: the screen, `--json` and saved plans show the same.

mod edit;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::event::Site;
use crate::machine::files::Files;
use crate::machine::{Fact, Machine};
use crate::operation::{Effect, Undo};
use crate::plan::approval::Approval;
use crate::system::Step;

pub use edit::edit;

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
pub enum TakeBack {
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

impl TakeBack {
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

/// What has to be said of a machine whose devices could not be read.
pub const SECONDHAND: &str =
    "what is on the devices is what udev remembers: reading them was not permitted, it takes root";

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
    pub undo: TakeBack,
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

/// A line of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Entry {
    /// A chapter of the recipe.
    Chapter {
        /// Its title.
        title: String,
    },
    /// An action.
    Call(Box<PlannedCall>),
    /// Something that the recipe prints.
    Said {
        /// What.
        text: String,
    },
}

/// The plan of a recipe.
#[derive(Debug)]
pub struct Report {
    /// In the order in which it will happen.
    pub entries: Vec<Entry>,
    /// What has to be agreed to.
    pub approval: Approval,
    /// The machine before.
    pub before: Machine,
    /// The machine after.
    pub after: Machine,
    /// How many values are not known before the real run.
    pub guesses: u64,
}

impl Report {
    /// The disks below everything that it destroys or alters.
    pub fn touched(&self) -> Vec<&str> {
        let changes = self.approval.effects().filter(|(effect, _)| effect.changes_storage());
        let identities = changes.filter_map(|(_, target)| Some(&target?.identity));
        let disks = identities.flat_map(|identity| self.before.base_disks(&identity.path));
        disks.map(|disk| disk.path.as_str()).collect()
    }

    /// What else should be known before it is agreed to, in sentences.
    pub fn cautions(&self) -> Vec<String> {
        let destroyed = self.approval.destroyed().filter_map(|(_, target)| Some(&target?.identity));
        let secondhand = self.before.host.secondhand.then(|| SECONDHAND.to_owned());
        let others = destroyed.flat_map(|identity| self.before.cautions(&identity.path));
        secondhand.into_iter().chain(others).collect()
    }

    /// The planned actions.
    pub fn calls(&self) -> impl Iterator<Item = &PlannedCall> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Call(call) => Some(call.as_ref()),
            _ => None,
        })
    }

    /// Whether only root can carry it out.
    pub fn needs_root(&self) -> bool {
        self.approval.destroyed().next().is_some() || self.calls().any(|call| call.root)
    }
}
