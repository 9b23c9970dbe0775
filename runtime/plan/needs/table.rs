//! The `[needs]` table.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::entry::{ANY, NeedEntry, WrongNeed};
use crate::error::{Exit, Rule};
use crate::failure::Failure;
use crate::machine::{Declaration, NeedKind};
use crate::operation::Effect;
use crate::plan::bound::Target;
use crate::types::Map;

/// The `[needs]` table. `$name` stands for a parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Needs {
    /// Devices whose contents are destroyed.
    pub destroys: Vec<String>,
    /// Devices that are changed without destroying their contents.
    pub alters: Vec<String>,
    /// Containers, volume groups and arrays that are opened or started, and swap areas.
    pub opens: Vec<String>,
    /// Devices that the recipe reads or mounts, or allows in a control group.
    pub devices: Vec<String>,
    /// Files and directories that the recipe reads, apart from those that it writes or mounts
    /// itself.
    pub reads: Vec<String>,
    /// Directories below which the recipe writes and mounts.
    pub writes: Vec<String>,
    /// Directories below which the recipe mounts without writing there itself.
    pub mounts: Vec<String>,
    /// Programs that the recipe runs.
    pub runs: Vec<String>,
    /// Network links, and namespaces with everything in them, that the recipe changes.
    pub interfaces: Vec<String>,
    /// Control groups that the recipe changes.
    pub cgroups: Vec<String>,
    /// Guests that the recipe changes, starts or stops.
    pub guests: Vec<String>,
    /// Repositories that the recipe adds to Portage or changes.
    pub repositories: Vec<String>,
    /// Machines to which the recipe connects; `true` stands for all.
    #[serde(deserialize_with = "hosts")]
    pub network: Vec<String>,
    /// Parameters that are secrets. They follow from the declarations of the parameters.
    pub secrets: Vec<String>,
}

/// Reads `true`, `false`, or a list of names.
fn hosts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    struct Hosts;

    impl<'de> Visitor<'de> for Hosts {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("true, false or a list of hosts")
        }

        fn visit_bool<E>(self, all: bool) -> Result<Vec<String>, E> {
            Ok(if all { vec![ANY.to_owned()] } else { Vec::new() })
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut hosts = Vec::new();
            while let Some(host) = list.next_element()? {
                hosts.push(host);
            }
            Ok(hosts)
        }
    }

    from.deserialize_any(Hosts)
}

/// The effects of a plan that its recipe does not declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndeclaredEffects {
    /// The effects.
    pub effects: Vec<String>,
    /// The entries that declare them.
    pub missing: Needs,
}

impl UndeclaredEffects {
    /// Returns the failure of the recipe with this name.
    pub fn failure(&self, recipe: &str) -> Failure {
        Failure::of(BeyondNeeds { recipe: recipe.to_owned() })
    }
}

/// A recipe that does more than its `[needs]` declare.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{recipe} does more than its [needs] declare")]
struct BeyondNeeds {
    recipe: String,
}

