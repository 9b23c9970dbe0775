//! Working inside an installed system.

use serde::Serialize;

use super::mount::{mounting, unmounting};
use crate::args;
use crate::error::{Exit, Result, Rule};
use crate::machine::files::{Look, Text};
use crate::machine::{Fact, FilesFact, MountOrigin, is_below};
use crate::operation::{
    Action, Effect, FilesEffect, Plan, Planning, ProgramEffect, StorageEffect, Undo,
};
use crate::system::{Broken, Cmd, FilesStep, MountCall, Stdin, Step, StepError, StorageStep};
use crate::types::{AbsPath, Mode, Place, Propagation, Variables};

args! {
    /// Makes a root ready to be entered: resolv.conf is copied into it (what a link leads to, not
    /// the link), `/proc` is mounted, and `/sys`, `/dev` and `/run` of the running system are shown
    /// in it. What is there already stays.
    ///
    /// Source: guide ER, "Copy resolv.conf" to "Mount /dev"; today's handbook adds `/sys`, `/run`
    /// and `--make-rslave`, so that what the chroot unmounts stays mounted outside.
    ///
    /// ```
    /// fs::make("/dev/sda1");
    /// mount::mount("/dev/sda1", "/mnt/gentoo");
    /// chroot::prepare("/mnt/gentoo");
    /// ```
    "chroot.prepare" => pub struct Prepare {
        /// The mount point of the root.
        pub root: AbsPath,
        /// Whether names can be resolved inside as they are outside.
        pub resolv_conf: bool = true,
        /// Whether nothing is written inside: then resolv.conf is not copied over its own one, but shown
        /// in its place until it is released.
        pub untouched: bool = false,
    }
}

args! {
    /// Runs a program inside a root: a list of words, without a shell. What it prints is shown and
    /// logged as it comes. Returns a map with `code` and `stdout`, of which it has the first MiB.
    ///
    /// Source: chroot(2).
    ///
    /// ```
    /// let found = chroot::run("/mnt/old", ["cryptsetup", "--version"]);
    /// print(found.stdout);
    /// ```
    "chroot.run" => pub struct Run {
        /// The mount point of the root.
        pub root: AbsPath,
        /// The program and its arguments.
        pub argv: Vec<String>,
        /// Variables for it, as a map from name to value.
        pub env: Option<Variables>,
        /// Whether an exit code other than 0 ends the recipe.
        pub check: bool = true,
    }
}

args! {
    /// Gives the person a shell inside a root: with its own `/etc/profile`, and a prompt that says
    /// where they are. Without a terminal there is nobody to give it to, and nothing happens.
    ///
    /// Source: guide ER, `chroot /mnt/gentoo /bin/bash`, `source /etc/profile`, `export PS1=…`.
    ///
    /// ```
    /// chroot::shell("/mnt/old");
    /// ```
    "chroot.shell" => pub struct Shell {
        /// The mount point of the root.
        pub root: AbsPath,
    }
}

args! {
    /// Unmounts what `chroot.prepare` mounted, newest first.
    ///
    /// ```
    /// chroot::prepare("/mnt/old");
    /// chroot::release("/mnt/old");
    /// ```
    "chroot.release" => pub struct Release {
        /// The mount point of the root.
        pub root: AbsPath,
    }
}

/// A rule about roots that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChrootRule {
    /// The running system itself.
    #[error("{root} is the running system, not one to be entered")]
    Ourselves {
        /// The folder.
        root: String,
    },
    /// Nothing is there.
    #[error("there is no system at {root}: nothing is mounted there")]
    NotMounted {
        /// The folder.
        root: String,
    },
    /// No words.
    #[error("the command is empty")]
    NoCommand,
    /// No shell.
    #[error("{root} has neither /bin/bash nor /bin/sh")]
    NoShell {
        /// The folder.
        root: String,
    },
}

