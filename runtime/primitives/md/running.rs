//! Starting, stopping and querying md arrays.

use serde::Serialize;

use super::{MdRule, Membership, array_names, array_size, free_device, mdadm, memberships};
use crate::args;
use crate::error::Result;
use crate::machine::{Release, StorageFact, StorageRelease};
use crate::operation::guard::check_unused;
use crate::operation::{
    Action, Answer, Effect, NODE_DEADLINE, Plan, Planning, ProgramEffect, Query, StorageEffect,
    Undo,
};
use crate::primitives::copies::reject_copied_members;
use crate::system::{Step, StorageStep};
use crate::types::{ArrayId, nearest};

args! {
    /// Starts an existing md array and returns its device.
    ///
    /// Fails if members are missing, unless `degraded` is set. An array that is already running is
    /// left unchanged. Undo stops the array.
    ///
    /// Source: mdadm(8), `--assemble`.
    ///
    /// ```
    /// md::create("root", "raid1", ["/dev/sda2", "/dev/sda3"]);
    /// md::stop("root");
    /// let array = md::assemble("root");
    /// ```
    "md.assemble" => pub struct Assemble {
        /// The name of the array, or its UUID.
        pub name: ArrayId,
        /// Whether to start the array even if members are missing. Its redundancy is then reduced
        /// or lost.
        pub degraded: bool = false,
        /// Whether to start the array read-only: nothing is written to its members, not even to
        /// their superblocks, and no synchronization starts. An array that is already running is
        /// left as it is.
        pub read_only: bool = false,
    }
}

args! {
    /// Stops a running md array.
    ///
    /// Its device disappears until the array is started again. Filesystems, swap areas and
    /// containers on it must be released first.
    ///
    /// Source: mdadm(8), `--stop`.
    ///
    /// ```
    /// md::create("root", "raid1", ["/dev/sda2", "/dev/sda3"]);
    /// md::stop("root");
    /// ```
    "md.stop" => pub struct Stop {
        /// The name of the array, or its UUID.
        pub name: ArrayId,
    }
}

args! {
    /// Returns information about an md array.
    ///
    /// The result is a map with `name` (empty if it has none), `uuid`, `level`, `devices` (the number of members of the
    /// complete array), `members` (the devices that are present), `path` (nil if the array is
    /// stopped) and `bytes` (the size).
    ///
    /// Source: mdadm(8), `--examine`, `--detail`.
    ///
    /// ```
    /// md::create("root", "raid1", ["/dev/sda2", "/dev/sda3"]);
    /// print(md::info("root").members);
    /// ```
    "md.info" => pub struct Info {
        /// The name of the array, or its UUID.
        pub name: ArrayId,
    }
}

args! {
    /// Lists the names of all arrays, running or stopped, from the superblocks of their members.
    ///
    /// An array without a name, or with the name of another one, is listed by its UUID.
    ///
    /// Source: mdadm(8), `--examine`.
    ///
    /// ```
    /// let names = md::list();
    /// ```
    "md.list" => pub struct List {}
}

/// Returns the array with this name; an error if there is none or more than one.
pub(super) fn array<'a>(name: &ArrayId, cx: &Planning<'a>) -> Result<Membership<'a>> {
    let mut arrays = memberships(name.as_str(), cx.machine);
    let found = arrays.pop();
    match (found, arrays.pop()) {
        (Some(array), None) => Ok(array),
        (Some(one), Some(other)) => {
            let first = |array: &Membership<'_>| array.members[0].path.clone();
            let devices = [first(&one), first(&other)];
            Err(MdRule::Ambiguous { name: name.to_string(), devices }.into())
        }
        (None, _) => {
            let known = array_names(cx.machine);
            let near = nearest(name.as_str(), known.iter().map(String::as_str));
            let near = near.map(str::to_owned);
            Err(MdRule::NoSuchArray { name: name.to_string(), nearest: near, known }.into())
        }
    }
}

