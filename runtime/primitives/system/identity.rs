//! A system's name, its time zone, its identifier.

use super::{Init, SystemRule};
use crate::args;
use crate::error::Result;
use crate::machine::files::{Look, Text};
use crate::machine::{Fact, FilesFact};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::primitives::edit::{assign, edit, exists, there, writes};
use crate::primitives::file::text;
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, HostName, Mode, TimeZone, sha256};

args! {
    /// Names a system: in `/etc/hostname`, and in `/etc/conf.d/hostname` where OpenRC starts it.
    ///
    /// Source: Gentoo handbook, "Set the hostname"; hostname(5).
    ///
    /// ```
    /// system::hostname("/mnt/old", "box");
    /// ```
    "system.hostname" => pub struct Hostname {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name, without a domain.
        pub name: HostName,
        /// What starts it; found out when absent.
        pub init: Option<Init>,
    }
}

args! {
    /// Sets the time zone: `/etc/localtime` leads to it, and `/etc/timezone` names it where OpenRC
    /// starts the system.
    ///
    /// Source: Gentoo handbook, "Timezone"; localtime(5).
    ///
    /// ```
    /// system::timezone("/mnt/old", "Europe/Vienna");
    /// ```
    "system.timezone" => pub struct Timezone {
        /// The mount point of the system.
        pub root: AbsPath,
        /// Its name below `/usr/share/zoneinfo`.
        pub zone: TimeZone,
        /// What starts it; found out when absent.
        pub init: Option<Init>,
    }
}

args! {
    /// Gives a system an identifier of its own (`/etc/machine-id`), unless it has one. A copy of another
    /// system should get a new one: `renew: true`. Returns it.
    ///
    /// Source: machine-id(5).
    ///
    /// ```
    /// print(system::machine_id("/mnt/old"));
    /// ```
    "system.machine_id" => pub struct MachineId {
        /// The mount point of the system.
        pub root: AbsPath,
        /// Whether it gets a new one although it has one.
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
        let plan = edit(there(&self.root, HOSTNAME), cx, |_| Ok(line))?;
        Ok(match Init::of(self.init, &self.root, cx)? {
            Init::Openrc => {
                let place = there(&self.root, CONF_HOSTNAME);
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
        let file = there(&self.root, &format!("/usr/share/zoneinfo/{zone}"));
        if matches!(cx.look(&file)?, Look::Missing | Look::Dir { .. }) {
            return Err(SystemRule::NoZone { zone: zone.to_string(), place: file }.into());
        }
        let place = there(&self.root, LOCALTIME);
        let to = format!("../usr/share/zoneinfo/{zone}");
        let undo = match cx.look(&place)? {
            Look::Missing => {
                Undo::Steps(vec![Step::Files(FilesStep::Remove { place: place.clone() })])
            }
            Look::Link { to } => {
                let to = to.to_string_lossy().into_owned();
                Undo::Steps(vec![Step::Files(FilesStep::Link { place: place.clone(), to })])
            }
            _ => Undo::Impossible("the file that was there is replaced"),
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
                plan.and(edit(there(&self.root, TIMEZONE), cx, |_| Ok(format!("{zone}\n")))?)
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
        let place = there(&self.root, MACHINE_ID);
        let old = text(&place, cx)?;
        let is_one = |id: &str| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
        if let (Some(Text::Known(bytes)), false) = (&old, self.renew) {
            let id = String::from_utf8_lossy(bytes).trim().to_owned();
            if is_one(&id) {
                let digest = Some(sha256(bytes));
                let fact = Fact::Files(FilesFact::File { place, digest, mode: None });
                return Ok(Plan::steps(Vec::new()).makes(fact).returns(id));
            }
        }
        let content = Text::Known(format!("{fresh}\n").into_bytes());
        let mode = Some(Mode::new(0o444));
        let mut plan = crate::primitives::file::replace(place.clone(), old, content, mode);
        if exists(&place.parent(), cx)? == Some(false) {
            plan.steps.insert(
                0,
                Step::Files(FilesStep::MakeDir { place: place.parent(), mode: Mode::new(0o755) }),
            );
        }
        Ok(plan.returns(fresh))
    }
}
