//! Services: enabling them at boot, and starting and stopping them.

mod status;

pub use status::Status;

use std::path::Path;

use super::edit::{command, exists, system_file};
use super::system::Init;
use crate::args;
use crate::error::{Result, Rule};
use crate::machine::FilesFact;
use crate::machine::files::FileStatus;
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, Undo};
use crate::system::{Cmd, Step};
use crate::types::{AbsPath, Choice, Place, ServiceName};

args! {
    /// Enables a service at boot, without starting it now.
    ///
    /// Runs `rc-update add` on OpenRC and `systemctl enable` on systemd. Undo disables the service.
    ///
    /// Source: rc-update(8); systemctl(1).
    ///
    /// ```
    /// service::enable("/mnt/old", "dmcrypt", #{ runlevel: "boot" });
    /// ```
    "service.enable" => pub struct Enable {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The name of the service: a script in `/etc/init.d`, or a unit.
        pub name: ServiceName,
        /// The OpenRC runlevel; ignored on systemd, where the unit itself determines when it
        /// starts.
        pub runlevel: ServiceName = "default",
        /// The init system; detected by default.
        pub init: Option<Init>,
    }
}

args! {
    /// Disables a service at boot, without stopping it now.
    ///
    /// Undo enables the service.
    ///
    /// Source: rc-update(8); systemctl(1).
    ///
    /// ```
    /// service::disable("/mnt/old", "sshd");
    /// ```
    "service.disable" => pub struct Disable {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The name of the service.
        pub name: ServiceName,
        /// The OpenRC runlevel; ignored on systemd.
        pub runlevel: ServiceName = "default",
        /// The init system; detected by default.
        pub init: Option<Init>,
    }
}

args! {
    /// Starts a service of the running system.
    ///
    /// Undo stops it.
    ///
    /// Source: rc-service(8); systemctl(1).
    ///
    /// ```
    /// service::start("sshd");
    /// ```
    "service.start" => pub struct Start {
        /// The name of the service.
        pub name: ServiceName,
        /// The init system; detected by default.
        pub init: Option<Init>,
    }
}

args! {
    /// Stops a service of the running system.
    ///
    /// Undo starts it.
    ///
    /// Source: rc-service(8); systemctl(1).
    ///
    /// ```
    /// service::stop("sshd");
    /// ```
    "service.stop" => pub struct Stop {
        /// The name of the service.
        pub name: ServiceName,
        /// The init system; detected by default.
        pub init: Option<Init>,
    }
}

/// A violated rule about services.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceRule {
    /// The service does not exist.
    #[error("there is no service {name}: {place} does not exist")]
    NoService {
        /// The name of the service.
        name: String,
        /// The missing file.
        place: Place,
    },
    /// The runlevel does not exist.
    #[error("there is no runlevel {name}: {place} does not exist")]
    NoRunlevel {
        /// The name of the runlevel.
        name: String,
        /// The missing directory.
        place: Place,
    },
}

impl Rule for ServiceRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoService { .. } => "install its package first: portage::emerge".into(),
            Self::NoRunlevel { .. } => "choose one of sysinit, boot, default, nonetwork".into(),
        })
    }
}

/// Returns the path of the link that enables a service in an OpenRC runlevel.
fn link_in(root: &AbsPath, runlevel: &str, name: &str) -> Place {
    system_file(root, &format!("/etc/runlevels/{runlevel}/{name}"))
}

/// Returns the path of the OpenRC script of a service.
fn script(name: &str) -> String {
    format!("/etc/init.d/{name}")
}

/// Returns the path of the link that OpenRC creates while a service is started.
fn started(name: &str) -> Place {
    Place::here(format!("/run/openrc/started/{name}"))
}