impl Action for Assemble {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Assembles { array: self.name.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let found = array(&self.name, cx)?;
        if let Some(running) = cx.machine.array(self.name.as_str()) {
            let path = running.path.clone();
            let why = format!("{} {path} runs", found.level);
            return Ok(Plan::already(why).returns(path));
        }
        reject_copied_members(self.name.as_str(), &found.members, cx.machine)?;
        let complete = usize::try_from(found.devices) == Ok(found.members.len());
        if !complete && !self.degraded {
            return Err(MdRule::Incomplete {
                name: self.name.to_string(),
                there: found.members.iter().map(|m| m.path.clone()).collect(),
                devices: found.devices,
            }
            .into());
        }
        let members: Vec<String> = found.members.iter().map(|m| m.path.clone()).collect();
        // udev may have added the members to an array that it could not start.
        let inactive = cx.machine.storage.devices.values().find(|device| {
            let below = cx.machine.parents(device);
            device.is_inactive_array() && members.iter().any(|m| below.contains(&m.as_str()))
        });
        let path = inactive.map_or_else(|| free_device(cx.machine), |device| device.path.clone());
        let stop = inactive.map(|device| {
            let release = StorageRelease::Stop { array: device.path.clone() };
            Release::Storage(release).step(cx.machine)
        });
        let mut assemble = mdadm(cx).args(["--assemble", &path, &format!("--uuid={}", found.uuid)]);
        if !complete {
            assemble = assemble.arg("--run");
        }
        if self.read_only {
            assemble = assemble.arg("--readonly");
        }
        let assemble = assemble.args(members.iter().cloned());
        let sector = found.members.iter().map(|member| member.sector).max().unwrap_or(512);
        Ok(Plan::steps(stop.into_iter().chain([Step::Run(assemble)]).collect())
            .then(StorageStep::WaitFor { nodes: vec![path.clone()], limit: NODE_DEADLINE })
            .makes(StorageFact::ArrayRunning {
                array: path.clone(),
                uuid: found.uuid.to_owned(),
                members,
                level: found.level.to_owned(),
                size: array_size(found.level, found.devices, &found.shares),
                sector,
            })
            .undo(Undo::Release)
            .returns(path))
    }
}

impl Action for Stop {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let array = format!("/dev/md/{}", self.name);
        vec![Effect::Program(ProgramEffect::Ends {
            what: Release::Storage(StorageRelease::Stop { array }).to_string(),
        })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        array(&self.name, cx)?;
        let Some(running) = cx.machine.array(self.name.as_str()) else {
            return Ok(Plan::already(format!("{} does not run", self.name)));
        };
        check_unused(cx.machine, &running.path)?;
        let array = running.path.clone();
        let release = Release::Storage(StorageRelease::Stop { array: array.clone() });
        Ok(Plan::step(release.step(cx.machine)).makes(StorageFact::ArrayStopped { array }))
    }
}

/// The result of `md.info`.
#[derive(Debug, Serialize)]
pub struct ArrayInfo {
    name: String,
    uuid: String,
    level: String,
    devices: u32,
    members: Vec<String>,
    path: Option<String>,
    bytes: u64,
}

impl Query for List {
    type Output = Vec<String>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        Ok(Answer::Known(array_names(cx.machine)))
    }
}

impl Query for Info {
    type Output = ArrayInfo;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<ArrayInfo>> {
        let found = array(&self.name, cx)?;
        let running = cx.machine.array(self.name.as_str());
        Ok(Answer::Known(ArrayInfo {
            name: found.name.to_owned(),
            uuid: found.uuid.to_owned(),
            level: found.level.to_owned(),
            devices: found.devices,
            members: found.members.iter().map(|member| member.path.clone()).collect(),
            path: running.map(|device| device.path.clone()),
            bytes: array_size(found.level, found.devices, &found.shares),
        }))
    }
}
