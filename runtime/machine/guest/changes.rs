//! What facts and releases of guests mean to the rest of the program.

use std::fmt;

use super::{Guest, GuestFact, GuestRelease, GuestState};
use crate::machine::fact::{PartFact, PartRelease};
use crate::machine::files::Files;
use crate::machine::{Contradiction, Fact, Lifetime, Machine, Release, Scope, Step};

impl PartFact for GuestFact {
    fn lifetime(&self) -> Lifetime {
        match self {
            Self::GuestIs { state: GuestState::Running | GuestState::Frozen, .. } => {
                Lifetime::UntilReboot
            }
            _ => Lifetime::Lasting,
        }
    }

    fn subject(&self) -> Option<String> {
        None
    }

    fn release(&self) -> Option<Release> {
        match self {
            Self::GuestIs { guest, kind, state, was } if state > was => {
                Some(GuestRelease { guest: guest.clone(), kind: *kind, to: *was }.into())
            }
            _ => None,
        }
    }

    fn holds(&self, machine: &Machine, _files: &dyn Files) -> Option<bool> {
        let found = machine.guest.found.as_ref()?.get(self.guest());
        Some(match self {
            Self::GuestMade { rootfs, .. } => {
                found.is_some_and(|guest| rootfs.is_none() || guest.rootfs == *rootfs)
            }
            Self::GuestGone { .. } => found.is_none(),
            Self::GuestIs { state, .. } => found.is_some_and(|guest| guest.state == *state),
            Self::GuestLimited { limits, .. } => found.is_some_and(|guest| {
                limits.iter().all(|(limit, value)| {
                    guest.limits.get(limit).is_some_and(|found| limit.same(found, value))
                })
            }),
        })
    }

    fn learn(&self, machine: &mut Machine) -> Result<(), Contradiction> {
        // Guests that were not probed stay unknown.
        let Some(found) = &mut machine.guest.found else { return Ok(()) };
        let missing = || Contradiction { what: format!("guest {}", self.guest()) };
        match self {
            Self::GuestMade { guest, kind, rootfs, disks } => {
                let new = Guest { kind: *kind, rootfs: rootfs.clone(), ..Guest::default() };
                found.entry(guest.clone()).or_insert(new).disks.clone_from(disks);
            }
            Self::GuestGone { guest } => drop(found.remove(guest)),
            Self::GuestIs { guest, state, .. } => {
                let guest = found.get_mut(guest).ok_or_else(missing)?;
                guest.state = *state;
                if *state == GuestState::Stopped {
                    guest.init = None;
                    guest.console = None;
                }
            }
            Self::GuestLimited { guest, limits } => {
                found.get_mut(guest).ok_or_else(missing)?.limits.extend(limits.clone());
            }
        }
        Ok(())
    }

    fn scope(&self, scope: &mut Scope) {
        scope.guest.guests.insert(self.guest().to_owned());
    }

    fn ends(&self, old: &Fact) -> bool {
        let Fact::Guest(old) = old else { return false };
        match (self, old) {
            (Self::GuestGone { guest }, old) => old.guest() == guest,
            (Self::GuestIs { guest, state, .. }, Self::GuestIs { guest: of, state: then, .. }) => {
                guest == of && then > state
            }
            _ => false,
        }
    }

    fn is_present(&self, machine: &Machine) -> bool {
        let found = machine.guest.found.as_ref().and_then(|found| found.get(self.guest()));
        match self {
            Self::GuestIs { state, .. } => found.is_some_and(|guest| guest.state >= *state),
            Self::GuestGone { .. } => found.is_none(),
            _ => found.is_some(),
        }
    }

    fn is_about(&self, given: &[&str]) -> bool {
        given.contains(&self.guest())
    }
}

impl fmt::Display for GuestRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.release(&self.guest, self.to).fmt(f)
    }
}

impl PartRelease for GuestRelease {
    fn resulting_fact(&self) -> Fact {
        let (guest, kind) = (self.guest.clone(), self.kind);
        GuestFact::GuestIs { guest, kind, state: self.to, was: GuestState::Frozen }.into()
    }

    fn step(&self, _machine: &Machine) -> Step {
        self.kind.release(&self.guest, self.to)
    }

    fn pending(&self, machine: &Machine) -> Vec<Release> {
        let found = machine.guest.found.as_ref().and_then(|found| found.get(&self.guest));
        match found.is_some_and(|guest| guest.state > self.to) {
            true => vec![self.clone().into()],
            false => Vec::new(),
        }
    }
}
