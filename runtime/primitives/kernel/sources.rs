//! Selecting kernel sources, and copying a kernel from another system.

use super::build::installed;
use super::{KernelRule, MODULES, SOURCES};
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::primitives::edit::{exists, system_file, writes};
use crate::primitives::file::Link;
use crate::system::FilesStep;
use crate::types::{AbsPath, KernelVersion, LinkTarget, Mode, Place};

args! {
    /// Selects the kernel sources that `/usr/src/linux` links to, and returns their directory.
    ///
    /// The sources must be installed as `/usr/src/linux-VERSION`. Undo restores the previous link.
    ///
    /// Source: `eselect kernel set`; Gentoo handbook, "Configuring the kernel".
    ///
    /// ```
    /// kernel::sources("/mnt/old", "6.6.62-gentoo");
    /// ```
    "kernel.sources" => pub struct Sources {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The version in the name of the directory, `linux-VERSION`.
        pub version: KernelVersion,
    }
}

args! {
    /// Copies a kernel from another system and returns the path of its image.
    ///
    /// Use it for a system that cannot install a kernel itself. Copies the modules, the image and
    /// the configuration in `/boot` and, if they exist, the sources. Build an initramfs with
    /// `kernel.initramfs` and the same version. Cannot be undone: the copied files stay.
    ///
    /// Source: guide VF, where the kernel package cannot be installed on virtiofs.
    ///
    /// ```
    /// kernel::copy_from("/mnt/old", "6.6.62-gentoo-dist", #{ from: "/" });
    /// ```
    "kernel.copy_from" => pub struct CopyFrom {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The version of the kernel, as in `uname -r` and in the name of its module directory.
        pub version: KernelVersion,
        /// The mount point of the system to copy from; `/` for the running system.
        pub from: AbsPath = "/",
    }
}

impl Action for Sources {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, SOURCES)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let to = format!("linux-{}", self.version);
        let directory = format!("/usr/src/{to}");
        let makefile = system_file(&self.root, &format!("{directory}/Makefile"));
        if exists(&makefile, cx)? == Some(false) {
            return Err(KernelRule::NoSources { place: system_file(&self.root, &directory) }.into());
        }
        let to = LinkTarget::assume_valid(to);
        let link = Link { to, path: AbsPath::assume_valid(SOURCES), root: Some(self.root.clone()) };
        Ok(link.plan(cx)?.returns(directory))
    }
}

/// Returns the possible paths of a kernel image, which depend on the distribution.
fn images(version: &str) -> [String; 4] {
    [
        format!("/boot/vmlinuz-{version}"),
        format!("/usr/src/linux-{version}/vmlinuz"),
        format!("{MODULES}/{version}/vmlinuz"),
        format!("/usr/src/linux-{version}/arch/x86/boot/bzImage"),
    ]
}

/// Returns the first path that exists, or may exist.
fn first(places: impl IntoIterator<Item = Place>, cx: &Planning<'_>) -> Result<Option<Place>> {
    for place in places {
        if exists(&place, cx)? != Some(false) {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

impl Action for CopyFrom {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        [MODULES, "/usr/src", "/boot"].map(|path| writes(&self.root, path)).into()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let (version, from) = (&self.version, &self.from);
        if self.root == *from {
            return Err(KernelRule::SameSystem { root: from.to_string() }.into());
        }
        let modules = format!("{MODULES}/{version}");
        if exists(&system_file(from, &modules), cx)? == Some(false) {
            let place = system_file(from, &modules);
            return Err(KernelRule::NoModules { version: version.to_string(), place }.into());
        }
        let image = first(images(version).map(|path| system_file(from, &path)), cx)?;
        let Some(image) = image else {
            return Err(
                KernelRule::NotBuilt { place: system_file(from, &images(version)[0]) }.into()
            );
        };
        let mut plan = self.tree(Plan::steps(Vec::new()), MODULES, &modules);
        let sources = format!("/usr/src/linux-{version}");
        if exists(&system_file(from, &sources), cx)? == Some(true) {
            plan = self.tree(plan, "/usr/src", &sources);
        }
        let boot = |name: &str| system_file(&self.root, &format!("/boot/{name}-{version}"));
        plan = plan
            .then(FilesStep::MakeDir { place: system_file(&self.root, "/boot"), mode: DIRECTORY });
        let config = [format!("/boot/config-{version}"), format!("{modules}/config")];
        if let Some(config) = first(config.map(|path| system_file(from, &path)), cx)? {
            plan = installed(plan, config, boot("config"), cx)?;
        }
        // The image is copied last, so that an existing image implies a complete copy.
        let plan = installed(plan, image, boot("vmlinuz"), cx)?;
        let plan =
            plan.hint("check the free space (df -h); copied files may stay, they are copied again");
        Ok(plan
            .undo(Undo::Impossible("the copied files stay"))
            .returns(format!("/boot/vmlinuz-{version}")))
    }
}

const DIRECTORY: Mode = Mode::new(0o755);

impl CopyFrom {
    /// Adds the steps that copy a directory tree.
    fn tree(&self, plan: Plan<()>, into: &str, directory: &str) -> Plan<()> {
        let (from, to) = (system_file(&self.from, directory), system_file(&self.root, directory));
        plan.then(FilesStep::MakeDir { place: system_file(&self.root, into), mode: DIRECTORY })
            .then(FilesStep::CopyTree { from, to: to.clone() })
            .makes(FilesFact::Dir { place: to })
    }
}
