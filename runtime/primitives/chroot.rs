//! Running programs inside another root filesystem (chroot).

mod rule;
mod shell;

pub use rule::{ChrootRule, ShellProblem};
pub use shell::{FindShell, Shell};

use serde::Serialize;

use super::mount::{mount_plan, unmount_plan};
use crate::args;
use crate::error::Result;
use crate::machine::files::{FileContents, FileStatus};
use crate::machine::{Fact, FilesFact, MountOrigin, is_below};
use crate::operation::{
    Action, Effect, FilesEffect, Plan, Planning, ProgramEffect, StorageEffect, Undo,
};
use crate::system::{Cmd, FailureKind, FilesStep, MountCall, StepError, StorageStep};
use crate::types::{AbsPath, Mode, Place, Propagation, Variables};

args! {
    /// Prepares the root filesystem of an installed system for chroot.
    ///
    /// Mounts `/proc`, recursively bind-mounts `/sys`, `/dev` and `/run` of the running system, and
    /// copies its resolv.conf (the target of a link, not the link). Existing mounts are unchanged.
    /// Undo unmounts everything, but keeps the copied resolv.conf.
    ///
    /// Source: guide ER, "Copy resolv.conf" to "Mount /dev"; the current handbook adds `/sys`,
    /// `/run` and `--make-rslave`, so that unmounting inside the chroot does not unmount anything
    /// outside.
    ///
    /// ```
    /// fs::make("/dev/sda1");
    /// mount::mount("/dev/sda1", "/mnt/gentoo");
    /// chroot::prepare("/mnt/gentoo");
    /// ```
    "chroot.prepare" => pub struct Prepare {
        /// The mount point of the root filesystem.
        pub root: AbsPath,
        /// Whether to provide resolv.conf, so that name resolution works inside.
        pub resolv_conf: bool = true,
        /// Whether to leave the root filesystem unchanged: resolv.conf is then bind-mounted over
        /// the existing file until it is released, instead of copied.
        pub untouched: bool = false,
    }
}

args! {
    /// Runs a program inside a chroot, without a shell, and returns its exit code and output.
    ///
    /// The output is displayed and logged while the program runs. Returns a map with `code` and
    /// `stdout` (truncated to 1 MiB). There is no time limit. Cannot be undone: the changes made by
    /// the program are unknown.
    ///
    /// Source: chroot(2).
    ///
    /// ```
    /// let found = chroot::run("/mnt/old", ["cryptsetup", "--version"]);
    /// print(found.stdout);
    /// ```
    "chroot.run" => pub struct Run {
        /// The mount point of the root filesystem.
        pub root: AbsPath,
        /// The program and its arguments, as a list of strings.
        pub argv: Vec<String>,
        /// The environment variables to set, as a map from names to values.
        pub env: Option<Variables>,
        /// Whether an exit code other than 0 is an error.
        pub check: bool = true,
    }
}

args! {
    /// Unmounts everything that `chroot.prepare` has mounted, newest first.
    ///
    /// ```
    /// chroot::prepare("/mnt/old");
    /// chroot::release("/mnt/old");
    /// ```
    "chroot.release" => pub struct Release {
        /// The mount point of the root filesystem.
        pub root: AbsPath,
    }
}

/// Returns the real path of a root; it must be on a mounted filesystem other than the running
/// system's root.
pub(super) fn mounted_root(root: &AbsPath, cx: &Planning<'_>) -> Result<String> {
    let reach = cx.files.resolve_place(&Place::new(root, None), true)?;
    let path = reach.place.to_string();
    if reach.origin.as_os_str() == "/" || path == "/" {
        return Err(ChrootRule::Ourselves { root: root.to_string() }.into());
    }
    match cx
        .machine
        .storage
        .mounts
        .iter()
        .any(|mount| mount.at != "/" && is_below(&path, &mount.at))
    {
        true => Ok(path),
        false => Err(ChrootRule::NotMounted { root: path }.into()),
    }
}

const CONF: &str = "/etc/resolv.conf";
const NO_CONF: &str = "the running system has no /etc/resolv.conf: names cannot be resolved inside";

/// Returns the bind mount of the running system's resolv.conf over that of the root.
fn conf_bind_mount(root: &str) -> MountCall {
    MountCall {
        origin: MountOrigin::Bind { from: CONF.into(), recursive: false },
        at: format!("{root}{CONF}"),
        flags: Vec::new(),
        data: None,
        propagation: None,
    }
}

fn mounted(at: &str, cx: &Planning<'_>) -> bool {
    cx.machine.storage.mounts.iter().any(|mount| mount.at == at)
}

/// Returns the mounts inside a root, in the order of mounting.
fn calls(root: &str) -> Vec<MountCall> {
    let proc = MountCall {
        origin: MountOrigin::Pseudo { kind: "proc".into() },
        at: format!("{root}/proc"),
        flags: Vec::new(),
        data: None,
        propagation: None,
    };
    let binds = ["/sys", "/dev", "/run"].map(|from| MountCall {
        origin: MountOrigin::Bind { from: from.into(), recursive: true },
        at: format!("{root}{from}"),
        flags: Vec::new(),
        data: None,
        propagation: Some(Propagation::Slave),
    });
    std::iter::once(proc).chain(binds).collect()
}

