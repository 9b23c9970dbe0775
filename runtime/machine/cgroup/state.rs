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

    fn anonymise(&mut self, new: &dyn Fn(&str) -> String) {
        let Some(found) = &mut self.found else { return };
        let renamed = |path: &str| match path {
            ROOT => ROOT.to_owned(),
            path => path.split('/').map(new).collect::<Vec<_>>().join("/"),
        };
        found.groups = std::mem::take(&mut found.groups)
            .into_iter()
            .map(|(name, group)| (renamed(&name), group))
            .collect();
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
    let mut text = format!("with controllers {}", names(&group.controllers));
    if !group.enabled.is_empty() {
        text += &format!(", for children {}", names(&group.enabled));
    }
    for (limit, value) in &group.limits {
        text += &format!(", {} {value}", limit.file());
    }
    if group.frozen { text + ", frozen" } else { text }
}
