//! What a planning run found out.

use crate::action::{Effect, Undo};
use crate::approval::Approval;
use crate::event::Site;
use crate::machine::Machine;
use crate::system::Step;

/// What has to be said of a machine whose devices could not be read.
pub const SECONDHAND: &str =
    "what is on the devices is what udev remembers: reading them was not permitted, it takes root";

/// One planned action.
#[derive(Debug)]
pub struct PlannedCall {
    /// The primitive.
    pub name: &'static str,
    /// What it acts on, in short.
    pub about: String,
    /// Where it is called.
    pub site: Site,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// What it may destroy or touch.
    pub effects: Vec<Effect>,
    /// How it is taken back.
    pub undo: Undo,
    /// What the person should think about.
    pub warnings: Vec<String>,
    /// Why there is nothing to do, if so.
    pub already: Option<String>,
    /// Whether its result is a guess.
    pub guess: bool,
}

/// A line of the plan.
#[derive(Debug)]
pub enum Entry {
    /// A chapter of the recipe.
    Chapter(String),
    /// An action.
    Call(Box<PlannedCall>),
    /// Something that the recipe prints.
    Said(String),
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
        let identities = self.approval.effects().iter().filter_map(|bound| bound.identity.as_ref());
        let disks = identities.flat_map(|identity| self.before.base_disks(&identity.path));
        disks.map(|disk| disk.path.as_str()).collect()
    }

    /// What else should be known before it is agreed to, in sentences.
    pub fn cautions(&self) -> Vec<String> {
        let destroyed = self.approval.destroyed().filter_map(|bound| bound.identity.as_ref());
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
}
