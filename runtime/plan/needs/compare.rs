//! The comparison of two declarations: whether an update of a recipe may do more than before.

use std::fmt;

use super::entry::{ANY, NeedEntry};
use super::table::Needs;
use crate::machine::{NeedKind, is_below};

impl Needs {
    /// Returns the entries of other needs that these do not include. They are compared as they are
    /// written: `$target` stands for the same value in both.
    #[must_use]
    pub fn widened_by(&self, newer: &Self) -> Self {
        let mut wider = Self::default();
        for NeedEntry { kind, text } in newer.entries() {
            if !self.includes(kind, text) {
                wider.add(kind, text.to_owned());
            }
        }
        wider
    }

    /// Returns whether an entry of these needs declares everything that this entry declares.
    pub(super) fn includes(&self, kind: NeedKind, text: &str) -> bool {
        let known = kind.included_in().iter().flat_map(|kind| {
            let any = kind.has_any();
            self.list(*kind).iter().map(move |known| (known, any))
        });
        known.into_iter().any(|(known, any)| {
            known == text
                || (any && known == ANY)
                // Every path is absolute, also that of a parameter.
                || (kind.has_paths() && (known == "/" || is_below(text, known)))
        })
    }
}

/// Writes the needs as lines of the table.
impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = NeedKind::ALL.into_iter().filter(|kind| !self.list(*kind).is_empty());
        for (index, kind) in kinds.enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let list = self.list(kind);
            if kind == NeedKind::Network && list.iter().any(|text| text == ANY) {
                f.write_str("network = true")?;
                continue;
            }
            let quoted = |text: &String| toml::Value::String(text.clone()).to_string();
            let texts: Vec<String> = list.iter().map(quoted).collect();
            write!(f, "{} = [{}]", kind.name(), texts.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(text: &str) -> Needs {
        toml::from_str(text).expect("needs")
    }

    #[test]
    fn wider_entries_are_found() {
        let cases = [
            // Older, newer, what is wider.
            ("writes = ['/mnt']", "writes = ['/mnt/a']", ""),
            ("writes = ['/mnt']", "reads = ['/mnt/a']\nmounts = ['/mnt']", ""),
            ("writes = ['/mnt']", "writes = ['/mntx']", "writes = [\"/mntx\"]"),
            ("reads = ['/etc']", "writes = ['/etc/x']", "writes = [\"/etc/x\"]"),
            ("mounts = ['/mnt']", "writes = ['/mnt']", "writes = [\"/mnt\"]"),
            ("writes = ['$root']", "writes = ['$root/etc']", ""),
            ("writes = ['$root/etc']", "writes = ['$root']", "writes = [\"$root\"]"),
            ("writes = ['$a']", "writes = ['$b']", "writes = [\"$b\"]"),
            ("writes = ['/']", "writes = ['$b']", ""),
            ("destroys = ['$disk']", "alters = ['$disk']\nopens = ['$disk']", ""),
            ("alters = ['$disk']", "destroys = ['$disk']", "destroys = [\"$disk\"]"),
            ("opens = ['*']", "opens = ['/dev/sda']", ""),
            ("opens = ['*']", "alters = ['/dev/sda']", "alters = [\"/dev/sda\"]"),
            ("opens = ['$disk']", "devices = ['$disk']", ""),
            ("devices = ['*']", "devices = ['$disk']", ""),
            ("devices = ['$disk']", "opens = ['$disk']", "opens = [\"$disk\"]"),
            ("devices = ['$disk']", "devices = ['$disk', '$key']", "devices = [\"$key\"]"),
            ("runs = ['emerge']", "runs = ['emerge', '*']", "runs = [\"*\"]"),
            ("network = true", "network = ['example.org']", ""),
            ("network = ['a.org']", "network = ['a.org', 'b.org']", "network = [\"b.org\"]"),
            ("network = ['a.org']", "network = true", "network = true"),
            ("guests = ['web']", "cgroups = ['web']", "cgroups = [\"web\"]"),
            ("interfaces = ['web']", "guests = ['web']", "guests = [\"web\"]"),
            ("", "repositories = ['guru']", "repositories = [\"guru\"]"),
            ("secrets = ['$a']", "secrets = ['$a', '$b']", "secrets = [\"$b\"]"),
        ];
        for (older, newer, wider) in cases {
            let found = needs(older).widened_by(&needs(newer));
            assert_eq!(found.to_string(), wider, "{older} -> {newer}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let all = "destroys = ['$disk']\nruns = [\"a'b\", 'x\"y']\nnetwork = true\n";
        assert_eq!(needs(&needs(all).to_string()), needs(all));
        let hosts = needs("network = ['a.org', '$mirror']");
        assert_eq!(needs(&hosts.to_string()), hosts);
    }
}