/// The directories that systemd searches for units (systemd.unit(5)), in order of precedence.
const UNITS: [&str; 4] = [
    "/etc/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

fn unit(name: &str) -> String {
    match Path::new(name).extension() {
        Some(_) => name.to_owned(),
        None => format!("{name}.service"),
    }
}

/// Rejects a service that does not exist.
fn must_exist(root: &AbsPath, name: &str, init: Init, cx: &Planning<'_>) -> Result<()> {
    let places: Vec<Place> = match init {
        Init::Openrc => vec![system_file(root, &script(name))],
        Init::Systemd => {
            // An instance such as `getty@tty1` is created from its template `getty@`.
            let file = match unit(name).split_once('@') {
                Some((template, rest)) => {
                    let kind = rest.rsplit_once('.').map_or("service", |(_, kind)| kind);
                    format!("{template}@.{kind}")
                }
                None => unit(name),
            };
            UNITS.map(|directory| system_file(root, &format!("{directory}/{file}"))).into()
        }
    };
    for place in &places {
        if exists(place, cx)? != Some(false) {
            return Ok(());
        }
    }
    let place = places.last().cloned().unwrap_or_else(|| system_file(root, "/"));
    Err(ServiceRule::NoService { name: name.to_owned(), place }.into())
}

/// Returns whether the root is that of the running system.
fn is_running(root: &AbsPath) -> bool {
    root.to_string() == "/"
}

fn systemctl(root: &AbsPath, verb: &str, name: &str, cx: &Planning<'_>) -> Result<Cmd> {
    if is_running(root) {
        return Ok(Cmd::tool("systemctl").args([verb, &unit(name)]));
    }
    // With --root, systemctl only edits files and does not contact a running systemd.
    Ok(command(root, "systemctl", cx)?.args(["--root=/", verb, &unit(name)]))
}

fn rc_update(root: &AbsPath, cx: &Planning<'_>) -> Result<Cmd> {
    match is_running(root) {
        true => Ok(Cmd::tool("rc-update")),
        false => command(root, "rc-update", cx),
    }
}

/// Returns whether a unit is enabled in any of the common targets.
fn is_enabled(root: &AbsPath, name: &str, cx: &Planning<'_>) -> Result<bool> {
    for target in
        ["multi-user", "graphical", "sysinit", "sockets", "timers", "getty", "network-online"]
    {
        let place =
            system_file(root, &format!("{}/{target}.target.wants/{}", UNITS[0], unit(name)));
        if matches!(cx.look(&place)?, FileStatus::Link { .. }) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn runs(program: &str, root: &AbsPath) -> Vec<Effect> {
    vec![Effect::Program(ProgramEffect::Runs { program: program.into(), root: root.to_string() })]
}

/// Returns the effects of changing services. If the init system is known only at run time, the
/// effects include both managers.
fn manager(init: Option<Init>, root: &AbsPath) -> Vec<Effect> {
    let programs: &[&str] = match init {
        Some(Init::Openrc) => &["rc-update"],
        Some(Init::Systemd) => &["systemctl"],
        None => &["rc-update", "systemctl"],
    };
    programs.iter().flat_map(|program| runs(program, root)).collect()
}

impl Action for Enable {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        manager(self.init, &self.root)
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let (root, name) = (&self.root, self.name.as_str());
        let init = Init::of(self.init, root, cx)?;
        must_exist(root, name, init, cx)?;
        match init {
            Init::Openrc => {
                let place = link_in(root, &self.runlevel, name);
                if exists(&place.parent(), cx)? == Some(false) {
                    let (name, place) = (self.runlevel.to_string(), place.parent());
                    return Err(ServiceRule::NoRunlevel { name, place }.into());
                }
                let cmd = rc_update(root, cx)?;
                let del = cmd.clone().args(["del", name, self.runlevel.as_str()]);
                let add = cmd.args(["add", name, self.runlevel.as_str()]);
                Ok(Plan::run(add)
                    .makes(FilesFact::Link { place, to: script(name) })
                    .undo(Undo::Steps(vec![Step::Run(del)])))
            }
            Init::Systemd if is_enabled(root, name, cx)? => {
                Ok(Plan::already(format!("{} is enabled", unit(name))))
            }
            Init::Systemd => {
                let undo = Step::Run(systemctl(root, "disable", name, cx)?);
                Ok(Plan::run(systemctl(root, "enable", name, cx)?).undo(Undo::Steps(vec![undo])))
            }
        }
    }
}

impl Action for Disable {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        manager(self.init, &self.root)
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let (root, name) = (&self.root, self.name.as_str());
        match Init::of(self.init, root, cx)? {
            Init::Openrc => {
                let place = link_in(root, &self.runlevel, name);
                let cmd = rc_update(root, cx)?;
                let add = cmd.clone().args(["add", name, self.runlevel.as_str()]);
                let del = cmd.args(["del", name, self.runlevel.as_str()]);
                Ok(Plan::run(del)
                    .makes(FilesFact::Absent { place })
                    .undo(Undo::Steps(vec![Step::Run(add)])))
            }
            Init::Systemd => {
                let undo = Step::Run(systemctl(root, "enable", name, cx)?);
                Ok(Plan::run(systemctl(root, "disable", name, cx)?).undo(Undo::Steps(vec![undo])))
            }
        }
    }
}

/// Returns the command that starts or stops a service of the running system.
fn control(verb: &str, name: &str, init: Init) -> Cmd {
    match init {
        Init::Openrc => Cmd::tool("rc-service").args(["--nocolor", name, verb]),
        Init::Systemd => Cmd::tool("systemctl").args([verb, &unit(name)]),
    }
}

/// Returns the plan that starts or stops a service; the opposite verb undoes it.
fn control_plan(
    verbs: [&str; 2],
    name: &str,
    init: Option<Init>,
    cx: &Planning<'_>,
) -> Result<Plan<()>> {
    let here = AbsPath::assume_valid("/");
    let init = Init::of(init, &here, cx)?;
    must_exist(&here, name, init, cx)?;
    let back = Step::Run(control(verbs[1], name, init));
    let plan = Plan::run(control(verbs[0], name, init)).undo(Undo::Steps(vec![back]));
    Ok(match (init, verbs[0]) {
        (Init::Openrc, "start") => {
            plan.makes(FilesFact::Link { place: started(name), to: script(name) })
        }
        (Init::Openrc, _) => plan.makes(FilesFact::Absent { place: started(name) }),
        _ => plan,
    })
}

impl Action for Start {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        runs(&self.name, &AbsPath::assume_valid("/"))
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        control_plan(["start", "stop"], &self.name, self.init, cx)
    }
}

impl Action for Stop {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        // If the init system is known only at run time, both commands have to be approved.
        let inits = self.init.map_or_else(|| Init::ALL.to_vec(), |init| vec![init]);
        let stop = |init| {
            Effect::Program(ProgramEffect::Ends {
                what: control("stop", &self.name, init).to_string(),
            })
        };
        inits.into_iter().map(stop).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        control_plan(["stop", "start"], &self.name, self.init, cx)
    }
}
