//! Facts: what an operation makes true, and what ends it. Facts drive the simulation, the
//! verification of the real machine after every operation, the result "unchanged", and the release
//! of what ends with a reboot.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::files::{FileError, Files};
use super::part::MachinePart;
use super::parts::parts;
use super::step::Step;
use super::tagged::{by_tag, tag};
use super::{Machine, Scope};
use crate::types::Place;

/// How long a fact holds unless it is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// The fact survives a reboot.
    Lasting,
    /// The fact ends with the running kernel.
    UntilReboot,
}

/// A fact that contradicts the model: caused by a bug in a primitive, or by an outdated model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the model of the machine has no {what}")]
pub struct Contradiction {
    /// The item that the model lacks.
    pub what: String,
}

/// What a script must do before it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// What is unfinished, as a sentence.
    pub what: String,
    /// What the script has to call.
    pub remedy: String,
}

/// A fact about a single part.
pub(crate) trait PartFact: fmt::Display {
    /// See [`Fact::lifetime`].
    fn lifetime(&self) -> Lifetime {
        Lifetime::Lasting
    }

    /// See [`Fact::subject`].
    fn subject(&self) -> Option<String>;

    /// See [`Fact::release`].
    fn release(&self) -> Option<Release> {
        None
    }

    /// See [`Fact::holds`].
    fn holds(&self, machine: &Machine, files: &dyn Files) -> Option<bool>;

    /// See [`Machine::learn`].
    fn learn(&self, _machine: &mut Machine) -> Result<(), Contradiction> {
        Ok(())
    }

    /// See [`Fact::scope`].
    fn scope(&self, _scope: &mut Scope) {}

    /// See [`Fact::follow_links`].
    fn follow_links(&mut self, _files: &dyn Files) -> Result<(), FileError> {
        Ok(())
    }

    /// See [`Fact::ends`].
    fn ends(&self, _old: &Fact) -> bool {
        false
    }

    /// See [`Fact::is_lost`].
    fn is_lost(&self, _machine: &Machine) -> bool {
        false
    }

    /// See [`Fact::is_hidden`].
    fn is_missing(&self, _machine: &Machine) -> bool {
        false
    }

    /// See [`Fact::is_shown`].
    fn is_present(&self, _machine: &Machine) -> bool {
        false
    }

    /// See [`Fact::is_about`].
    fn is_about(&self, _given: &[&str]) -> bool {
        false
    }

    /// See [`Fact::place`].
    fn place(&self) -> Option<&Place> {
        None
    }

    /// See [`Fact::ended_by`].
    fn ended_by(&self, _machine: &Machine) -> Option<Fact> {
        None
    }

    /// See [`Fact::is_undone`].
    fn is_undone(&self, _machine: &Machine) -> bool {
        false
    }

    /// See [`Fact::unfinished`].
    fn unfinished(&self, _machine: &Machine) -> Option<Unfinished> {
        None
    }
}

/// A release of a single part.
pub(crate) trait PartRelease: fmt::Display {
    /// See [`Release::ended`].
    fn resulting_fact(&self) -> Fact;

    /// See [`Release::step`].
    fn step(&self, machine: &Machine) -> Step;

    /// See [`Release::due`].
    fn pending(&self, machine: &Machine) -> Vec<Release>;

    /// See [`Release::stacks`].
    fn is_stacked(&self) -> bool {
        false
    }
}

macro_rules! facts {
    ($($module:ident $Part:ident,)*) => {
        /// Something that is true after an operation.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Fact {
            $(
                #[doc = concat!("A fact of the part `", stringify!($module), "`.")]
                $Part(<super::$module::Part as MachinePart>::Fact),
            )*
        }

        impl<'de> Deserialize<'de> for Fact {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let value = serde_json::Value::deserialize(from)?;
                $(
                    if let Some(fact) = by_tag("fact", &value) {
                        return fact.map(Self::$Part).map_err(serde::de::Error::custom);
                    }
                )*
                let tag = tag("fact", &value).unwrap_or_default();
                Err(serde::de::Error::custom(format!("unknown fact {tag:?}")))
            }
        }

        impl Fact {
            fn part(&self) -> &dyn PartFact {
                match self {
                    $(Self::$Part(fact) => fact,)*
                }
            }

            fn part_mut(&mut self) -> &mut dyn PartFact {
                match self {
                    $(Self::$Part(fact) => fact,)*
                }
            }
        }

        /// An act that releases an item. Displays as the command that a user would type.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Release {
            $(
                #[doc = concat!("A release of the part `", stringify!($module), "`.")]
                $Part(<super::$module::Part as MachinePart>::Release),
            )*
        }

        impl Release {
            fn part(&self) -> &dyn PartRelease {
                match self {
                    $(Self::$Part(release) => release,)*
                }
            }
        }

        /// Returns whether a primitive restores what ends with the running kernel.
        pub fn restored_after_reboot(primitive: &str) -> bool {
            let parts = [$(<super::$module::Part as MachinePart>::RESTORED_BY,)*];
            parts.concat().contains(&primitive)
        }

        $(
            impl From<<super::$module::Part as MachinePart>::Fact> for Fact {
                fn from(fact: <super::$module::Part as MachinePart>::Fact) -> Self {
                    Self::$Part(fact)
                }
            }

            impl From<<super::$module::Part as MachinePart>::Release> for Release {
                fn from(release: <super::$module::Part as MachinePart>::Release) -> Self {
                    Self::$Part(release)
                }
            }
        )*
    };
}