impl Rule for ChrootRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Ourselves { .. } => "name the mount point of the installed system".into(),
            Self::NotMounted { .. } => "mount it first: mount::mount".into(),
            Self::NoCommand => {
                "give the program and its arguments: [\"emerge\", \"--info\"]".into()
            }
            Self::NoShell { .. } => "unpack a system there first: stage3::unpack".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Ourselves { .. } => Exit::Refused,
            _ => Exit::Usage,
        }
    }
}

/// The root must be a mounted filesystem of its own.
pub(super) fn mounted_root(root: &AbsPath, cx: &Planning<'_>) -> Result<String> {
    let reach = cx.files.reach(&Place::new(root, None), true)?;
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
const NO_CONF: &str = "the running system has no /etc/resolv.conf: names can't be resolved inside";

/// The running system's resolv.conf, in the place of the root's own.
fn shown_conf(root: &str) -> MountCall {
    MountCall {
        origin: MountOrigin::Bind { from: CONF.into(), recursive: false },
        at: format!("{root}{CONF}"),
        flags: Vec::new(),
        data: None,
        propagation: None,
    }
}

/// Whether something is mounted exactly there.
fn mounted(at: &str, cx: &Planning<'_>) -> bool {
    cx.machine.storage.mounts.iter().any(|mount| mount.at == at)
}

/// What is mounted inside a root, in this order.
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
                true => shown_resolv_conf(plan, &self.root, cx)?,
                false => resolv_conf(plan, &self.root, cx)?,
            };
        }
        for call in calls(&root) {
            let fact = call.fact();
            if fact.holds(cx.machine, cx.files) == Some(true) {
                plan = plan.makes(fact);
                continue;
            }
            // The running system may lack one of these: a container has no /run of its own.
            if let MountOrigin::Bind { from, .. } = &call.origin
                && cx.machine.mounted_view(from).is_none()
            {
                continue;
            }
            let one = mounting(call, cx)?;
            plan.steps.extend(one.steps);
            plan.makes.extend(one.makes);
        }
        Ok(plan.undo(Undo::Release))
    }
}

/// The running system's resolv.conf, as a file of the root's own.
fn resolv_conf(plan: Plan<()>, root: &AbsPath, cx: &Planning<'_>) -> Result<Plan<()>> {
    let conf = AbsPath::known(CONF);
    let (from, to) = (Place::new(&conf, None), Place::new(&conf, Some(root)));
    let bytes = match cx.files.read(&from) {
        Ok(Text::Known(bytes)) => Some(bytes),
        Ok(Text::Unknown(_)) => None,
        Err(_) => return Ok(plan.warn(Some(NO_CONF.into()))),
    };
    let digest = bytes.as_deref().map(crate::types::sha256);
    let fact = Fact::Files(FilesFact::File { place: to.clone(), digest, mode: None });
    if fact.holds(cx.machine, cx.files) == Some(true) {
        return Ok(plan.makes(fact));
    }
    let etc = to.parent();
    let plan = match cx.look(&etc)? {
        Look::Missing => plan.then(FilesStep::MakeDir { place: etc, mode: Mode::new(0o755) }),
        _ => plan,
    };
    let mode = Some(Mode::new(0o644));
    Ok(plan.then(FilesStep::Copy { from, to, mode }).makes(fact))
}

/// The running system's resolv.conf, shown in the place of the root's own.
fn shown_resolv_conf(plan: Plan<()>, root: &AbsPath, cx: &Planning<'_>) -> Result<Plan<()>> {
    let call = shown_conf(&root.to_string());
    let fact = call.fact();
    if fact.holds(cx.machine, cx.files) == Some(true) {
        return Ok(plan.makes(fact));
    }
    let here = Place::here(CONF);
    let there = Place::new(&AbsPath::known(CONF), Some(root));
    // A mount follows links, and those of the root lead elsewhere from outside.
    match (cx.files.read(&here).is_ok(), cx.look(&there)?) {
        (true, Look::File { .. } | Look::Unknown(_)) => {
            Ok(plan.then(StorageStep::Mount(call)).makes(fact))
        }
        (true, _) => {
            let text = format!("{there} is not a file: names may not be resolved inside");
            Ok(plan.warn(Some(text)))
        }
        (false, _) => Ok(plan.warn(Some(NO_CONF.into()))),
    }
}

