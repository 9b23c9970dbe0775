//! Control groups in machine files, and the comparison of predicted groups with probed ones.

use std::collections::BTreeMap;

use serde::de::MapAccess;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use super::hierarchy::parent;
use super::{Cgroups, ControlGroup, ControlGroups, ROOT};
use crate::machine::state::PartState;
use crate::machine::valid::{Problems, Unique};
use crate::machine::{Differences, Machine, Scope};

/// Control groups in a machine file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CgroupRecord {
    #[serde(default)]
    unified: Option<String>,
    #[serde(default)]
    legacy: Option<Unique<String>>,
    groups: Unique<ControlGroup>,
}

#[derive(Serialize)]
struct WrittenCgroups<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    unified: Option<&'a String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    legacy: &'a BTreeMap<String, String>,
    groups: &'a BTreeMap<String, ControlGroup>,
}

impl PartState for Cgroups {
    const KEYS: &'static [&'static str] = &["cgroup"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        _key: &'static str,
        from: &mut A,
    ) -> Result<(), A::Error> {
        let CgroupRecord { unified, legacy, groups } = from.next_value()?;
        let legacy = legacy.map(|legacy| legacy.0).unwrap_or_default();
        self.found = Some(ControlGroups { unified, legacy, groups: groups.0 });
        Ok(())
    }

    fn write<M: SerializeMap>(&self, to: &mut M) -> Result<(), M::Error> {
        let Some(ControlGroups { unified, legacy, groups }) = &self.found else { return Ok(()) };
        let written = WrittenCgroups { unified: unified.as_ref(), legacy, groups };
        to.serialize_entry("cgroup", &written)
    }

    fn check(machine: &Machine, notes: &mut Problems) {
        let Some(found) = &machine.cgroup.found else { return };
        for name in found.groups.keys().filter(|name| *name != ROOT) {
            let above = parent(name);
            if above != ROOT && !found.groups.contains_key(above) {
                let why = format!("control group {above:?} is not described");
                let next = "describe that group, or remove the groups in it";
                notes.add(&["cgroup", "groups", name], why, next);
            }
        }
    }

    /// Names of groups are those of users, services and containers.
    fn anonymise(&mut self, _new: &dyn Fn(&str) -> String) {
        let Some(found) = &mut self.found else { return };
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let mut renamed = |path: &str| {
            let mut numbered = |name: &str| {
                let next = known.len() + 1;
                format!("group-{}", known.entry(name.to_owned()).or_insert(next))
            };
            match path {
                ROOT => ROOT.to_owned(),
                path => path.split('/').map(&mut numbered).collect::<Vec<_>>().join("/"),
            }
        };
        found.groups = std::mem::take(&mut found.groups)
            .into_iter()
            .map(|(name, group)| (renamed(&name), group))
            .collect();
    }

    fn excerpt(&self, scope: &Scope) -> Self {
        let excerpt = |found: &ControlGroups| {
            let named = scope.cgroup.groups.iter();
            let groups = named.filter_map(|name| found.groups.get_key_value(name));
            let groups = groups.map(|(name, group)| (name.clone(), group.clone())).collect();
            ControlGroups { unified: found.unified.clone(), legacy: found.legacy.clone(), groups }
        };
        Self { found: self.found.as_ref().map(excerpt) }
    }

    /// Without a scope nothing is compared: services begin and end groups at any time. For the same
    /// reason, the group at the top is not compared.
    fn compare(
        predicted: &Machine,
        found: &Machine,
        scope: Option<&Scope>,
        differences: &mut Differences,
    ) {
        let (Some(then), Some(now)) = (&predicted.cgroup.found, &found.cgroup.found) else {
            return;
        };
        let names = scope.iter().flat_map(|scope| &scope.cgroup.groups);
        for name in names.filter(|name| *name != ROOT) {
            let (then, now) = (then.groups.get(name), now.groups.get(name));
            if let (Some(then), Some(now)) = (then, now)
                && is_same(then, now)
            {
                continue;
            }
            let side = |group: Option<&ControlGroup>| group.map(describe_group);
            differences.note(format!("control group {name}"), side(then), side(now));
        }
    }

    /// The groups that are new or different; services have many.
    fn list(machine: &Machine, before: &Machine) -> Vec<String> {
        let (Some(now), Some(before)) = (&machine.cgroup.found, &before.cgroup.found) else {
            return Vec::new();
        };
        let differs = |(name, group): &(&String, &ControlGroup)| {
            *name != ROOT && before.groups.get(*name).is_none_or(|then| !is_same(then, group))
        };
        let line = |(name, group): (&String, &ControlGroup)| {
            format!("control group {name}: {}", describe_group(group))
        };
        now.groups.iter().filter(differs).map(line).collect()
    }
}

/// Returns whether the properties that operations determine are the same. Processes come and go.
fn is_same(then: &ControlGroup, now: &ControlGroup) -> bool {
    let limits = || then.limits.keys().chain(now.limits.keys());
    let same = |limit: &super::CgroupLimit| {
        let initial = limit.initial();
        let of = |group: &ControlGroup| group.limits.get(limit).unwrap_or(&initial).clone();
        limit.same(&of(then), &of(now))
    };
    (&then.controllers, &then.enabled, then.frozen) == (&now.controllers, &now.enabled, now.frozen)
        && limits().all(same)
}

