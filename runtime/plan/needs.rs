//! The `[needs]` of a recipe, and their comparison with its plan.

use std::borrow::Cow;

use serde::Deserialize;

use crate::error::{Exit, Rule};
use crate::failure::Failure;
use crate::machine::{Declaration, NeedKind, is_below};
use crate::operation::Effect;
use crate::plan::bound::Target;
use crate::types::{Map, Value, nearest};

/// The `[needs]` table. `$name` stands for a parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Needs {
    /// Devices whose contents are destroyed.
    pub destroys: Vec<String>,
    /// Devices that are changed without destroying their contents.
    pub alters: Vec<String>,
    /// Containers, volume groups and arrays that are opened or started, and swap areas.
    pub opens: Vec<String>,
    /// Files and directories that the recipe reads, apart from those that it writes or mounts
    /// itself.
    pub reads: Vec<String>,
    /// Directories below which the recipe writes and mounts.
    pub writes: Vec<String>,
    /// Programs that the recipe runs inside the new system.
    pub runs: Vec<String>,
    /// Whether the recipe uses the network.
    pub network: bool,
}

/// The effects of a plan that its recipe does not declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndeclaredEffects {
    /// The effects.
    pub effects: Vec<String>,
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

const REMEDY: &str = "review the recipe; if it is correct, add this to its [needs]";

/// One entry of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeedEntry<'a> {
    kind: NeedKind,
    /// The entry, as written.
    pub text: &'a str,
}

/// An invalid entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WrongNeed {
    /// The entry, as written.
    pub(crate) entry: String,
    pub(crate) why: String,
    pub(crate) remedy: String,
}

impl NeedEntry<'_> {
    fn check(&self, params: &[&str]) -> Result<(), WrongNeed> {
        let kind = self.kind.name();
        let wrong = |why: String, remedy: String| {
            let why = format!("{kind}: {why}");
            Err(WrongNeed { entry: self.text.to_owned(), why, remedy })
        };
        if self.text.trim().is_empty() || self.text.chars().any(char::is_control) {
            let why = format!("{:?} declares nothing", self.text);
            return wrong(why, "remove the entry, or write what it declares".into());
        }
        let path = matches!(self.kind, NeedKind::Reads | NeedKind::Writes);
        let climbs = self.text.split('/').any(|part| matches!(part, "." | ".."));
        if let Some(text) = self.text.strip_prefix('$') {
            // Only a path has something below it.
            let name = text.split('/').next().filter(|_| path && !climbs).unwrap_or(text);
            if params.contains(&name) {
                return Ok(());
            }
            let remedy = match nearest(name, params.iter().copied()) {
                Some(near) => format!("write ${near}"),
                None => "declare it as [params.NAME], or write the value itself".into(),
            };
            return wrong(format!("there is no parameter {name:?}"), remedy);
        }
        if path && (!self.text.starts_with('/') || climbs) {
            let why = format!("{:?} is not an absolute path without . and ..", self.text);
            return wrong(why, "give the absolute path, such as /mnt/gentoo".into());
        }
        Ok(())
    }

    /// Returns whether the entry declares the effect for its device or at least one of the devices
    /// below.
    pub fn concerns(&self, effect: &Effect, target: Option<&Target>, params: &Map) -> bool {
        match effect.announced() {
            Declaration::Named(kinds, name) => {
                let below = target.map(|target| target.below.as_slice()).unwrap_or_default();
                let mut names = below.iter().map(String::as_str).chain([name]);
                names.any(|name| self.names(kinds, name, params))
            }
            Declaration::Below(kinds, path) => self.holds(kinds, path, params),
            Declaration::Network | Declaration::Nothing => false,
        }
    }

    fn names(&self, wanted: &[NeedKind], name: &str, params: &Map) -> bool {
        let any = matches!(self.kind, NeedKind::Opens | NeedKind::Runs) && self.text == ANY;
        wanted.contains(&self.kind)
            && (any || fill_in(self.text, params).iter().any(|filled| filled == name))
    }

    /// Returns whether a path is in a directory of the entry.
    fn holds(&self, wanted: &[NeedKind], path: &str, params: &Map) -> bool {
        let tops = || fill_in(self.text, params);
        wanted.contains(&self.kind) && tops().iter().any(|top| is_below(path, top))
    }
}

/// The entry that stands for every container or every program.
const ANY: &str = "*";