impl Action for Prepare {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let root = self.root.to_string();
        let mounts = Effect::Storage(StorageEffect::Mounts { at: root.clone() });
        match self.untouched {
            true => vec![mounts],
            false => vec![mounts, Effect::Files(FilesEffect::Writes { path: root })],
        }
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let root = mounted_root(&self.root, cx)?;
        let mut plan = Plan::steps(Vec::new());
        if self.resolv_conf {
            plan = match self.untouched {
                true => bind_resolv_conf(plan, &self.root, cx)?,
                false => resolv_conf(plan, &self.root, cx)?,
            };
        }
        for call in calls(&root) {
            let fact = call.fact();
            if fact.holds(cx.machine, cx.files) == Some(true) {
                plan = plan.makes(fact);
                continue;
            }
            // Some of these may not be mounted in the running system: a container has no `/run`.
            if let MountOrigin::Bind { from, .. } = &call.origin
                && cx.machine.mounted_view(from).is_none()
            {
                continue;
            }
            let one = mount_plan(call, cx)?;
            plan.steps.extend(one.steps);
            plan.makes.extend(one.makes);
        }
        Ok(plan.undo(Undo::Release))
    }
}

/// Adds the steps that copy the running system's resolv.conf into the root.
fn resolv_conf(plan: Plan<()>, root: &AbsPath, cx: &Planning<'_>) -> Result<Plan<()>> {
    let conf = AbsPath::assume_valid(CONF);
    let (from, to) = (Place::new(&conf, None), Place::new(&conf, Some(root)));
    let bytes = match cx.files.read(&from) {
        Ok(FileContents::Known(bytes)) => Some(bytes),
        Ok(FileContents::Unknown(_)) => None,
        Err(_) => return Ok(plan.warn(Some(NO_CONF.into()))),
    };
    let digest = bytes.as_deref().map(crate::types::sha256);
    let fact = Fact::Files(FilesFact::File { place: to.clone(), digest, mode: None });
    if fact.holds(cx.machine, cx.files) == Some(true) {
        return Ok(plan.makes(fact));
    }
    let etc = to.parent();
    let plan = match cx.look(&etc)? {
        FileStatus::Missing => plan.then(FilesStep::MakeDir { place: etc, mode: Mode::new(0o755) }),
        _ => plan,
    };
    let mode = Some(Mode::new(0o644));
    Ok(plan.then(FilesStep::Copy { from, to, mode }).makes(fact))
}

/// Adds the steps that bind-mount the running system's resolv.conf over that of the root.
fn bind_resolv_conf(plan: Plan<()>, root: &AbsPath, cx: &Planning<'_>) -> Result<Plan<()>> {
    let call = conf_bind_mount(&root.to_string());
    let fact = call.fact();
    if fact.holds(cx.machine, cx.files) == Some(true) {
        return Ok(plan.makes(fact));
    }
    let here = Place::here(CONF);
    let there = Place::new(&AbsPath::assume_valid(CONF), Some(root));
    // mount(2) follows links, and a link of the root would lead to a file of the running system.
    match (cx.files.read(&here).is_ok(), cx.look(&there)?) {
        (true, FileStatus::File { .. } | FileStatus::Unknown(_)) => {
            Ok(plan.then(StorageStep::Mount(call)).makes(fact))
        }
        (true, _) => {
            let text = format!("{there} is not a file: name resolution may not work inside");
            Ok(plan.warn(Some(text)))
        }
        (false, _) => Ok(plan.warn(Some(NO_CONF.into()))),
    }
}

/// The maximum output that is returned to a script: the output of a build may exceed the maximum
/// size of a string.
const MAX_RETURNED_OUTPUT: usize = 1 << 20;

/// The result of `chroot.run`.
#[derive(Debug, Serialize)]
pub struct ProgramResult {
    code: i32,
    stdout: String,
}

impl Action for Run {
    type Output = ProgramResult;

    fn effects(&self) -> Vec<Effect> {
        let program = self.argv.first().map_or("", String::as_str);
        Effect::runs(program, &self.root.to_string())
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<ProgramResult>> {
        let root = mounted_root(&self.root, cx)?;
        let Some((program, args)) = self.argv.split_first().filter(|(p, _)| !p.is_empty()) else {
            return Err(ChrootRule::NoCommand.into());
        };
        let mut cmd = Cmd::inside(root, program).args(args.iter().cloned()).limit(None);
        for (name, value) in self.env.iter().flat_map(Variables::iter) {
            cmd = cmd.env(name, value);
        }
        if !self.check {
            cmd = cmd.accept_any_exit_code();
        }
        let shown = cmd.to_string();
        let guess = ProgramResult { code: 0, stdout: String::new() };
        Ok(Plan::run(cmd).undo(Undo::Impossible("the program's changes are unknown")).reads(
            guess,
            move |outcomes| match outcomes.last() {
                Some(outcome) => {
                    let stdout = outcome.stdout
                        [..outcome.stdout.floor_char_boundary(MAX_RETURNED_OUTPUT)]
                        .into();
                    Ok(ProgramResult { code: outcome.code, stdout })
                }
                None => {
                    Err(StepError::new(&shown, FailureKind::Unreadable("no outcome".into())).into())
                }
            },
        ))
    }
}

impl Action for Release {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let root = self.root.to_string();
        let end = |call: MountCall| {
            Effect::Program(ProgramEffect::Ends { what: format!("umount {}", call.at) })
        };
        calls(&root).into_iter().map(end).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let root = mounted_root(&self.root, cx)?;
        let mut plan = Plan::steps(Vec::new());
        let shown = Some(conf_bind_mount(&root)).filter(|conf| mounted(&conf.at, cx));
        for call in shown.iter().chain(calls(&root).iter().rev()) {
            let one = unmount_plan(&call.at, cx);
            plan.steps.extend(one.steps);
            plan.makes.extend(one.makes);
        }
        Ok(plan)
    }
}
