//! `make.conf`, and the tables of packages beside it.

use super::{PortageRule, must_be_atom};
use crate::action::{Action, Effect, Plan, Planning};
use crate::args;
use crate::config::{packages, portage, shell};
use crate::error::Result;
use crate::machine::files::{Look, Text};
use crate::primitives::edit::{edit, there, unreadable, writes};
use crate::primitives::file::text;
use crate::types::{AbsPath, Variables};

args! {
    /// Sets variables in `/etc/portage/make.conf`; everything else in it stays as it is. Portage
    /// reads this file without a shell: values that it would silently lose (`$(nproc)`,
    /// `-j$((NJOBS+1))`, `${V:-x}`) are refused. `${NAME}` is left to it.
    ///
    /// Source: make.conf(5); guide PE, "MAKEOPTS" and "EMERGE_DEFAULT_OPTS".
    ///
    /// ```
    /// portage::make_conf("/mnt/old", #{ MAKEOPTS: "-j9 -l8", EMERGE_DEFAULT_OPTS: "--jobs=8 --load-average=8" });
    /// ```
    "portage.make_conf" => pub struct MakeConf {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The variables.
        pub values: Variables,
    }
}

args! {
    /// Sets use flags of a package, besides those that it has already.
    ///
    /// Source: portage(5), "package.use".
    ///
    /// ```
    /// portage::package_use("/mnt/old", "sys-fs/cryptsetup", ["static", "-udev"]);
    /// ```
    "portage.package_use" => pub struct PackageUse {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The package.
        pub atom: String,
        /// The flags.
        pub flags: Vec<String>,
        /// The file below `/etc/portage/package.use`, where that is a folder.
        pub file: String = "gscript",
    }
}

args! {
    /// Accepts a package that is not stable yet.
    ///
    /// Source: portage(5), "package.accept_keywords"; guide ER, "sys-fs/cryptsetup ~amd64".
    ///
    /// ```
    /// portage::accept_keywords("/mnt/old", "sys-fs/cryptsetup", ["~amd64"], #{ file: "crypto" });
    /// ```
    "portage.accept_keywords" => pub struct AcceptKeywords {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The package.
        pub atom: String,
        /// The keywords.
        pub keywords: Vec<String>,
        /// The file below `/etc/portage/package.accept_keywords`, where that is a folder.
        pub file: String = "gscript",
    }
}

args! {
    /// Accepts the licence of a package.
    ///
    /// Source: portage(5), "package.license".
    ///
    /// ```
    /// portage::license("/mnt/old", "sys-kernel/linux-firmware", ["linux-fw-redistributable"]);
    /// ```
    "portage.license" => pub struct License {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The package.
        pub atom: String,
        /// The licences.
        pub licenses: Vec<String>,
        /// The file below `/etc/portage/package.license`, where that is a folder.
        pub file: String = "gscript",
    }
}

const MAKE_CONF: &str = "/etc/portage/make.conf";

impl Action for MakeConf {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, MAKE_CONF)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let mut values = Vec::new();
        for (name, value) in self.values.iter() {
            if !shell::is_name(name) {
                return Err(PortageRule::BadName { name: name.clone() }.into());
            }
            let quoted = portage::quoted(value);
            let quoted = quoted.map_err(|why| PortageRule::Value { name: name.clone(), why })?;
            values.push((name, quoted));
        }
        let place = there(&self.root, MAKE_CONF);
        let lost = match text(&place, cx)? {
            Some(Text::Known(bytes)) => lost(&String::from_utf8_lossy(&bytes)),
            _ => Vec::new(),
        };
        let set_now = |name: &String| values.iter().any(|(set, _)| *set == name);
        let bare = lost.iter().find(|(name, raw)| !set_now(name) && raw.starts_with(['$', '`']));
        if let Some((name, _)) = bare {
            return Err(PortageRule::Unreadable { place, name: name.clone() }.into());
        }
        let set = |text: &str| {
            let set =
                |text: String, (name, value): &(&String, String)| shell::set(&text, name, value);
            values.iter().try_fold(text.to_owned(), set).map_err(|why| unreadable(&place, &why))
        };
        let mut plan = edit(place.clone(), cx, set)?;
        for (name, _) in lost.iter().filter(|(name, _)| !set_now(name)) {
            plan = plan.warn(Some(format!(
                "{place} sets {name} in a way that only a shell understands: for Portage it is lost"
            )));
        }
        Ok(plan)
    }
}

/// Variables that are set in a way that Portage does not understand, and how.
fn lost(text: &str) -> Vec<(String, String)> {
    // A text that can't be read is refused where it is edited.
    let all = shell::all(text).unwrap_or_default();
    let is_lost = |raw: &str, adds: bool| {
        adds || raw.contains("$(")
            || raw.contains('`')
            || raw.contains("${") && {
                let bare = raw.trim_matches('"').replace(['"', '\\', '\n', '\t'], " ");
                portage::quoted(&bare).is_err()
            }
    };
    all.into_iter()
        .filter(|(_, raw, adds)| is_lost(raw, *adds))
        .map(|(name, raw, _)| (name, raw))
        .collect()
}

/// A line of a table of packages.
struct Row<'a> {
    table: &'static str,
    root: &'a AbsPath,
    atom: &'a str,
    words: &'a [String],
    file: &'a str,
}

impl Row<'_> {
    fn path(&self) -> String {
        format!("/etc/portage/{}", self.table)
    }

    fn effects(&self) -> Vec<Effect> {
        vec![writes(self.root, &self.path())]
    }

    fn plan(&self, cx: &Planning<'_>) -> Result<Plan<()>> {
        must_be_atom(self.atom)?;
        let bad = |word: &&String| {
            word.is_empty()
                || word.contains(|c: char| c.is_whitespace() || c == '#' || c.is_control())
        };
        if let Some(word) = self.words.iter().find(bad) {
            return Err(PortageRule::BadWord { word: word.clone(), file: self.table }.into());
        }
        if self.file.is_empty() || self.file.starts_with('.') || self.file.contains(['/', '~']) {
            // Portage reads neither hidden files nor backups.
            return Err(
                PortageRule::BadWord { word: self.file.to_owned(), file: self.table }.into()
            );
        }
        let table = there(self.root, &self.path());
        let place = match cx.look(&table)? {
            Look::File { .. } => table,
            _ => there(self.root, &format!("{}/{}", self.path(), self.file)),
        };
        edit(place, cx, |text| Ok(packages::add(text, self.atom, self.words)))
    }
}

impl PackageUse {
    fn row(&self) -> Row<'_> {
        let Self { root, atom, flags: words, file } = self;
        Row { table: "package.use", root, atom, words, file }
    }
}

impl AcceptKeywords {
    fn row(&self) -> Row<'_> {
        let Self { root, atom, keywords: words, file } = self;
        Row { table: "package.accept_keywords", root, atom, words, file }
    }
}

impl License {
    fn row(&self) -> Row<'_> {
        let Self { root, atom, licenses: words, file } = self;
        Row { table: "package.license", root, atom, words, file }
    }
}

impl Action for PackageUse {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        self.row().effects()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        self.row().plan(cx)
    }
}

impl Action for AcceptKeywords {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        self.row().effects()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        self.row().plan(cx)
    }
}

impl Action for License {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        self.row().effects()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        self.row().plan(cx)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_portage_loses_is_noticed() {
        let text = "A=\"-O2\"\nB=\"${A} -g\"\nC=$(nproc)\nD+=\" x\"\nE=\"${X:-1}\"\nF=`x`\n";
        let lost = super::lost(text);
        let names: Vec<&str> = lost.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["C", "D", "E", "F"]);
    }
}
