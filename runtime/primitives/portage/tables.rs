//! The package tables in `/etc/portage`: each is a file, or a directory of files that Portage reads
//! in a fixed order.

use super::PortageRule;
use super::env::ENV_DIR;
use super::table::{PackageTable, TableRow};
use crate::args;
use crate::config::packages::{Effective, WordFormat};
use crate::error::Result;
use crate::machine::files::FileStatus;
use crate::operation::spec::Arguments;
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query};
use crate::primitives::edit::{system_file, target};
use crate::types::{AbsPath, Atom, Keyword, LicenseName, TableFile, UseFlag};

args! {
    /// Sets USE flags of a package, in addition to existing ones.
    ///
    /// A word such as `VIDEO_CARDS:` begins a group, as in the file: the flags after it are values
    /// of that `USE_EXPAND` variable, and `-*` clears the others. A flag that a later file of the
    /// directory sets for the same atom is set there, because the last file takes precedence; a
    /// contrary flag of a more specific atom is reported. Undo restores the previous file.
    ///
    /// Source: portage(5), "package.use".
    ///
    /// ```
    /// portage::package_use("/mnt/old", "sys-fs/cryptsetup", ["static", "-udev"]);
    /// portage::package_use("/mnt/old", "*/*", ["VIDEO_CARDS:", "-*", "intel"]);
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
    /// Returns the USE flags that `/etc/portage/package.use` sets for an atom.
    ///
    /// Flags of a group have their complete name, such as `video_cards_intel`; a disabled flag
    /// begins with `-`. Later lines take precedence. Lines of other atoms that match the same
    /// package are not considered.
    ///
    /// Source: portage(5), "package.use".
    ///
    /// ```
    /// let flags = portage::use_flags("/mnt/old", "*/*");
    /// ```
    "portage.use_flags" => pub struct UseFlags {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The package, as an atom.
        pub atom: Atom,
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

args! {
    /// Masks versions of a package, so that Portage does not install them.
    ///
    /// An entry of `package.unmask` for the same versions takes precedence. Undo restores the
    /// previous file.
    ///
    /// Source: portage(5), "package.mask".
    ///
    /// ```
    /// portage::mask("/mnt/old", ">=sys-fs/cryptsetup-2.8");
    /// ```
    "portage.mask" => pub struct Mask {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The package or its versions, as an atom.
        pub atom: Atom,
        /// The name of the file in `/etc/portage/package.mask`, if that is a directory.
        pub file: TableFile = "gscript",
    }
}

args! {
    /// Removes the mask of versions of a package that the profile, or `package.mask`, masks.
    ///
    /// Undo restores the previous file.
    ///
    /// Source: portage(5), "package.unmask".
    ///
    /// ```
    /// portage::unmask("/mnt/old", "=dev-lang/rust-1.90.0");
    /// ```
    "portage.unmask" => pub struct Unmask {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The package or its versions, as an atom.
        pub atom: Atom,
        /// The name of the file in `/etc/portage/package.unmask`, if that is a directory.
        pub file: TableFile = "gscript",
    }
}

args! {
    /// Applies files of `/etc/portage/env` to a package, in addition to existing ones.
    ///
    /// Each file must exist: `portage.env` makes one. Undo restores the previous file.
    ///
    /// Source: portage(5), "package.env"; guide PE, "emerge -j1".
    ///
    /// ```
    /// portage::env("/mnt/old", "serial", #{ MAKEOPTS: "-j1" });
    /// portage::package_env("/mnt/old", "app-office/libreoffice", ["serial"]);
    /// ```
    "portage.package_env" => pub struct PackageEnv {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The package, as an atom.
        pub atom: Atom,
        /// The names of the files; variables of a later one take precedence.
        pub env: Vec<TableFile>,
        /// The name of the file in `/etc/portage/package.env`, if that is a directory.
        pub file: TableFile = "gscript",
    }
}

/// An action that adds a row to a package table.
trait TableAction {
    fn row(&self) -> TableRow<'_>;

    /// Checks what the words refer to.
    fn check(&self, _cx: &Planning<'_>) -> Result<()> {
        Ok(())
    }
}

impl<T: TableAction + Arguments> Action for T {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        self.row().effects()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        self.check(cx)?;
        self.row().plan(cx)
    }
}

impl TableAction for PackageUse {
    fn row(&self) -> TableRow<'_> {
        let Self { root, atom, flags, file } = self;
        let table = PackageTable { name: "package.use", root, format: WordFormat::Flags };
        TableRow { table, atom, words: flags.iter().map(UseFlag::as_str).collect(), file }
    }
}

impl TableAction for AcceptKeywords {
    fn row(&self) -> TableRow<'_> {
        let Self { root, atom, keywords, file } = self;
        let table =
            PackageTable { name: "package.accept_keywords", root, format: WordFormat::Plain };
        TableRow { table, atom, words: keywords.iter().map(Keyword::as_str).collect(), file }
    }
}

impl TableAction for License {
    fn row(&self) -> TableRow<'_> {
        let Self { root, atom, licenses, file } = self;
        let table = PackageTable { name: "package.license", root, format: WordFormat::Plain };
        TableRow { table, atom, words: licenses.iter().map(LicenseName::as_str).collect(), file }
    }
}

impl TableAction for Mask {
    fn row(&self) -> TableRow<'_> {
        let Self { root, atom, file } = self;
        let table = PackageTable { name: "package.mask", root, format: WordFormat::Plain };
        TableRow { table, atom, words: Vec::new(), file }
    }
}

impl TableAction for Unmask {
    fn row(&self) -> TableRow<'_> {
        let Self { root, atom, file } = self;
        let table = PackageTable { name: "package.unmask", root, format: WordFormat::Plain };
        TableRow { table, atom, words: Vec::new(), file }
    }
}

impl TableAction for PackageEnv {
    fn row(&self) -> TableRow<'_> {
        let Self { root, atom, env, file } = self;
        let table = PackageTable { name: "package.env", root, format: WordFormat::Plain };
        TableRow { table, atom, words: env.iter().map(TableFile::as_str).collect(), file }
    }

    // Portage only prints a warning for a missing file, and builds without it.
    fn check(&self, cx: &Planning<'_>) -> Result<()> {
        for name in &self.env {
            let place = system_file(&self.root, &format!("{ENV_DIR}/{name}"));
            if target(&place, cx)? == FileStatus::Missing {
                return Err(PortageRule::NoEnv { name: name.to_string(), place }.into());
            }
        }
        Ok(())
    }
}

impl Query for UseFlags {
    type Output = Vec<String>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let Self { root, atom } = self;
        let table = PackageTable { name: "package.use", root, format: WordFormat::Flags };
        let files = table.files(cx)?;
        let flags = Effective::of(&table.words(&files, atom)).words();
        Ok(if files.complete { Answer::Known(flags) } else { Answer::Assumed(flags) })
    }
}