/// Returns the properties of a group that operations determine, on one line.
fn describe_group(group: &ControlGroup) -> String {
    let names = |names: &std::collections::BTreeSet<String>| {
        names.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    };
    let mut text = match group.controllers.is_empty() {
        true => "without controllers".to_owned(),
        false => format!("with controllers {}", names(&group.controllers)),
    };
    if !group.enabled.is_empty() {
        text += &format!(", for children {}", names(&group.enabled));
    }
    for (limit, value) in &group.limits {
        text += &format!(", {} {value}", limit.file());
    }
    if group.frozen { text + ", frozen" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::cgroup::{CgroupFact, CgroupLimit, CgroupLimits};
    use crate::machine::{Fact, compare, listing};

    fn machine() -> Machine {
        let text = r#"{"format": 1, "host": {"udev": true}, "devices": {}, "cgroup": {
            "unified": "/sys/fs/cgroup", "groups": {
            "/": {"controllers": ["memory", "pids"], "enabled": ["pids"]},
            "alice": {"controllers": ["pids"], "processes": "7-8,12", "limits": {"pids.max": "9"}},
            "alice/web": {"frozen": true}}}}"#;
        Machine::read(text).expect("the machine file is valid")
    }

    fn made() -> Fact {
        let directories = vec!["/sys/fs/cgroup/build".to_owned()];
        let (group, controllers) = ("build".to_owned(), vec!["pids".to_owned()]);
        CgroupFact::CgroupMade { group, controllers, directories }.into()
    }

    fn limited(value: &str) -> Fact {
        let limits = |value: &str| CgroupLimits::from([(CgroupLimit::PidsMax, value.to_owned())]);
        let (limits, before) = (limits(value), limits("max"));
        CgroupFact::CgroupLimited { group: "build".into(), limits, before, revert: Vec::new() }
            .into()
    }

    #[test]
    fn groups_round_trip_and_are_absent_if_unprobed() {
        let text = serde_json::to_string(&machine()).expect("machines serialize to JSON");
        assert_eq!(Machine::read(&text), Ok(machine()));
        let none = serde_json::to_string(&Machine::empty()).expect("machines serialize to JSON");
        assert!(!none.contains("cgroup"));
        let wrong = Machine::read(&text.replace("\"alice\":", "\"bob\":"));
        assert_eq!(wrong.expect_err("invalid")[0].at, "cgroup.groups[\"alice/web\"]");
        let wrong = Machine::read(&text.replace("7-8", "8-7")).expect_err("invalid");
        assert!(wrong[0].why.contains("ranges of numbers"), "{wrong:?}");
        let unnamed = serde_json::to_string(&machine().anonymous(&[])).expect("JSON");
        assert!(!unnamed.contains("alice") && unnamed.contains("group-1/group-2"), "{unnamed}");
    }

    #[test]
    fn facts_change_the_model_and_are_released_in_reverse() {
        let (before, mut after) = (machine(), machine());
        after.learn(&made()).expect("the group is new");
        after.learn(&limited("20")).expect("the group exists");
        assert_eq!(
            listing(&after, &before),
            ["control group build: with controllers pids, pids.max 20"]
        );
        let mut scope = Scope::default();
        made().scope(&mut scope);
        let differences = compare(&after, &before, Some(&scope));
        assert_eq!(
            differences[0].to_string(),
            "control group build: predicted with controllers pids, pids.max 20, found nothing"
        );
        assert_eq!(compare(&after, &before, None), []);
        let release = made().release().expect("a group has a release");
        assert_eq!(release.to_string(), "rmdir /sys/fs/cgroup/build");
        assert_eq!(release.pending(&before), []);
        assert_eq!(release.pending(&after), std::slice::from_ref(&release));
        assert!(release.resulting_fact().ends(&limited("20")));
        after.learn(&release.resulting_fact()).expect("the group exists");
        assert_eq!(after, before);
        assert!(after.learn(&limited("20")).is_err());
        assert_eq!(Machine::empty().learn(&limited("20")), Ok(()));
    }

    #[test]
    fn a_controller_that_others_use_stays_enabled() {
        let fact = |on| CgroupFact::CgroupEnabled {
            group: ROOT.into(),
            controllers: vec!["memory".into()],
            on,
            revert: Vec::new(),
        };
        let mut machine = machine();
        machine.learn(&fact(true).into()).expect("the group exists");
        let release = Fact::from(fact(true)).release().expect("it has a release");
        assert_eq!(release.pending(&machine), []);
        let groups = &mut machine.cgroup.found.as_mut().expect("groups").groups;
        assert!(groups["alice"].controllers.contains("memory"));
        groups.retain(|name, _| name == ROOT);
        assert_eq!(release.pending(&machine).len(), 1);
    }

    #[test]
    fn facts_keep_their_tags() {
        for (fact, tag) in [(made(), "cgroup_made"), (limited("20"), "cgroup_limited")] {
            let json = serde_json::to_value(&fact).expect("facts serialize to JSON");
            assert_eq!(json["fact"], tag);
            assert_eq!(serde_json::from_value::<Fact>(json).expect("the fact is valid"), fact);
        }
    }
}