/// How much a script gets of what a program printed: a build prints more than a script may hold.
const KEPT: usize = 1 << 20;

/// How a program ended.
#[derive(Debug, Serialize)]
pub struct Ended {
    code: i32,
    stdout: String,
}

impl Action for Run {
    type Output = Ended;

    fn effects(&self) -> Vec<Effect> {
        let program = self.argv.first().map_or("", String::as_str);
        Effect::runs(program, &self.root.to_string())
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<Ended>> {
        let root = mounted_root(&self.root, cx)?;
        let Some((program, args)) = self.argv.split_first().filter(|(p, _)| !p.is_empty()) else {
            return Err(ChrootRule::NoCommand.into());
        };
        let mut cmd = Cmd::inside(root, program).args(args.iter().cloned()).limit(None);
        for (name, value) in self.env.iter().flat_map(Variables::iter) {
            cmd = cmd.env(name, value);
        }
        if !self.check {
            cmd = cmd.any_code();
        }
        let shown = cmd.to_string();
        let guess = Ended { code: 0, stdout: String::new() };
        Ok(Plan::run(cmd).undo(Undo::Impossible("what a program did is its own affair")).reads(
            guess,
            move |outcomes| match outcomes.last() {
                Some(outcome) => {
                    let stdout = outcome.stdout[..outcome.stdout.floor_char_boundary(KEPT)].into();
                    Ok(Ended { code: outcome.code, stdout })
                }
                None => Err(StepError::new(&shown, Broken::Unreadable("no outcome".into())).into()),
            },
        ))
    }
}

/// Begins an interactive shell as the guide says: the system's profile, then the prompt.
const SHELL_RC: &str = "\
[ -r /etc/profile ] && . /etc/profile
[ -n \"$BASH_VERSION\" ] && [ -r ~/.bashrc ] && . ~/.bashrc
PS1=\"(chroot) $PS1\"
";

impl Action for Shell {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let root = self.root.to_string();
        vec![Effect::Program(ProgramEffect::Runs { program: "a shell".into(), root })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let root = mounted_root(&self.root, cx)?;
        if !cx.terminal {
            return Ok(Plan::already("there is no terminal to give a shell to"));
        }
        let inside = |path: &str| Place::new(&AbsPath::known(path), Some(&self.root));
        let there = |path: &str| cx.look(&inside(path)).map(|look| look != Look::Missing);
        let shell = if there("/bin/bash")? {
            "/bin/bash"
        } else if there("/bin/sh")? {
            "/bin/sh"
        } else {
            return Err(ChrootRule::NoShell { root }.into());
        };
        // Where /run is the running system's, nothing has to be written to the root.
        let run = format!("{root}/run");
        let name = match mounted(&run, cx) {
            true => "/run/gscript-shell-rc",
            false => "/.gscript-shell-rc",
        };
        let rc = inside(name);
        let mut cmd = Cmd::inside(root, shell).stdin(Stdin::Terminal).limit(None).any_code();
        cmd = match shell {
            "/bin/bash" => cmd.args(["--rcfile", name, "-i"]),
            _ => cmd.env("ENV", name).arg("-i"),
        };
        let content = Text::Known(SHELL_RC.into());
        let write = Step::Files(FilesStep::Write {
            place: rc.clone(),
            content,
            mode: Some(Mode::new(0o644)),
        });
        Ok(Plan::step(write).then(Step::Run(cmd)).then(FilesStep::Remove { place: rc }))
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
        let shown = Some(shown_conf(&root)).filter(|conf| mounted(&conf.at, cx));
        for call in shown.iter().chain(calls(&root).iter().rev()) {
            let one = unmounting(&call.at, cx);
            plan.steps.extend(one.steps);
            plan.makes.extend(one.makes);
        }
        Ok(plan)
    }
}
