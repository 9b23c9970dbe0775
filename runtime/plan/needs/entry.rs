//! One entry of `[needs]`.

use std::borrow::Cow;

use crate::machine::{Declaration, NeedKind, is_below};
use crate::operation::Effect;
use crate::plan::bound::Target;
use crate::types::{Map, Value, nearest};

/// The entry that stands for everything of its kind.
pub(super) const ANY: &str = "*";

/// One entry of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeedEntry<'a> {
    /// The key.
    pub kind: NeedKind,
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

impl<'a> NeedEntry<'a> {
    /// Returns the name of the parameter that the entry names.
    pub(super) fn param(&self) -> Option<&'a str> {
        self.text.strip_prefix('$')?.split('/').next()
    }

    /// Returns the entries with the values of the parameter in its place.
    pub(super) fn resolved(&self, params: &Map) -> Vec<String> {
        let filled = fill_in(self.text, params).into_iter().map(Cow::into_owned);
        match self.kind {
            NeedKind::Network if self.text != ANY => {
                let hosts = |text: String| text.split_whitespace().map(host_of).collect::<Vec<_>>();
                filled.flat_map(hosts).collect()
            }
            // Its value is not shown to anyone.
            NeedKind::Secrets => vec![self.text.to_owned()],
            // Such a path may lead anywhere.
            kind if kind.has_paths() => {
                filled.map(|path| if climbs(&path) { "/".to_owned() } else { path }).collect()
            }
            _ => filled.collect(),
        }
    }

    /// Checks the entry; `params` are the names of the recipe's parameters.
    pub(super) fn check(&self, params: &[&str]) -> Result<(), WrongNeed> {
        let kind = self.kind.name();
        let wrong = |why: String, remedy: String| {
            let why = format!("{kind}: {why}");
            Err(WrongNeed { entry: self.text.to_owned(), why, remedy })
        };
        if self.text.trim().is_empty() || self.text.chars().any(char::is_control) {
            let why = format!("{:?} declares nothing", self.text);
            return wrong(why, "remove the entry, or write what it declares".into());
        }
        let path = self.kind.has_paths();
        let climbs = climbs(self.text);
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

    /// Checks the entry of a secret; `secrets` are the names of the recipe's secret parameters.
    pub(super) fn check_secret(&self, secrets: &[&str]) -> Result<(), WrongNeed> {
        if self.text.strip_prefix('$').is_some_and(|name| secrets.contains(&name)) {
            return Ok(());
        }
        Err(WrongNeed {
            entry: self.text.to_owned(),
            why: format!("secrets: {:?} is not a parameter of type secret", self.text),
            remedy: "remove it: the secret parameters are added to the list".into(),
        })
    }

    /// Returns whether the entry declares the effect for its device or at least one of the devices
    /// below.
    pub fn concerns(&self, effect: &Effect, target: Option<&Target>, params: &Map) -> bool {
        match effect.announced() {
            Declaration::Named(kind, name) => {
                let below = target.map(|target| target.below.as_slice()).unwrap_or_default();
                let mut names = below.iter().map(String::as_str).chain([name]);
                names.any(|name| self.names(kind, name, params))
            }
            Declaration::Below(kind, path) => self.holds(kind, path, params),
            Declaration::Any(kind) => self.kind == kind && self.text == ANY,
            Declaration::Nothing => false,
        }
    }

    /// Returns whether the entry declares this name.
    pub(super) fn names(&self, wanted: NeedKind, name: &str, params: &Map) -> bool {
        if !wanted.included_in().contains(&self.kind) {
            return false;
        }
        let same = |filled: &str| match self.kind {
            NeedKind::Network => {
                filled.split_whitespace().any(|address| host_of(address) == host_of(name))
            }
            _ => filled == name,
        };
        (self.kind.has_any() && self.text == ANY)
            || fill_in(self.text, params).iter().any(|filled| same(filled))
    }

    /// Returns whether a path is in a directory of the entry.
    pub(super) fn holds(&self, wanted: NeedKind, path: &str, params: &Map) -> bool {
        let tops = || fill_in(self.text, params);
        wanted.included_in().contains(&self.kind) && tops().iter().any(|top| is_below(path, top))
    }
}

fn climbs(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "." | ".."))
}

/// Returns the name of the machine in an address such as `https://example.org:8080/path`.
pub(super) fn host_of(address: &str) -> String {
    let after = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = after.split('/').next().unwrap_or(after);
    let host = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, _)) => inside,
        None if host.matches(':').count() == 1 => host.split(':').next().unwrap_or(host),
        None => host,
    };
    host.to_ascii_lowercase()
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
    fn a_host_is_found_in_an_address() {
        let cases = [
            ("example.org", "example.org"),
            ("https://Example.org/a/b", "example.org"),
            ("http://example.org:8080", "example.org"),
            ("rsync://[fd00::1]:873/x", "fd00::1"),
            ("fd00::1", "fd00::1"),
        ];
        for (address, host) in cases {
            assert_eq!(host_of(address), host, "{address}");
        }
    }

    #[test]
    fn a_path_may_follow_a_parameter() {
        let entry = NeedEntry { kind: NeedKind::Writes, text: "$root/etc/portage" };
        let holds = |root: &str, path: &str| {
            let params = vec![("root".to_owned(), Value::Text(root.to_owned()))];
            entry.holds(NeedKind::Writes, path, &params)
        };
        assert!(holds("/mnt/t", "/mnt/t/etc/portage/make.conf"));
        assert!(holds("/", "/etc/portage/make.conf"));
        assert!(!holds("/mnt/t", "/mnt/t/etc/shadow"));
        assert!(!holds("/mnt/t", "/etc/portage/make.conf"));
        assert!(!holds("", "/etc/portage/make.conf"));
    }
}
