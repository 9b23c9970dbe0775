//! Guests in machine files, and the comparison of predicted guests with probed ones.

use std::collections::BTreeMap;

use serde::de::MapAccess;
use serde::ser::SerializeMap;

use super::{Guest, Guests};
use crate::machine::state::PartState;
use crate::machine::valid::Unique;
use crate::machine::{Differences, Machine, Scope};

impl PartState for Guests {
    const KEYS: &'static [&'static str] = &["guests"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        _key: &'static str,
        from: &mut A,
    ) -> Result<(), A::Error> {
        let found: Unique<Guest> = from.next_value()?;
        self.found = Some(found.0);
        Ok(())
    }

    fn write<M: SerializeMap>(&self, to: &mut M) -> Result<(), M::Error> {
        match &self.found {
            Some(found) => to.serialize_entry("guests", found),
            None => Ok(()),
        }
    }

    /// Names of guests are chosen by users.
    fn anonymise(&mut self, _new: &dyn Fn(&str) -> String) {
        let Some(found) = &mut self.found else { return };
        let renamed = std::mem::take(found).into_values().enumerate().map(|(at, guest)| {
            let directory = format!("{}/guest-{}", guest.kind.path(), at + 1);
            let rootfs = guest.rootfs.map(|_| format!("{directory}/rootfs"));
            let disks = (1..=guest.disks.len()).map(|at| format!("{directory}/disk{at}.img"));
            (directory.clone(), Guest { rootfs, disks: disks.collect(), ..guest })
        });
        *found = renamed.collect();
    }

    /// Without a scope only guests that both sides have are compared: services start and stop guests at any time.
    fn compare(
        predicted: &Machine,
        found: &Machine,
        scope: Option<&Scope>,
        differences: &mut Differences,
    ) {
        let (Some(then), Some(now)) = (&predicted.guest.found, &found.guest.found) else {
            return;
        };
        let all: Vec<&String> = match scope {
            Some(scope) => scope.guest.guests.iter().collect(),
            None => then.keys().filter(|guest| now.contains_key(*guest)).collect(),
        };
        for guest in all {
            let side = |guests: &BTreeMap<String, Guest>| guests.get(guest).map(describe_guest);
            differences.note(format!("guest {guest}"), side(then), side(now));
        }
    }

    fn list(machine: &Machine, before: &Machine) -> Vec<String> {
        let none = BTreeMap::new();
        let of = |machine: &'_ Machine| machine.guest.found.clone().unwrap_or_else(|| none.clone());
        let (now, before) = (of(machine), of(before));
        now.iter()
            .filter(|(directory, guest)| before.get(*directory) != Some(guest))
            .map(|(directory, guest)| format!("guest {directory}: {}", describe_guest(guest)))
            .collect()
    }
}

/// Returns the properties of a guest that operations determine, on one line. The number of its first process is the kernel's
/// choice, and a template chooses the directory of the files.
fn describe_guest(guest: &Guest) -> String {
    let limits = guest.limits.iter().map(|(limit, value)| format!(", {} {value}", limit.file()));
    format!("{}{}", guest.state.name(), limits.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::guest::{GuestFact, GuestKind, GuestState};
    use crate::machine::{Fact, compare, listing};

    const WEB: &str = "/var/lib/lxc/web";

    fn machine() -> Machine {
        let text = r#"{"format": 1, "host": {"udev": true}, "devices": {}, "guests": {
            "/var/lib/lxc/web": {"kind": "lxc", "state": "stopped", "limits": {"pids.max": "20"}}}}"#;
        Machine::read(text).expect("the machine file is valid")
    }

    fn is(state: GuestState, was: GuestState) -> Fact {
        GuestFact::GuestIs { guest: WEB.into(), kind: GuestKind::Lxc, state, was }.into()
    }

    #[test]
    fn guests_round_trip_and_are_absent_if_unprobed() {
        let text = serde_json::to_string(&machine()).expect("machines serialize to JSON");
        assert_eq!(Machine::read(&text), Ok(machine()));
        let none = serde_json::to_string(&Machine::empty()).expect("machines serialize to JSON");
        assert!(!none.contains("guests"));
        let unnamed = serde_json::to_string(&machine().anonymous(&[])).expect("JSON");
        assert!(!unnamed.contains("web") && unnamed.contains("guest-1"), "{unnamed}");
    }

    #[test]
    fn a_started_guest_is_stopped_and_a_frozen_one_first_thawed() {
        use GuestState::{Frozen, Running, Stopped};
        let (before, mut after) = (machine(), machine());
        let (start, freeze) = (is(Running, Stopped), is(Frozen, Running));
        after.learn(&start).expect("the guest exists");
        after.learn(&freeze).expect("the guest exists");
        assert_eq!(listing(&after, &before), ["guest /var/lib/lxc/web: frozen, pids.max 20"]);
        let mut scope = Scope::default();
        start.scope(&mut scope);
        assert_eq!(
            compare(&after, &before, Some(&scope))[0].to_string(),
            "guest /var/lib/lxc/web: predicted frozen, pids.max 20, found stopped, pids.max 20"
        );
        let (stop, thaw) = (start.release().expect("one"), freeze.release().expect("one"));
        assert_eq!(thaw.to_string(), "lxc-unfreeze -P /var/lib/lxc -n web");
        assert_eq!(stop.to_string(), "lxc-stop -P /var/lib/lxc -n web -t 10");
        for release in [&thaw, &stop] {
            assert_eq!(release.pending(&after), std::slice::from_ref(release));
            after.learn(&release.resulting_fact()).expect("the guest exists");
            assert_eq!(release.pending(&after), []);
        }
        assert_eq!(after, before);
        assert!(stop.resulting_fact().ends(&start) && thaw.resulting_fact().ends(&freeze));
        assert!(!thaw.resulting_fact().ends(&start));
        assert_eq!(is(Stopped, Running).release(), None);
    }

    #[test]
    fn facts_keep_their_tags() {
        let fact = is(GuestState::Running, GuestState::Stopped);
        let json = serde_json::to_value(&fact).expect("facts serialize to JSON");
        assert_eq!(json["fact"], "guest_is");
        assert_eq!(serde_json::from_value::<Fact>(json.clone()).expect("the fact is valid"), fact);
        let mut earlier = json;
        earlier.as_object_mut().expect("facts are objects").remove("kind");
        assert_eq!(serde_json::from_value::<Fact>(earlier).expect("the fact is valid"), fact);
    }
}
