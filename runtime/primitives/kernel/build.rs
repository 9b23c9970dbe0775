//! Building and installing kernels.

use super::version::chosen;
use super::{KernelRule, SOURCES};
use crate::args;
use crate::config::ConfVariables;
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::machine::{Fact, FilesFact};
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, Undo};
use crate::primitives::edit::{assign, command, exists, system_file, writes};
use crate::primitives::portage::{BuildReport, EmergeRun, emerge_plan};
use crate::system::{Cmd, FilesStep, Step};
use crate::types::{
    AbsPath, Choice, Jobs, KERNEL_VERSION, KernelVersion, Mode, Place, RelativePath, sha256,
};

args! {
    /// Sets variables in `/etc/genkernel.conf`.
    ///
    /// Other settings in the file are unchanged. Variables that the guide requires are set as well,
    /// unless they are given: LUKS, LVM, GPG and BUSYBOX to yes, MENUCONFIG to no.
    /// genkernel does not read make.conf, so MAKEOPTS has to be set here as well. Undo restores the
    /// previous file.
    ///
    /// Source: guide ER, "ensure these settings are set in /etc/genkernel.conf"; genkernel(8).
    ///
    /// ```
    /// kernel::genkernel_conf("/mnt/old", #{ values: #{ MAKEOPTS: "-j9 -l8" } });
    /// ```
    "kernel.genkernel_conf" => pub struct GenkernelConf {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The variables, as a map from names to values.
        pub values: Option<ConfVariables>,
    }
}

args! {
    /// Builds the kernel in `/usr/src/linux` and installs its modules.
    ///
    /// `make` updates the configuration first (`olddefconfig`) and leaves the installation of the
    /// image to `kernel.install`; `genkernel` also installs the kernel and builds an initramfs.
    /// There is no time limit. Cannot be undone: the build output stays in the source tree.
    ///
    /// Source: guide ER, `genkernel all`; the kernel's Documentation/admin-guide/README.rst.
    ///
    /// ```
    /// kernel::build("/mnt/old", #{ how: "make", jobs: 9 });
    /// ```
    "kernel.build" => pub struct Build {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The build method. `make` requires an existing `.config`.
        pub how: BuildMethod = "genkernel",
        /// The number of parallel compiler processes, from 1 to 4096.
        pub jobs: Option<Jobs>,
    }
}

args! {
    /// Installs the kernel that was built in `/usr/src/linux` and returns the path of its image.
    ///
    /// Copies `vmlinuz-VERSION`, `config-VERSION` and, if it exists, `System.map-VERSION` to
    /// `/boot`. Undo removes the copies; overwritten files cannot be restored.
    ///
    /// Source: installkernel(8).
    ///
    /// ```
    /// let image = kernel::install("/mnt/old", #{ version: "6.6.62-gentoo" });
    /// ```
    "kernel.install" => pub struct Install {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The version of the kernel; by default that of the sources.
        pub version: Option<KernelVersion>,
        /// The path of the image in the sources.
        pub image: RelativePath = "arch/x86/boot/bzImage",
    }
}

args! {
    /// Rebuilds the external kernel modules that are installed by packages.
    ///
    /// Runs emerge with the set `@module-rebuild`. Returns the same map as `portage.emerge`. Cannot be
    /// undone: merged packages stay installed.
    ///
    /// Source: guide ER, `module-rebuild rebuild`, which is now a set in Portage.
    ///
    /// ```
    /// kernel::modules_rebuild("/mnt/old");
    /// ```
    "kernel.modules_rebuild" => pub struct ModulesRebuild {
        /// The mount point of the system.
        pub root: AbsPath,
    }
}

/// The method of building a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildMethod {
    /// `genkernel all`.
    Genkernel,
    /// The Makefile of the kernel.
    Make,
}

impl Choice for BuildMethod {
    const NAME: &'static str = "kernel build method";
    const WORDS: &'static [&'static str] = &["genkernel", "make"];
    const ALL: &'static [Self] = &[Self::Genkernel, Self::Make];
}

const GENKERNEL_CONF: &str = "/etc/genkernel.conf";

/// The settings that the guide requires, in the order of the guide.
const WANTED: [(&str, &str); 5] =
    [("LUKS", "yes"), ("LVM", "yes"), ("GPG", "yes"), ("BUSYBOX", "yes"), ("MENUCONFIG", "no")];

impl Action for GenkernelConf {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, GENKERNEL_CONF)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let given: Vec<(&str, &str)> = self.values.iter().flat_map(ConfVariables::iter).collect();
        let wanted = WANTED.iter().filter(|(name, _)| given.iter().all(|(given, _)| given != name));
        let wanted = wanted.map(|(name, value)| (*name, (*value).to_owned()));
        let all: Vec<(&str, String)> =
            wanted.chain(given.iter().map(|(name, value)| (*name, (*value).to_owned()))).collect();
        assign(system_file(&self.root, GENKERNEL_CONF), cx, &all)
    }
}