parts!(facts);

impl Fact {
    /// Returns how long the fact holds unless it is ended.
    pub fn lifetime(&self) -> Lifetime {
        self.part().lifetime()
    }

    /// Returns the subject of the fact: of two facts with the same subject the later one is valid.
    /// `None` for facts that other facts end, such as mounts.
    pub fn subject(&self) -> Option<String> {
        self.part().subject()
    }

    /// Returns what a clean-up has to release, if anything.
    pub fn release(&self) -> Option<Release> {
        self.part().release()
    }

    /// Returns whether the fact holds; `None` if the simulation cannot know.
    pub fn holds(&self, machine: &Machine, files: &dyn Files) -> Option<bool> {
        self.part().holds(machine, files)
    }

    /// Adds what must be probed to verify the fact.
    pub fn scope(&self, scope: &mut Scope) {
        self.part().scope(scope);
    }

    /// Replaces the paths of the fact by paths without symbolic links.
    pub fn follow_links(&mut self, files: &dyn Files) -> Result<(), FileError> {
        self.part_mut().follow_links(files)
    }

    /// Returns whether this fact ends an earlier one.
    pub fn ends(&self, old: &Self) -> bool {
        self.part().ends(old)
    }

    /// Returns whether a lasting item has been replaced or removed since. An item that cannot be
    /// seen does not count as lost.
    pub fn is_lost(&self, machine: &Machine) -> bool {
        self.part().is_lost(machine)
    }

    /// Returns whether the item of the fact is missing on this machine.
    pub fn is_missing(&self, machine: &Machine) -> bool {
        self.part().is_missing(machine)
    }

    /// Returns whether the machine shows an item that, according to a journal, its run created
    /// until the next reboot, and that is not part of the running system. The name alone is not
    /// enough: another item may have it by now.
    pub fn is_present(&self, machine: &Machine) -> bool {
        self.part().is_present(machine)
    }

    /// Returns whether the fact is about an argument of a call: its name, a path below it, or its
    /// devices.
    pub fn is_about(&self, given: &[&str]) -> bool {
        self.part().is_about(given)
    }

    /// Returns the place of the file that the fact says exists.
    pub fn place(&self) -> Option<&Place> {
        self.part().place()
    }

    /// Returns the fact that has ended this one on the machine although no journal may tell: the user
    /// may act while no run notices.
    pub fn ended_by(&self, machine: &Machine) -> Option<Self> {
        self.part().ended_by(machine)
    }

    /// Returns whether the machine has undone the fact, and with it what was done on top of it: all
    /// calls from that one on have to run again.
    pub fn is_undone(&self, machine: &Machine) -> bool {
        self.part().is_undone(machine)
    }

    /// Returns what a script that made the fact must still do before it ends, if anything.
    pub fn unfinished(&self, machine: &Machine) -> Option<Unfinished> {
        self.part().unfinished(machine)
    }
}

impl Machine {
    /// Makes the fact true in the model.
    pub fn learn(&mut self, fact: &Fact) -> Result<(), Contradiction> {
        fact.part().learn(self)
    }
}

impl Release {
    /// Returns the fact that is true after the release.
    pub fn resulting_fact(&self) -> Fact {
        self.part().resulting_fact()
    }

    /// Returns the step that performs the release, on this machine.
    pub fn step(&self, machine: &Machine) -> Step {
        self.part().step(machine)
    }

    /// Returns the releases that are still to be done: by now, further filesystems may be mounted
    /// below a mount point.
    pub fn pending(&self, machine: &Machine) -> Vec<Self> {
        self.part().pending(machine)
    }

    /// Returns whether the release only ends the newest of several stacked items, as with mounts,
    /// which hide one another. Items that existed before do not matter then.
    pub fn is_stacked(&self) -> bool {
        self.part().is_stacked()
    }
}

/// Displays the fact as a sentence.
impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.part().fmt(f)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.part().fmt(f)
    }
}
