//! The network in machine files, and the comparison of the predicted network with the probed one.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::MapAccess;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use super::{Link, Network};
use crate::machine::state::PartState;
use crate::machine::valid::{Problems, Unique};
use crate::machine::{Differences, Machine, Scope};

/// The network in a machine file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetRecord {
    links: Unique<Link>,
}

#[derive(Serialize)]
struct Written<'a> {
    links: &'a BTreeMap<String, Link>,
}

impl PartState for Network {
    const KEYS: &'static [&'static str] = &["net"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        _key: &'static str,
        from: &mut A,
    ) -> Result<(), A::Error> {
        self.links = Some(from.next_value::<NetRecord>()?.links.0);
        Ok(())
    }

    fn write<M: SerializeMap>(&self, to: &mut M) -> Result<(), M::Error> {
        match &self.links {
            Some(links) => to.serialize_entry("net", &Written { links }),
            None => Ok(()),
        }
    }

    fn check(machine: &Machine, notes: &mut Problems) {
        let Some(links) = &machine.net.links else { return };
        for (name, link) in links {
            if let Some(master) = link.master.as_ref().filter(|master| !links.contains_key(*master))
            {
                let why = format!("link {master:?} is not described");
                let next = "describe that link, or remove the master";
                notes.add(&["net", "links", name, "master"], why, next);
            }
        }
    }

    fn anonymise(&mut self, new: &dyn Fn(&str) -> String) {
        let Some(links) = &mut self.links else { return };
        let named = |name: &str| new(name);
        *links = std::mem::take(links)
            .into_iter()
            .map(|(name, link)| {
                let master = link.master.as_deref().map(named);
                (named(&name), Link { master, ..link })
            })
            .collect();
    }

    fn compare(
        predicted: &Machine,
        found: &Machine,
        scope: Option<&Scope>,
        differences: &mut Differences,
    ) {
        let (Some(then), Some(now)) = (&predicted.net.links, &found.net.links) else { return };
        let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        for name in names {
            if scope.is_none_or(|scope| scope.net.links.contains(name)) {
                let side = |links: &BTreeMap<String, Link>| links.get(name).map(describe_link);
                differences.note(format!("link {name}"), side(then), side(now));
            }
        }
    }
}

/// Returns the properties of a link that operations determine, on one line.
fn describe_link(link: &Link) -> String {
    let state = if link.up { "up" } else { "down" };
    let kind = link.kind.as_ref().map(|kind| format!("{kind}, ")).unwrap_or_default();
    let master = link.master.as_ref().map(|master| format!(", part of {master}"));
    format!("{kind}{state}{}", master.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::net::NetFact;
    use crate::machine::{Fact, compare};

    fn machine() -> Machine {
        let text = r#"{"format": 1, "host": {"udev": true}, "devices": {}, "net": {"links": {
            "br0": {"up": true, "kind": "bridge", "mtu": 1500},
            "eth0": {"up": false, "master": "br0", "mtu": 1500}}}}"#;
        Machine::read(text).expect("the machine file is valid")
    }

    #[test]
    fn links_round_trip_and_are_absent_if_unprobed() {
        let text = serde_json::to_string(&machine()).expect("machines serialize to JSON");
        assert_eq!(Machine::read(&text), Ok(machine()));
        assert_eq!(
            serde_json::to_string(&Machine::empty()).ok().map(|text| text.contains("net")),
            Some(false)
        );
        let wrong =
            Machine::read(&text.replace("\"br0\":", "\"br1\":")).expect_err("the file is invalid");
        assert_eq!(wrong[0].at, "net.links.eth0.master");
        let wrong = Machine::read(&text.replace("\"mtu\":1500", "\"mtu\":-1"))
            .expect_err("the file is invalid");
        assert!(wrong[0].at.starts_with("net.links.br0.mtu"), "{wrong:?}");
    }

    #[test]
    fn link_differences_are_reported() {
        let (before, mut after) = (machine(), machine());
        let up = Fact::Net(NetFact::LinkState { link: "eth0".into(), up: true });
        after.learn(&up).expect("the link exists");
        let mut scope = Scope::default();
        up.scope(&mut scope);
        let differences = compare(&after, &before, Some(&scope));
        let said: Vec<String> = differences.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["link eth0: predicted up, part of br0, found down, part of br0"]);
        assert_eq!(compare(&after, &before, Some(&Scope::default())), []);
        let none = Fact::Net(NetFact::LinkState { link: "eth1".into(), up: true });
        assert!(after.learn(&none).is_err());
        assert_eq!(Machine::empty().learn(&none), Ok(()));
    }

    #[test]
    fn facts_keep_their_tag_and_release_only_links_that_are_up() {
        let json = serde_json::json!({"fact": "link_state", "link": "eth0", "up": true});
        let fact: Fact = serde_json::from_value(json.clone()).expect("the fact is valid");
        assert_eq!(serde_json::to_value(&fact).ok(), Some(json));
        let release = fact.release().expect("a link that is up has a release");
        assert_eq!(release.to_string(), "ip link set eth0 down");
        assert_eq!(release.pending(&machine()), []);
        let mut up = machine();
        up.learn(&fact).expect("the link exists");
        assert_eq!(release.pending(&up), std::slice::from_ref(&release));
        assert!(release.resulting_fact().ends(&fact));
    }
}
