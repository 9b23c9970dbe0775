//! Which sources are in use, and a kernel that comes from another system.

use super::build::installed;
use super::{KernelRule, MODULES, SOURCES};
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::primitives::edit::{exists, there, writes};
use crate::primitives::file::Link;
use crate::system::FilesStep;
use crate::types::{AbsPath, KernelVersion, LinkTarget, Mode, Place};

args! {
    /// Chooses the sources that `/usr/src/linux` means, among those that are installed. Returns their folder.
    ///
    /// Source: `eselect kernel set`; Gentoo's handbook, "Configuring the kernel".
    ///
    /// ```
    /// kernel::sources("/mnt/old", "6.6.62-gentoo");
    /// ```
    "kernel.sources" => pub struct Sources {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The version in the folder's name, `linux-VERSION`.
        pub version: KernelVersion,
    }
}

args! {
    /// Takes over a kernel from another system, by default the running one: its modules, its image and
    /// configuration in `/boot` and, where it has them, its sources. For a system that can't install one
    /// itself. Returns the path of the image; the initramfs is `kernel.initramfs` with the same version.
    ///
    /// Source: guide VF, where the package of the kernel does not install on virtiofs.
    ///
    /// ```
    /// kernel::copy_from("/mnt/old", "6.6.62-gentoo-dist", #{ from: "/" });
    /// ```
    "kernel.copy_from" => pub struct CopyFrom {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The kernel's version, as `uname -r` and the folder of its modules have it.
        pub version: KernelVersion,
        /// The system that has it.
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
        let folder = format!("/usr/src/{to}");
        let makefile = there(&self.root, &format!("{folder}/Makefile"));
        if exists(&makefile, cx)? == Some(false) {
            return Err(KernelRule::NoSources { place: there(&self.root, &folder) }.into());
        }
        let to = LinkTarget::known(to);
        let link = Link { to, path: AbsPath::known(SOURCES), root: Some(self.root.clone()) };
        Ok(link.plan(cx)?.returns(folder))
    }
}

/// Where the image of a kernel may be; distributions do not agree.
fn images(version: &str) -> [String; 4] {
    [
        format!("/boot/vmlinuz-{version}"),
        format!("/usr/src/linux-{version}/vmlinuz"),
        format!("{MODULES}/{version}/vmlinuz"),
        format!("/usr/src/linux-{version}/arch/x86/boot/bzImage"),
    ]
}

/// The first of these places where something is, or may be.
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
        if exists(&there(from, &modules), cx)? == Some(false) {
            let place = there(from, &modules);
            return Err(KernelRule::NoModules { version: version.to_string(), place }.into());
        }
        let image = first(images(version).map(|path| there(from, &path)), cx)?;
        let Some(image) = image else {
            return Err(KernelRule::NotBuilt { place: there(from, &images(version)[0]) }.into());
        };
        let mut plan = self.tree(Plan::steps(Vec::new()), MODULES, &modules);
        let sources = format!("/usr/src/linux-{version}");
        if exists(&there(from, &sources), cx)? == Some(true) {
            plan = self.tree(plan, "/usr/src", &sources);
        }
        let boot = |name: &str| there(&self.root, &format!("/boot/{name}-{version}"));
        plan = plan.then(FilesStep::MakeDir { place: there(&self.root, "/boot"), mode: FOLDER });
        let config = [format!("/boot/config-{version}"), format!("{modules}/config")];
        if let Some(config) = first(config.map(|path| there(from, &path)), cx)? {
            plan = installed(plan, config, boot("config"), cx)?;
        }
        // The image comes last: where it is, everything is.
        let plan = installed(plan, image, boot("vmlinuz"), cx)?;
        let plan =
            plan.hint("is there room left (df -h)? What was copied may stay: it is copied again");
        Ok(plan
            .undo(Undo::Impossible("what was copied stays"))
            .returns(format!("/boot/vmlinuz-{version}")))
    }
}

const FOLDER: Mode = Mode::new(0o755);

impl CopyFrom {
    /// Adds the steps that copy a folder into this one.
    fn tree(&self, plan: Plan<()>, into: &str, folder: &str) -> Plan<()> {
        let (from, to) = (there(&self.from, folder), there(&self.root, folder));
        plan.then(FilesStep::MakeDir { place: there(&self.root, into), mode: FOLDER })
            .then(FilesStep::CopyTree { from, to: to.clone() })
            .makes(FilesFact::Dir { place: to })
    }
}
