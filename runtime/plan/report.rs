//! What a planning run found out, as plain data: the screen, `--json` and saved plans show the same.

use serde::{Deserialize, Serialize};

use super::approval::Approval;
use super::call::PlannedCall;
use crate::machine::Machine;

/// What has to be said of a machine whose devices could not be read.
pub const SECONDHAND: &str =
    "device contents are taken from the udev database; reading the devices needs root";

/// A line of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum PlanEntry {
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
    pub entries: Vec<PlanEntry>,
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
            PlanEntry::Call(call) => Some(call.as_ref()),
            _ => None,
        })
    }

    /// Whether only root can carry it out.
    pub fn needs_root(&self) -> bool {
        self.approval.destroyed().next().is_some() || self.calls().any(|call| call.root)
    }
}
