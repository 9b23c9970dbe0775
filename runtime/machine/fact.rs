//! What an operation makes true, and what ends it. Facts drive the simulation, the check of the real machine after
//! every operation, "unchanged", and the release of what ends with a reboot.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::files::{FileError, Files};
use super::part::MachinePart;
use super::parts::parts;
use super::step::Step;
use super::tagged::{by_tag, tag};
use super::{Machine, Scope};
use crate::types::Place;

/// How long a fact holds by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// It survives a reboot.
    Lasting,
    /// It ends with the running kernel.
    UntilReboot,
}

/// A fact that can't be, on this machine: a bug in a primitive, or a model that lost touch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the model of the machine has no {what}")]
pub struct Contradiction {
    /// What the fact is about.
    pub what: String,
}

/// What a part says about a fact of its own.
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

    /// Makes it true in the model.
    fn learn(&self, _machine: &mut Machine) -> Result<(), Contradiction> {
        Ok(())
    }

    /// See [`Fact::scope`].
    fn scope(&self, _scope: &mut Scope) {}

    /// See [`Fact::lead`].
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
    fn is_hidden(&self, _machine: &Machine) -> bool {
        false
    }

    /// See [`Fact::is_shown`].
    fn is_shown(&self, _machine: &Machine) -> bool {
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
}

/// What a part says about a release of its own.
pub(crate) trait PartRelease: fmt::Display {
    /// See [`Release::ended`].
    fn ended(&self) -> Fact;

    /// See [`Release::step`].
    fn step(&self, udev: bool) -> Step;

    /// See [`Release::due`].
    fn due(&self, machine: &Machine) -> Vec<Release>;

    /// See [`Release::stacks`].
    fn stacks(&self) -> bool {
        false
    }
}

macro_rules! facts {
    ($($module:ident $Part:ident,)*) => {
        /// Something that is so after an operation.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Fact {
            $(
                #[doc = concat!("Of the part `", stringify!($module), "`.")]
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

        /// An act that releases something. Displays as the command that a user would type.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Release {
            $(
                #[doc = concat!("Of the part `", stringify!($module), "`.")]
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

        /// Whether a primitive makes again what ends with the running kernel.
        pub fn makes_again(primitive: &str) -> bool {
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
    /// How long it holds by itself.
    pub fn lifetime(&self) -> Lifetime {
        self.part().lifetime()
    }

    /// What it is about: of two facts with one subject the later one counts. `None` for what is
    /// over by itself, such as a mount that was ended.
    pub fn subject(&self) -> Option<String> {
        self.part().subject()
    }

    /// What ends it, if a clean-up has to.
    pub fn release(&self) -> Option<Release> {
        self.part().release()
    }

    /// Whether it is so. `None`: the simulation can't know.
    pub fn holds(&self, machine: &Machine, files: &dyn Files) -> Option<bool> {
        self.part().holds(machine, files)
    }

    /// Adds what must be probed to see whether it is so.
    pub fn scope(&self, scope: &mut Scope) {
        self.part().scope(scope);
    }

    /// Replaces its paths by those without symbolic links.
    pub fn follow_links(&mut self, files: &dyn Files) -> Result<(), FileError> {
        self.part_mut().follow_links(files)
    }

    /// Whether it makes an end of an earlier one.
    pub fn ends(&self, old: &Self) -> bool {
        self.part().ends(old)
    }

    /// Whether something that lasts is something else by now; what can't be seen is not lost.
    pub fn is_lost(&self, machine: &Machine) -> bool {
        self.part().is_lost(machine)
    }

    /// Whether it is about something that this machine does not show.
    pub fn is_hidden(&self, machine: &Machine) -> bool {
        self.part().is_hidden(machine)
    }

    /// Whether the machine shows what a journal says that its run made until the next reboot, and it is no part of
    /// the running system. A name alone is not enough: something else may have it by now.
    pub fn is_shown(&self, machine: &Machine) -> bool {
        self.part().is_shown(machine)
    }

    /// Whether it is about what a call was given: by its name, below its path, or on its devices.
    pub fn is_about(&self, given: &[&str]) -> bool {
        self.part().is_about(given)
    }

    /// The place in which it can be looked for, of those that are there.
    pub fn place(&self) -> Option<&Place> {
        self.part().place()
    }
}

impl Machine {
    /// Makes the fact true in the model.
    pub fn learn(&mut self, fact: &Fact) -> Result<(), Contradiction> {
        fact.part().learn(self)
    }
}

impl Release {
    /// What is so after it.
    pub fn ended(&self) -> Fact {
        self.part().ended()
    }

    /// The step that carries it out, on a machine with or without a udev daemon.
    pub fn step(&self, udev: bool) -> Step {
        self.part().step(udev)
    }

    /// What of it there is still to do: a mount point may carry further mounts by now.
    pub fn due(&self, machine: &Machine) -> Vec<Self> {
        self.part().due(machine)
    }

    /// Whether it only ends what was made last, so that what was there before does not matter: mounts hide one
    /// another.
    pub fn stacks(&self) -> bool {
        self.part().stacks()
    }
}

/// The fact as a sentence.
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