impl Action for Build {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let program = self.how.word().into();
        vec![Effect::Program(ProgramEffect::Runs { program, root: self.root.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let config = system_file(&self.root, &format!("{SOURCES}/.config"));
        let makefile = system_file(&self.root, &format!("{SOURCES}/Makefile"));
        if exists(&makefile, cx)? == Some(false) {
            return Err(KernelRule::NoSources { place: system_file(&self.root, SOURCES) }.into());
        }
        if self.how == BuildMethod::Make && exists(&config, cx)? == Some(false) {
            return Err(KernelRule::NoConfig { searched: vec![config] }.into());
        }
        let jobs = self.jobs.map(|jobs| format!("-j{}", jobs.get()));
        let run = |cmd: Cmd| Step::Run(cmd.limit(None).may_change_any_file());
        let steps = match self.how {
            BuildMethod::Genkernel => {
                let cmd = command(&self.root, "genkernel", cx)?.arg("--no-menuconfig");
                let makeopts = jobs.map(|jobs| format!("--makeopts={jobs}"));
                vec![run(cmd.args(makeopts).arg("all"))]
            }
            BuildMethod::Make => {
                let make = command(&self.root, "make", cx)?.args(["-C", SOURCES]);
                let build = make.clone().args(jobs);
                vec![
                    run(make.clone().arg("olddefconfig")),
                    run(build),
                    run(make.arg("modules_install")),
                ]
            }
        };
        Ok(Plan::steps(steps)
            .always()
            .hint("read the output above; kernel::require lists the missing options")
            .undo(Undo::Impossible("the build output stays in the source tree")))
    }
}

/// Adds the step that copies a kernel file to `/boot`.
pub(super) fn installed(
    plan: Plan<()>,
    from: Place,
    to: Place,
    cx: &Planning<'_>,
) -> Result<Plan<()>> {
    let digest = match crate::primitives::file::text(&from, cx)? {
        None => return Err(KernelRule::NotBuilt { place: from }.into()),
        Some(FileContents::Known(bytes)) => Some(sha256(&bytes)),
        Some(FileContents::Unknown(_)) => None,
    };
    let mode = Some(Mode::new(0o644));
    let undo = match exists(&to, cx)? {
        Some(true) => Undo::Impossible("the previous file is overwritten"),
        _ => Undo::Steps(vec![Step::Files(FilesStep::Remove { place: to.clone() })]),
    };
    let one = Plan::step(FilesStep::Copy { from, to: to.clone(), mode })
        .makes(FilesFact::File { place: to, digest, mode })
        .undo(undo);
    Ok(plan.and(if digest_unknown(&one) { one.always() } else { one }))
}

fn digest_unknown(plan: &Plan<()>) -> bool {
    plan.makes.iter().any(|fact| matches!(fact, Fact::Files(FilesFact::File { digest: None, .. })))
}

impl Action for Install {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, "/boot")]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let version = chosen(self.version.as_ref(), &self.root, cx)?;
        let known = version.is_some();
        let version = version.unwrap_or_else(|| KERNEL_VERSION.into());
        let from = |name: &str| system_file(&self.root, &format!("{SOURCES}/{name}"));
        let to = |name: &str| system_file(&self.root, &format!("/boot/{name}-{version}"));
        let plan = Plan::steps(Vec::new());
        let plan = installed(plan, from(&self.image), to("vmlinuz"), cx)?;
        let mut plan = installed(plan, from(".config"), to("config"), cx)?;
        if exists(&from("System.map"), cx)? != Some(false) {
            plan = installed(plan, from("System.map"), to("System.map"), cx)?;
        }
        let boot = system_file(&self.root, "/boot");
        if exists(&boot, cx)? == Some(false) {
            plan.steps
                .insert(0, Step::Files(FilesStep::MakeDir { place: boot, mode: Mode::new(0o755) }));
        }
        let plan = plan.hint("check the free space of /boot (df -h); old kernels can be removed");
        let path = format!("/boot/vmlinuz-{version}");
        // The version of sources that do not exist yet is known only at run time.
        Ok(if known {
            plan.returns(path)
        } else {
            plan.reads(path.clone(), move |_| Ok(path.clone()))
        })
    }
}

impl Action for ModulesRebuild {
    type Output = BuildReport;

    fn effects(&self) -> Vec<Effect> {
        EmergeRun::effects(&self.root)
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<BuildReport>> {
        let packages = ["@module-rebuild".to_owned()];
        emerge_plan(&EmergeRun::new(&self.root, vec!["--oneshot".into()], &packages), cx)
    }
}
