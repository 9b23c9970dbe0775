//! `cgroup.device_allow`: the devices that the processes of a group can open.

use super::create::alters;
use super::rule::CgroupRule;
use super::seen::SeenGroups;
use super::values::{CgroupName, Controller};
use crate::args;
use crate::error::Result;
use crate::machine::cgroup::{CgroupFact, CgroupStep};
use crate::machine::files::FileStatus;
use crate::operation::{Action, Effect, Plan, Planning, StorageEffect, Undo};
use crate::types::{AbsPath, Choice, Place};

args! {
    /// Allows the processes of a control group to open and make only these devices.
    ///
    /// All other devices are refused by the kernel, to root as well: to open and make them, and to
    /// mount them or swap to them. Devices that are open already stay open. In version 2, a filter
    /// is added, and a device must be allowed by all filters of the group and of those above it. In
    /// version 1, the list of the group is replaced; it needs the controller `devices`.
    ///
    /// Source: Documentation/admin-guide/cgroup-v2.rst ("Device controller") and
    /// cgroup-v1/devices.rst of the kernel; bpf(2).
    ///
    /// ```
    /// cgroup::create("jail", #{ controllers: ["devices"] });
    /// cgroup::device_allow("jail", ["/dev/sda"]);
    /// ```
    "cgroup.device_allow" => pub struct DeviceAllow {
        /// The path of the group.
        pub group: CgroupName,
        /// The devices.
        pub devices: Vec<AbsPath>,
        /// Whether to allow `/dev/null`, `zero`, `full`, `random`, `urandom` and `tty`, too, which
        /// most programs need.
        pub basic: bool = true,
    }
}

/// Devices that contain no data.
const BASIC: [&str; 6] =
    ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];

impl Action for DeviceAllow {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let devices = self.devices.iter().map(ToString::to_string);
        let uses = devices.map(|device| Effect::Storage(StorageEffect::Uses { device }));
        [alters(self.group.as_str())].into_iter().chain(uses).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let seen = SeenGroups::of(cx)?;
        let found = seen.below_top(&self.group, "filtered")?;
        let group = self.group.as_str().to_owned();
        let controller = Controller::Devices.word();
        let legacy = seen.all.unified.is_none();
        if legacy && found.is_some_and(|found| !found.controllers.contains(controller)) {
            let controller = controller.to_owned();
            return Err(CgroupRule::LacksController { group, controller }.into());
        }
        for device in &self.devices {
            if cx.look(&Place::here(device.as_path()))? == FileStatus::Missing {
                return Err(CgroupRule::NoSuchNode { device: device.to_string() }.into());
            }
        }
        let basic = BASIC.iter().filter(|_| self.basic).map(|path| (*path).to_owned());
        let devices: Vec<String> =
            basic.chain(self.devices.iter().map(ToString::to_string)).collect();
        let directory = match seen.all.directory_of(controller, &group).filter(|_| legacy) {
            Some((directory, _)) => directory,
            None => seen.all.base_directory(&group).unwrap_or_default(),
        };
        let step = CgroupStep::FilterDevices { directory, devices: devices.clone(), legacy };
        Ok(Plan::step(step)
            .warn(seen.unknown(&self.group))
            .makes(CgroupFact::CgroupFiltered { group, devices })
            .undo(Undo::Impossible("the filter ends with the group")))
    }
}
