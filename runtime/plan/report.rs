//! The result of planning, as plain data, shared by the terminal output, `--json` and saved plans.

use serde::{Deserialize, Serialize};

use super::approval::Approval;
use super::call::PlannedCall;
use crate::machine::Machine;

/// The caution for a machine whose devices could not be read.
pub const UDEV_CAUTION: &str =
    "device contents are taken from the udev database; reading the devices needs root";

/// An entry of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum PlanEntry {
    /// A chapter of the recipe.
    Chapter {
        /// The title of the chapter.
        title: String,
    },
    /// An action.
    Call(Box<PlannedCall>),
    /// A message that the recipe prints.
    Said {
        /// The message.
        text: String,
    },
}

/// The plan of a recipe.
#[derive(Debug)]
pub struct Report {
    /// The entries, in order.
    pub entries: Vec<PlanEntry>,
    /// The effects that have to be approved.
    pub approval: Approval,
    /// The machine before the run.
    pub before: Machine,
    /// The predicted machine after the run.
    pub after: Machine,
    /// The number of assumed values.
    pub guesses: u64,
}

impl Report {
    /// Returns the disks whose contents are changed.
    pub fn changed_disks(&self) -> Vec<&str> {
        let changes = self.approval.effects().filter(|(effect, _)| effect.changes_storage());
        let identities = changes.filter_map(|(_, target)| Some(&target?.identity));
        let disks = identities.flat_map(|identity| self.before.base_disks(&identity.path));
        disks.map(|disk| disk.path.as_str()).collect()
    }

    /// Returns further cautions to show before approval, as complete sentences.
    pub fn cautions(&self) -> Vec<String> {
        let destroyed = self.approval.destroyed().filter_map(|(_, target)| Some(&target?.identity));
        let secondhand = self.before.host.secondhand.then(|| UDEV_CAUTION.to_owned());
        let others = destroyed.flat_map(|identity| self.before.cautions(&identity.path));
        let notes = self.before.probe_notes().into_iter();
        secondhand.into_iter().chain(notes).chain(others).collect()
    }

    /// Returns the planned calls.
    pub fn calls(&self) -> impl Iterator<Item = &PlannedCall> {
        self.entries.iter().filter_map(|entry| match entry {
            PlanEntry::Call(call) => Some(call.as_ref()),
            _ => None,
        })
    }

    /// Returns whether the plan needs root.
    pub fn needs_root(&self) -> bool {
        self.approval.destroyed().next().is_some() || self.calls().any(|call| call.root)
    }
}