impl Needs {
    /// Returns all entries.
    pub fn entries(&self) -> impl Iterator<Item = NeedEntry<'_>> {
        [
            (NeedKind::Destroys, &self.destroys),
            (NeedKind::Alters, &self.alters),
            (NeedKind::Opens, &self.opens),
            (NeedKind::Reads, &self.reads),
            (NeedKind::Writes, &self.writes),
            (NeedKind::Runs, &self.runs),
        ]
        .into_iter()
        .flat_map(|(kind, texts)| texts.iter().map(move |text| NeedEntry { kind, text }))
    }

    /// Adds other needs.
    pub(crate) fn extend(&mut self, more: Self) {
        let add = |to: &mut Vec<String>, texts: Vec<String>| {
            for text in texts {
                if !to.contains(&text) {
                    to.push(text);
                }
            }
        };
        add(&mut self.destroys, more.destroys);
        add(&mut self.alters, more.alters);
        add(&mut self.opens, more.opens);
        add(&mut self.reads, more.reads);
        add(&mut self.writes, more.writes);
        add(&mut self.runs, more.runs);
        self.network |= more.network;
    }

    /// Returns the same needs with device names replaced.
    pub(crate) fn by_names(&self, name: impl Fn(&str) -> String) -> Self {
        let all = |texts: &[String]| texts.iter().map(|text| name(text)).collect();
        Self {
            destroys: all(&self.destroys),
            alters: all(&self.alters),
            opens: all(&self.opens),
            reads: self.reads.clone(),
            writes: self.writes.clone(),
            runs: self.runs.clone(),
            network: self.network,
        }
    }

    /// Returns the effects that are not declared. A declaration of a device includes everything on
    /// it.
    pub fn undeclared<'a>(
        &self,
        effects: impl Iterator<Item = (&'a Effect, Option<&'a Target>)>,
        params: &Map,
    ) -> Option<UndeclaredEffects> {
        let open = effects.filter(|(effect, target)| !self.declares(effect, *target, params));
        let effects: Vec<String> = open.map(|(effect, _)| effect.to_string()).collect();
        (!effects.is_empty()).then_some(UndeclaredEffects { effects })
    }

    /// Checks that every entry is valid; `params` are the names of the recipe's parameters.
    pub(crate) fn check(&self, params: &[&str]) -> Result<(), WrongNeed> {
        self.entries().try_for_each(|need| need.check(params))
    }

    /// Returns whether the entries declare the effect. If its device lies on several others, all of
    /// these must be declared.
    pub fn declares(&self, effect: &Effect, target: Option<&Target>, params: &Map) -> bool {
        match effect.announced() {
            Declaration::Nothing => true,
            Declaration::Network => self.network,
            Declaration::Below(kinds, path) => {
                self.entries().any(|need| need.holds(kinds, path, params))
            }
            Declaration::Named(kinds, name) => {
                let named = |name: &str| self.entries().any(|need| need.names(kinds, name, params));
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

/// Replaces `$name`, at the beginning of the text, by the value of the parameter; a path may follow. A
/// list of disks yields all of them; an empty value or one that is not a string yields nothing.
fn fill_in<'a>(text: &'a str, params: &'a Map) -> Vec<Cow<'a, str>> {
    let Some(text) = text.strip_prefix('$') else { return vec![text.into()] };
    let (name, below) = text.split_at(text.find('/').unwrap_or(text.len()));
    let value = params.iter().find(|(param, _)| param == name).map(|(_, value)| value);
    let values: Vec<&str> = match value {
        Some(Value::List(items)) => items.iter().filter_map(Value::as_text).collect(),
        value => value.and_then(Value::as_text).into_iter().collect(),
    };
    let filled = |value: &'a str| match below {
        "" => value.into(),
        below => format!("{}{below}", value.trim_end_matches('/')).into(),
    };
    values.into_iter().filter(|value| !value.is_empty()).map(filled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_follow_a_parameter() {
        let entry = NeedEntry { kind: NeedKind::Writes, text: "$root/etc/portage" };
        let holds = |root: &str, path: &str| {
            let params = vec![("root".to_owned(), Value::Text(root.to_owned()))];
            entry.holds(&[NeedKind::Writes], path, &params)
        };
        assert!(holds("/mnt/t", "/mnt/t/etc/portage/make.conf"));
        assert!(holds("/", "/etc/portage/make.conf"));
        assert!(!holds("/mnt/t", "/mnt/t/etc/shadow"));
        assert!(!holds("/mnt/t", "/etc/portage/make.conf"));
        assert!(!holds("", "/etc/portage/make.conf"));
    }
}
