//! What facts, steps and releases of the network mean to the rest of the program.

use super::{NetFact, NetRelease, NetStep};
use crate::machine::fact::{PartFact, PartRelease};
use crate::machine::files::Files;
use crate::machine::step::PartStep;
use crate::machine::{Contradiction, Fact, Lifetime, Machine, Release, Scope, Step};

impl NetFact {
    /// Returns whether the model agrees with the fact; `None` if links were not probed.
    fn agrees_with(&self, machine: &Machine) -> Option<bool> {
        let Self::LinkState { link, up } = self;
        let links = machine.net.links.as_ref()?;
        Some(links.get(link).is_some_and(|found| found.up == *up))
    }
}

impl PartFact for NetFact {
    fn lifetime(&self) -> Lifetime {
        match self {
            Self::LinkState { up: true, .. } => Lifetime::UntilReboot,
            Self::LinkState { up: false, .. } => Lifetime::Lasting,
        }
    }

    fn subject(&self) -> Option<String> {
        None
    }

    fn release(&self) -> Option<Release> {
        match self {
            Self::LinkState { link, up: true } => {
                Some(NetRelease::Down { link: link.clone() }.into())
            }
            Self::LinkState { up: false, .. } => None,
        }
    }

    fn holds(&self, machine: &Machine, _files: &dyn Files) -> Option<bool> {
        self.agrees_with(machine)
    }

    fn learn(&self, machine: &mut Machine) -> Result<(), Contradiction> {
        let Self::LinkState { link, up } = self;
        // Links that were not probed stay unknown.
        let Some(links) = &mut machine.net.links else { return Ok(()) };
        let missing = || Contradiction { what: format!("link {link}") };
        links.get_mut(link).ok_or_else(missing)?.up = *up;
        Ok(())
    }

    fn scope(&self, scope: &mut Scope) {
        let Self::LinkState { link, .. } = self;
        scope.net.links.insert(link.clone());
    }

    fn ends(&self, old: &Fact) -> bool {
        let Self::LinkState { link, up } = self;
        matches!(
            old,
            Fact::Net(Self::LinkState { link: old, up: true }) if old == link && !up
        )
    }

    fn is_present(&self, machine: &Machine) -> bool {
        self.agrees_with(machine) == Some(true)
    }

    fn is_about(&self, given: &[&str]) -> bool {
        let Self::LinkState { link, .. } = self;
        given.contains(&link.as_str())
    }
}

impl PartRelease for NetRelease {
    fn resulting_fact(&self) -> Fact {
        let Self::Down { link } = self;
        NetFact::LinkState { link: link.clone(), up: false }.into()
    }

    fn step(&self, _machine: &Machine) -> Step {
        let Self::Down { link } = self;
        NetStep::SetLink { link: link.clone(), up: false }.into()
    }

    fn pending(&self, machine: &Machine) -> Vec<Release> {
        let Self::Down { link } = self;
        let up = |links: &std::collections::BTreeMap<String, super::Link>| {
            links.get(link).is_some_and(|found| found.up)
        };
        match machine.net.links.as_ref().is_some_and(up) {
            true => vec![self.clone().into()],
            false => Vec::new(),
        }
    }
}

impl PartStep for NetStep {
    fn needs_root(&self) -> bool {
        true
    }
}