impl Rule for BeyondNeeds {
    fn remedy(&self) -> Option<String> {
        Some(REMEDY.into())
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

const REMEDY: &str = "review the recipe; if it is correct, declare this in its [needs]";

impl Needs {
    /// Returns the entries of one kind.
    pub fn list(&self, kind: NeedKind) -> &[String] {
        match kind {
            NeedKind::Destroys => &self.destroys,
            NeedKind::Alters => &self.alters,
            NeedKind::Opens => &self.opens,
            NeedKind::Devices => &self.devices,
            NeedKind::Reads => &self.reads,
            NeedKind::Writes => &self.writes,
            NeedKind::Mounts => &self.mounts,
            NeedKind::Runs => &self.runs,
            NeedKind::Interfaces => &self.interfaces,
            NeedKind::Cgroups => &self.cgroups,
            NeedKind::Guests => &self.guests,
            NeedKind::Repositories => &self.repositories,
            NeedKind::Network => &self.network,
            NeedKind::Secrets => &self.secrets,
        }
    }

    pub(super) fn list_mut(&mut self, kind: NeedKind) -> &mut Vec<String> {
        match kind {
            NeedKind::Destroys => &mut self.destroys,
            NeedKind::Alters => &mut self.alters,
            NeedKind::Opens => &mut self.opens,
            NeedKind::Devices => &mut self.devices,
            NeedKind::Reads => &mut self.reads,
            NeedKind::Writes => &mut self.writes,
            NeedKind::Mounts => &mut self.mounts,
            NeedKind::Runs => &mut self.runs,
            NeedKind::Interfaces => &mut self.interfaces,
            NeedKind::Cgroups => &mut self.cgroups,
            NeedKind::Guests => &mut self.guests,
            NeedKind::Repositories => &mut self.repositories,
            NeedKind::Network => &mut self.network,
            NeedKind::Secrets => &mut self.secrets,
        }
    }

    /// Returns all entries.
    pub fn entries(&self) -> impl Iterator<Item = NeedEntry<'_>> {
        let of = |kind| self.list(kind).iter().map(move |text| NeedEntry { kind, text });
        NeedKind::ALL.into_iter().flat_map(of)
    }

    /// Returns only the entries of one kind.
    pub(crate) fn only(&self, kind: NeedKind) -> Self {
        let mut needs = Self::default();
        self.list(kind).clone_into(needs.list_mut(kind));
        needs
    }

    /// Adds an entry unless it exists.
    pub(crate) fn add(&mut self, kind: NeedKind, text: String) {
        let list = self.list_mut(kind);
        if !list.contains(&text) {
            list.push(text);
        }
    }

    /// Adds other needs.
    pub(crate) fn extend(&mut self, more: &Self) {
        for NeedEntry { kind, text } in more.entries() {
            self.add(kind, text.to_owned());
        }
    }

    /// Returns these needs and other ones.
    #[must_use]
    pub fn and(&self, more: &Self) -> Self {
        let mut both = self.clone();
        both.extend(more);
        both
    }

    /// Returns the names of the parameters that the entries name.
    pub(crate) fn params(&self) -> BTreeSet<&str> {
        self.entries().filter_map(|need| need.param()).collect()
    }

    /// Returns the needs with the values of parameters in their place. Entries of parameters without
    /// a value are omitted.
    #[must_use]
    pub(crate) fn resolved(&self, params: &Map) -> Self {
        let mut resolved = Self::default();
        for need in self.entries() {
            need.resolved(params).into_iter().for_each(|text| resolved.add(need.kind, text));
        }
        resolved
    }

    /// Returns the same needs with device names replaced.
    pub(crate) fn by_names(&self, name: impl Fn(&str) -> String) -> Self {
        let mut renamed = Self::default();
        for NeedEntry { kind, text } in self.entries() {
            renamed.add(kind, if kind.has_devices() { name(text) } else { text.to_owned() });
        }
        renamed
    }

    /// Returns the effects that are not declared. A declaration of a device includes everything on
    /// it.
    pub fn undeclared<'a>(
        &self,
        effects: impl Iterator<Item = (&'a Effect, Option<&'a Target>)>,
        params: &Map,
    ) -> Option<UndeclaredEffects> {
        let open = effects.filter(|(effect, target)| !self.declares(effect, *target, params));
        let mut missing = Self::default();
        let effects: Vec<String> = open
            .map(|(effect, target)| {
                missing.declare(effect, target, params);
                effect.to_string()
            })
            .collect();
        let missing = missing.minimal();
        (!effects.is_empty()).then_some(UndeclaredEffects { effects, missing })
    }

    /// Checks that every entry is valid; `params` are the names of the recipe's parameters, and `secrets`
    /// those of its secret ones.
    pub(crate) fn check(&self, params: &[&str], secrets: &[&str]) -> Result<(), WrongNeed> {
        self.entries().try_for_each(|need| match need.kind {
            NeedKind::Secrets => need.check_secret(secrets),
            _ => need.check(params),
        })
    }

    /// Returns whether the entries declare the effect. If its device lies on several others, all of
    /// these must be declared.
    pub fn declares(&self, effect: &Effect, target: Option<&Target>, params: &Map) -> bool {
        match effect.announced() {
            Declaration::Nothing => true,
            Declaration::Any(kind) => self.list(kind).iter().any(|text| text == ANY),
            Declaration::Below(kind, path) => {
                self.entries().any(|need| need.holds(kind, path, params))
            }
            Declaration::Named(kind, name) => {
                let named = |name: &str| self.entries().any(|need| need.names(kind, name, params));
                named(name) || target.is_some_and(|target| target.in_every_chain(named))
            }
        }
    }
}

/// An effect that a recipe does not declare.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not declared in the recipe's [needs]: {effect}")]
pub(crate) struct Undeclared {
    pub(crate) effect: String,
}

impl Rule for Undeclared {
    fn remedy(&self) -> Option<String> {
        Some(REMEDY.into())
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn ends_the_run(&self) -> bool {
        true
    }
}
