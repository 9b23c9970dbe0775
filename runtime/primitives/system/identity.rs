//! The hostname, the time zone and the machine ID of a system.

use super::{Init, SystemRule};
use crate::args;
use crate::error::Result;
use crate::machine::files::{FileContents, FileStatus};
use crate::machine::{Fact, FilesFact};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::primitives::edit::{assign, exists, set_whole, system_file, writes};
use crate::primitives::file::text;
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, HostName, Mode, TimeZone, sha256};

args! {
    /// Sets the hostname of a system.
    ///
    /// Writes `/etc/hostname`, and on OpenRC also `/etc/conf.d/hostname`. Undo restores the
    /// previous files.
    ///
    /// Source: Gentoo handbook, "Set the hostname"; hostname(5).
    ///
    /// ```
    /// system::hostname("/mnt/old", "box");
    /// ```
    "system.hostname" => pub struct Hostname {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The hostname, without a domain.
        pub name: HostName,
        /// The init system; detected by default.
        pub init: Option<Init>,
    }
}

args! {
    /// Sets the time zone of a system.
    ///
    /// Links `/etc/localtime` to the time zone, and on OpenRC also writes its name to
    /// `/etc/timezone`. Undo restores the previous link and file.
    ///
    /// Source: Gentoo handbook, "Timezone"; localtime(5).
    ///
    /// ```
    /// system::timezone("/mnt/old", "Europe/Vienna");
    /// ```
    "system.timezone" => pub struct Timezone {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name of the time zone below `/usr/share/zoneinfo`.
        pub zone: TimeZone,
        /// The init system; detected by default.
        pub init: Option<Init>,
    }
}

args! {
    /// Creates the machine ID of a system (`/etc/machine-id`) and returns it.
    ///
    /// An existing valid machine ID is kept, unless `renew` is set, as it should be for a copy of
    /// another system. Undo restores the previous file.
    ///
    /// Source: machine-id(5).
    ///
    /// ```
    /// print(system::machine_id("/mnt/old"));
    /// ```
    "system.machine_id" => pub struct MachineId {
        /// The mount point of the system.
        pub root: AbsPath,
        /// Whether to replace an existing machine ID.
        pub renew: bool = false,
    }
}

const HOSTNAME: &str = "/etc/hostname";
const CONF_HOSTNAME: &str = "/etc/conf.d/hostname";
const LOCALTIME: &str = "/etc/localtime";
const TIMEZONE: &str = "/etc/timezone";
const MACHINE_ID: &str = "/etc/machine-id";

impl Action for Hostname {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, HOSTNAME), writes(&self.root, CONF_HOSTNAME)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let name = &self.name;
        let line = format!("{name}\n");
        let plan = set_whole(system_file(&self.root, HOSTNAME), cx, line)?;
        Ok(match Init::of(self.init, &self.root, cx)? {
            Init::Openrc => {
                let place = system_file(&self.root, CONF_HOSTNAME);
                plan.and(assign(place, cx, &[("hostname", name.to_string())])?)
            }
            Init::Systemd => plan,
        })
    }
}

impl Action for Timezone {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, LOCALTIME), writes(&self.root, TIMEZONE)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let zone = &self.zone;
        let file = system_file(&self.root, &format!("/usr/share/zoneinfo/{zone}"));
        if matches!(cx.look(&file)?, FileStatus::Missing | FileStatus::Dir { .. }) {
            return Err(SystemRule::NoZone { zone: zone.to_string(), place: file }.into());
        }
        let place = system_file(&self.root, LOCALTIME);
        let to = format!("../usr/share/zoneinfo/{zone}");
        let undo = match cx.look(&place)? {
            FileStatus::Missing => {
                Undo::Steps(vec![Step::Files(FilesStep::Remove { place: place.clone() })])
            }
            FileStatus::Link { to } => {
                let to = to.to_string_lossy().into_owned();
                Undo::Steps(vec![Step::Files(FilesStep::Link { place: place.clone(), to })])
            }
            _ => Undo::Impossible("the previous file is overwritten"),
        };
        let fact = Fact::Files(FilesFact::Link { place: place.clone(), to: to.clone() });
        let etc = place.parent();
        let mut steps = vec![Step::Files(FilesStep::Link { place, to })];
        if exists(&etc, cx)? == Some(false) {
            steps.insert(0, Step::Files(FilesStep::MakeDir { place: etc, mode: Mode::new(0o755) }));
        }
        let plan = Plan::steps(steps).makes(fact).undo(undo);
        Ok(match Init::of(self.init, &self.root, cx)? {
            Init::Openrc => {
                plan.and(set_whole(system_file(&self.root, TIMEZONE), cx, format!("{zone}\n"))?)
            }
            Init::Systemd => plan,
        })
    }
}

impl Action for MachineId {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, MACHINE_ID)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let fresh = cx.uuid().replace('-', "");
        let place = system_file(&self.root, MACHINE_ID);
        let old = text(&place, cx)?;
        let is_one = |id: &str| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
        if let (Some(FileContents::Known(bytes)), false) = (&old, self.renew) {
            let id = String::from_utf8_lossy(bytes).trim().to_owned();
            if is_one(&id) {
                let digest = Some(sha256(bytes));
                let fact = Fact::Files(FilesFact::File { place, digest, mode: None });
                return Ok(Plan::steps(Vec::new()).makes(fact).returns(id));
            }
        }
        let content = FileContents::Known(format!("{fresh}\n").into_bytes());
        let mode = Some(Mode::new(0o444));
        let mut plan =
            crate::primitives::file::replace(place.clone(), old, content, mode, String::new());
        if exists(&place.parent(), cx)? == Some(false) {
            plan.steps.insert(
                0,
                Step::Files(FilesStep::MakeDir { place: place.parent(), mode: Mode::new(0o755) }),
            );
        }
        Ok(plan.returns(fresh))
    }
}
