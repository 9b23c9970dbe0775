//! The entries that a recipe would have to declare.

use super::entry::{ANY, NeedEntry, host_of};
use super::table::Needs;
use crate::machine::{Declaration, NeedKind, is_below};
use crate::operation::Effect;
use crate::plan::bound::Target;
use crate::types::{Map, Value};

impl Needs {
    /// Adds the entry that declares an effect, in terms of the parameters where one has the value.
    pub(crate) fn declare(&mut self, effect: &Effect, target: Option<&Target>, params: &Map) {
        match effect.announced() {
            Declaration::Nothing => {}
            Declaration::Any(kind) => self.add(kind, ANY.to_owned()),
            Declaration::Below(kind, path) => self.add(kind, path_by_parameter(path, params)),
            Declaration::Named(kind, name) => {
                self.add(kind, name_by_parameter(kind, name, target, params));
            }
        }
    }

    /// Returns the same needs without the entries that others include.
    #[must_use]
    pub(crate) fn minimal(&self) -> Self {
        let mut least = Self::default();
        for NeedEntry { kind, text } in self.entries() {
            let mut others = self.clone();
            others.list_mut(kind).retain(|other| other != text);
            if !others.includes(kind, text) {
                least.add(kind, text.to_owned());
            }
        }
        least
    }
}

/// Returns all strings of the parameters with their names.
fn values(params: &Map) -> impl Iterator<Item = (&str, &str)> {
    params.iter().flat_map(|(name, value)| {
        let texts: Vec<&str> = match value {
            Value::List(items) => items.iter().filter_map(Value::as_text).collect(),
            value => value.as_text().into_iter().collect(),
        };
        texts.into_iter().map(move |text| (name.as_str(), text))
    })
}

/// Returns a path as `$name` or `$name/below`, by the parameter with the longest path above it.
fn path_by_parameter(path: &str, params: &Map) -> String {
    let above = values(params).filter(|(_, top)| top.starts_with('/') && is_below(path, top));
    match above.max_by_key(|(_, top)| top.trim_end_matches('/').len()) {
        Some((name, top)) => {
            let below = &path[top.trim_end_matches('/').len()..];
            format!("${name}{}", if below == "/" { "" } else { below })
        }
        None => path.to_owned(),
    }
}

/// Returns a name as `$name`, if a parameter has that value. Programs and repositories are not
/// chosen by the user: a parameter that has the same value is a coincidence.
fn name_by_parameter(kind: NeedKind, name: &str, target: Option<&Target>, params: &Map) -> String {
    let has = |value: &str| match kind {
        NeedKind::Network => {
            value.split_whitespace().any(|address| host_of(address) == host_of(name))
        }
        NeedKind::Runs | NeedKind::Repositories => false,
        _ => value == name,
    };
    let direct = values(params).find(|(_, value)| has(value)).map(|(param, _)| param);
    let below = || {
        let target = target.filter(|_| kind.has_devices())?;
        let covers = |param: &str| {
            target.in_every_chain(|device| {
                values(params).any(|(name, value)| name == param && value == device)
            })
        };
        values(params).map(|(param, _)| param).find(|param| covers(param))
    };
    match direct.or_else(below) {
        Some(param) => format!("${param}"),
        None if kind == NeedKind::Network => host_of(name),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{FilesEffect, ProgramEffect, StorageEffect};

    fn params() -> Map {
        [
            ("disk", "/dev/sda"),
            ("target", "/mnt/t"),
            ("root", "/"),
            ("mirror", "https://a.org/x http://b.org"),
            ("empty", ""),
        ]
        .map(|(name, value)| (name.to_owned(), Value::Text(value.to_owned())))
        .to_vec()
    }

    #[test]
    fn effects_are_declared_in_terms_of_parameters() {
        let writes = |path: &str| Effect::Files(FilesEffect::Writes { path: path.into() });
        let connects = |host: &str| Effect::Program(ProgramEffect::Connects { host: host.into() });
        let device =
            |device: &str| Effect::Storage(StorageEffect::Alters { device: device.into() });
        let cases = [
            (writes("/mnt/t/etc/fstab"), "writes = [\"$target/etc/fstab\"]"),
            (writes("/mnt/t"), "writes = [\"$target\"]"),
            (writes("/etc/x"), "writes = [\"$root/etc/x\"]"),
            (connects("http://b.org/y"), "network = [\"$mirror\"]"),
            (connects("https://c.org/y"), "network = [\"c.org\"]"),
            (device("/dev/sda"), "alters = [\"$disk\"]"),
            (device("/dev/sdb"), "alters = [\"/dev/sdb\"]"),
        ];
        for (effect, line) in cases {
            let mut needs = Needs::default();
            needs.declare(&effect, None, &params());
            assert_eq!(needs.to_string(), line, "{effect}");
            assert!(needs.declares(&effect, None, &params()), "{line} declares {effect}");
        }
    }

    #[test]
    fn entries_that_others_include_are_left_out() {
        let needs: Needs = toml::from_str(
            "destroys = ['$disk']\nopens = ['$disk']\nreads = ['$t/etc/a']\nwrites = ['$t/etc', '$t/etc/b']\nruns = ['*', 'id']",
        )
        .expect("needs");
        let least = "destroys = [\"$disk\"]\nwrites = [\"$t/etc\"]\nruns = [\"*\"]";
        assert_eq!(needs.minimal().to_string(), least);
    }
}
