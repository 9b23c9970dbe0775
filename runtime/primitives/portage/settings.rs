//! `make.conf` and the package tables in `/etc/portage`.

use super::PortageRule;
use crate::args;
use crate::config::{MakeConfVariables, packages, portage, shell};
use crate::error::Result;
use crate::machine::files::{FileContents, FileStatus};
use crate::operation::{Action, Effect, Plan, Planning};
use crate::primitives::edit::{edit, there, unreadable, writes};
use crate::primitives::file::text;
use crate::types::{AbsPath, Atom, Keyword, LicenseName, TableFile, UseFlag};

args! {
    /// Sets variables in `/etc/portage/make.conf`.
    ///
    /// Other content of the file is unchanged. Portage does not read the file with a shell: values
    /// that it would silently discard (`$(nproc)`, `-j$((NJOBS+1))`, `${V:-x}`) are rejected.
    /// References such as `${NAME}` are passed through. Undo restores the previous file.
    ///
    /// Source: make.conf(5); guide PE, "MAKEOPTS" and "EMERGE_DEFAULT_OPTS".
    ///
    /// ```
    /// portage::make_conf("/mnt/old", #{ MAKEOPTS: "-j9 -l8", EMERGE_DEFAULT_OPTS: "--jobs=8 --load-average=8" });
    /// ```
    "portage.make_conf" => pub struct MakeConf {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The variables, as a map from names to values.
        pub values: MakeConfVariables,
    }
}

args! {
    /// Sets USE flags of a package, in addition to existing ones.
    ///
    /// Undo restores the previous file.
    ///
    /// Source: portage(5), "package.use".
    ///
    /// ```
    /// portage::package_use("/mnt/old", "sys-fs/cryptsetup", ["static", "-udev"]);
    /// ```
    "portage.package_use" => pub struct PackageUse {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The package, as an atom.
        pub atom: Atom,
        /// The USE flags; a leading `-` disables a flag.
        pub flags: Vec<UseFlag>,
        /// The name of the file in `/etc/portage/package.use`, if that is a directory.
        pub file: TableFile = "gscript",
    }
}

args! {
    /// Accepts keywords of a package, such as `~amd64` for a version that is not stable yet.
    ///
    /// Undo restores the previous file.
    ///
    /// Source: portage(5), "package.accept_keywords"; guide ER, "sys-fs/cryptsetup ~amd64".
    ///
    /// ```
    /// portage::accept_keywords("/mnt/old", "sys-fs/cryptsetup", ["~amd64"], #{ file: "crypto" });
    /// ```
    "portage.accept_keywords" => pub struct AcceptKeywords {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The package, as an atom.
        pub atom: Atom,
        /// The keywords.
        pub keywords: Vec<Keyword>,
        /// The name of the file in `/etc/portage/package.accept_keywords`, if that is a directory.
        pub file: TableFile = "gscript",
    }
}

args! {
    /// Accepts licenses of a package.
    ///
    /// Undo restores the previous file.
    ///
    /// Source: portage(5), "package.license".
    ///
    /// ```
    /// portage::license("/mnt/old", "sys-kernel/linux-firmware", ["linux-fw-redistributable"]);
    /// ```
    "portage.license" => pub struct License {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The package, as an atom.
        pub atom: Atom,
        /// The names of the licenses.
        pub licenses: Vec<LicenseName>,
        /// The name of the file in `/etc/portage/package.license`, if that is a directory.
        pub file: TableFile = "gscript",
    }
}

const MAKE_CONF: &str = "/etc/portage/make.conf";

impl Action for MakeConf {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, MAKE_CONF)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let values: Vec<(&str, String)> = self.values.quoted().collect();
        let place = there(&self.root, MAKE_CONF);
        let lost = match text(&place, cx)? {
            Some(FileContents::Known(bytes)) => unparsable_values(&String::from_utf8_lossy(&bytes)),
            _ => Vec::new(),
        };
        let set_now = |name: &String| values.iter().any(|(set, _)| set == name);
        let bare = lost.iter().find(|(name, raw)| !set_now(name) && raw.starts_with(['$', '`']));
        if let Some((name, _)) = bare {
            return Err(PortageRule::Unreadable { place, name: name.clone() }.into());
        }
        let set = |text: &str| {
            let set = |text: String, (name, value): &(&str, String)| shell::set(&text, name, value);
            values.iter().try_fold(text.to_owned(), set).map_err(|why| unreadable(&place, &why))
        };
        let mut plan = edit(place.clone(), cx, set)?;
        for (name, _) in lost.iter().filter(|(name, _)| !set_now(name)) {
            plan = plan.warn(Some(format!(
                "{place} sets {name} with shell syntax that Portage does not support"
            )));
        }
        Ok(plan)
    }
}

/// Returns the variables whose values Portage cannot parse, with these values.
fn unparsable_values(text: &str) -> Vec<(String, String)> {
    // A file that cannot be parsed is rejected later, when it is edited.
    let all = shell::all(text).unwrap_or_default();
    let is_lost = |raw: &str, adds: bool| {
        adds || raw.contains("$(")
            || raw.contains('`')
            || raw.contains("${") && {
                let bare = raw.trim_matches('"').replace(['"', '\\', '\n', '\t'], " ");
                portage::fault(&bare).is_some()
            }
    };
    all.into_iter()
        .filter(|(_, raw, adds)| is_lost(raw, *adds))
        .map(|(name, raw, _)| (name, raw))
        .collect()
}

/// An entry in a package table.
struct TableRow<'a> {
    table: &'static str,
    root: &'a AbsPath,
    atom: &'a Atom,
    words: Vec<String>,
    file: &'a TableFile,
}

impl TableRow<'_> {
    fn path(&self) -> String {
        format!("/etc/portage/{}", self.table)
    }

    fn effects(&self) -> Vec<Effect> {
        vec![writes(self.root, &self.path())]
    }

    fn plan(&self, cx: &Planning<'_>) -> Result<Plan<()>> {
        let table = there(self.root, &self.path());
        let place = match cx.look(&table)? {
            FileStatus::File { .. } => table,
            _ => there(self.root, &format!("{}/{}", self.path(), self.file)),
        };
        edit(place, cx, |text| Ok(packages::add(text, self.atom, &self.words)))
    }
}

impl PackageUse {
    fn row(&self) -> TableRow<'_> {
        let Self { root, atom, flags, file } = self;
        let words = flags.iter().map(ToString::to_string).collect();
        TableRow { table: "package.use", root, atom, words, file }
    }
}

impl AcceptKeywords {
    fn row(&self) -> TableRow<'_> {
        let Self { root, atom, keywords, file } = self;
        let words = keywords.iter().map(ToString::to_string).collect();
        TableRow { table: "package.accept_keywords", root, atom, words, file }
    }
}

impl License {
    fn row(&self) -> TableRow<'_> {
        let Self { root, atom, licenses, file } = self;
        let words = licenses.iter().map(ToString::to_string).collect();
        TableRow { table: "package.license", root, atom, words, file }
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
    fn values_that_portage_discards_are_detected() {
        let text = "A=\"-O2\"\nB=\"${A} -g\"\nC=$(nproc)\nD+=\" x\"\nE=\"${X:-1}\"\nF=`x`\n";
        let lost = super::unparsable_values(text);
        let names: Vec<&str> = lost.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["C", "D", "E", "F"]);
    }
}
