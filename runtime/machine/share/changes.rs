//! What facts and releases of shares mean to the rest of the program.

use std::fmt;

use super::{Share, ShareFact, ShareRelease, ShareStep};
use crate::machine::fact::{PartFact, PartRelease};
use crate::machine::files::Files;
use crate::machine::{Contradiction, Fact, Lifetime, Machine, Release, Scope, Step};

impl PartFact for ShareFact {
    fn lifetime(&self) -> Lifetime {
        match self {
            Self::DirectoryShared { .. } => Lifetime::UntilReboot,
            Self::ShareEnded { .. } => Lifetime::Lasting,
        }
    }

    fn subject(&self) -> Option<String> {
        None
    }

    fn release(&self) -> Option<Release> {
        match self {
            Self::DirectoryShared { socket, .. } => {
                Some(ShareRelease { socket: socket.clone() }.into())
            }
            Self::ShareEnded { .. } => None,
        }
    }

    fn holds(&self, machine: &Machine, _files: &dyn Files) -> Option<bool> {
        let found = machine.share.found.as_ref()?.get(self.socket());
        Some(match self {
            Self::DirectoryShared { directory, .. } => {
                found.is_some_and(|share| share.directory == *directory)
            }
            // A socket that a process has left is still to be removed.
            Self::ShareEnded { .. } => found.is_none(),
        })
    }

    fn learn(&self, machine: &mut Machine) -> Result<(), Contradiction> {
        // Shares that were not probed stay unknown.
        let Some(found) = &mut machine.share.found else { return Ok(()) };
        match self {
            Self::DirectoryShared { socket, directory } => {
                let share = Share { directory: directory.clone(), process: None };
                found.insert(socket.clone(), share);
            }
            Self::ShareEnded { socket } => drop(found.remove(socket)),
        }
        Ok(())
    }

    fn scope(&self, scope: &mut Scope) {
        scope.share.sockets.insert(self.socket().to_owned());
    }

    fn ends(&self, old: &Fact) -> bool {
        let Fact::Share(old) = old else { return false };
        matches!(self, Self::ShareEnded { socket } if old.socket() == socket)
    }

    fn is_present(&self, machine: &Machine) -> bool {
        let found = machine.share.found.as_ref().and_then(|found| found.get(self.socket()));
        matches!((self, found), (Self::DirectoryShared { directory, .. }, Some(share))
            if share.directory == *directory)
    }

    fn is_about(&self, given: &[&str]) -> bool {
        let directory = match self {
            Self::DirectoryShared { directory, .. } => Some(directory.as_str()),
            Self::ShareEnded { .. } => None,
        };
        given.contains(&self.socket()) || directory.is_some_and(|it| given.contains(&it))
    }
}

impl ShareRelease {
    fn as_step(&self) -> ShareStep {
        ShareStep::Stop { socket: self.socket.clone() }
    }
}

impl fmt::Display for ShareRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_step().fmt(f)
    }
}

impl PartRelease for ShareRelease {
    fn resulting_fact(&self) -> Fact {
        ShareFact::ShareEnded { socket: self.socket.clone() }.into()
    }

    fn step(&self, _machine: &Machine) -> Step {
        self.as_step().into()
    }

    fn pending(&self, machine: &Machine) -> Vec<Release> {
        let found = machine.share.found.as_ref();
        match found.is_some_and(|found| found.contains_key(&self.socket)) {
            true => vec![self.clone().into()],
            false => Vec::new(),
        }
    }
}
