//! Shares in machine files, and the comparison of predicted shares with probed ones.

use std::collections::BTreeMap;

use serde::de::MapAccess;
use serde::ser::SerializeMap;

use super::{Share, Shares};
use crate::machine::state::PartState;
use crate::machine::valid::Unique;
use crate::machine::{Differences, Machine, Scope};

const SHARES: &str = "shares";
const DAEMON: &str = "virtiofsd";

impl PartState for Shares {
    const KEYS: &'static [&'static str] = &[SHARES, DAEMON];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        key: &'static str,
        from: &mut A,
    ) -> Result<(), A::Error> {
        match key {
            DAEMON => self.daemon = Some(from.next_value()?),
            _ => {
                let found: Unique<Share> = from.next_value()?;
                self.found = Some(found.0);
            }
        }
        Ok(())
    }

    fn write<M: SerializeMap>(&self, to: &mut M) -> Result<(), M::Error> {
        // Most machines share nothing.
        if let Some(found) = self.found.as_ref().filter(|found| !found.is_empty()) {
            to.serialize_entry(SHARES, found)?;
        }
        match &self.daemon {
            Some(daemon) => to.serialize_entry(DAEMON, daemon),
            None => Ok(()),
        }
    }

    /// Directories and sockets are named by users.
    fn anonymise(&mut self, _new: &dyn Fn(&str) -> String) {
        let Some(found) = &mut self.found else { return };
        let renamed = std::mem::take(found).into_values().enumerate().map(|(at, share)| {
            let directory = format!("/srv/share-{}", at + 1);
            (format!("/run/share-{}", at + 1), Share { directory, ..share })
        });
        *found = renamed.collect();
    }

    /// Without a scope only shares that both sides have are compared: virtiofsd ends with its virtual machine.
    fn compare(
        predicted: &Machine,
        found: &Machine,
        scope: Option<&Scope>,
        differences: &mut Differences,
    ) {
        let (Some(then), Some(now)) = (&predicted.share.found, &found.share.found) else {
            return;
        };
        let all: Vec<&String> = match scope {
            Some(scope) => scope.share.sockets.iter().collect(),
            None => {
                let served = |socket: &&String| now.get(*socket).is_some_and(Share::is_served);
                then.keys().filter(served).collect()
            }
        };
        for socket in all {
            let side = |shares: &BTreeMap<String, Share>| {
                shares.get(socket).map(|share| share.directory.clone())
            };
            differences.note(format!("share {socket}"), side(then), side(now));
        }
    }

    fn list(machine: &Machine, before: &Machine) -> Vec<String> {
        let none = BTreeMap::new();
        let before = before.share.found.as_ref().unwrap_or(&none);
        let now = machine.share.found.as_ref().unwrap_or(&none);
        now.iter()
            .filter(|(_, share)| share.is_served())
            .filter(|(socket, share)| before.get(*socket) != Some(share))
            .map(|(socket, share)| format!("share {socket}: {}", share.directory))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::ShareFact;
    use super::*;
    use crate::machine::{Fact, compare, listing};

    const SOCKET: &str = "/run/virtiofs/web.sock";

    fn machine(shares: &str) -> Machine {
        let text = format!(
            r#"{{"format": 1, "host": {{"udev": true}}, "devices": {{}}, "shares": {{{shares}}},
                "virtiofsd": {{"implementation": "c", "version": "7.2.22"}}}}"#
        );
        Machine::read(&text).expect("the machine file is valid")
    }

    fn shared() -> Fact {
        ShareFact::DirectoryShared { socket: SOCKET.into(), directory: "/srv/web".into() }.into()
    }

    #[test]
    fn shares_round_trip_and_lose_their_names() {
        let with = machine(r#""/run/virtiofs/web.sock": {"directory": "/srv/web", "process": 12}"#);
        let text = serde_json::to_string(&with).expect("machines serialize to JSON");
        assert_eq!(Machine::read(&text), Ok(with.clone()));
        let unnamed = serde_json::to_string(&with.anonymous(&[])).expect("JSON");
        assert!(!unnamed.contains("web") && unnamed.contains("7.2.22"), "{unnamed}");
    }

    #[test]
    fn a_share_is_released_once() {
        let before = machine("");
        let mut after = before.clone();
        after.learn(&shared()).expect("shares are known");
        assert_eq!(listing(&after, &before), ["share /run/virtiofs/web.sock: /srv/web"]);
        let mut scope = Scope::default();
        shared().scope(&mut scope);
        assert_eq!(
            compare(&after, &before, Some(&scope))[0].to_string(),
            "share /run/virtiofs/web.sock: predicted /srv/web, found nothing"
        );
        let release = shared().release().expect("a release");
        assert_eq!(
            release.to_string(),
            "pkill -f 'virtiofsd .*/run/virtiofs/web.sock'; rm -f /run/virtiofs/web.sock"
        );
        assert_eq!(release.pending(&after), std::slice::from_ref(&release));
        assert!(release.resulting_fact().ends(&shared()));
        after.learn(&release.resulting_fact()).expect("the share exists");
        assert_eq!(release.pending(&after), []);
        assert_eq!(after, before);
    }
}
