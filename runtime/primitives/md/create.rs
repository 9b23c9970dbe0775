//! Creating md arrays.

use super::{MdRule, Membership, array_size, free_device, mdadm, memberships};
use crate::args;
use crate::error::Result;
use crate::machine::{Content, Device, Release, StorageFact, StorageRelease};
use crate::operation::{Action, Effect, NODE_DEADLINE, Plan, Planning, StorageEffect, Undo};
use crate::primitives::copies::reject_copied_members;
use crate::primitives::{unknown_contents_warning, wipe_all, wipefs};
use crate::system::{Cmd, Step, StorageStep};
use crate::types::{ArrayName, Choice, DevicePath, MIB, MdFormat, RaidLevel, Size};

args! {
    /// Creates and starts an md array and returns its device.
    ///
    /// All data on the member devices is lost. Undo only stops the array; it does not restore the
    /// old data.
    ///
    /// The array is identified by its name on any host: after a reboot, `md.assemble` starts it
    /// unless udev has already done so, and returns its device, which may have a different number.
    /// The array is usable during the initial synchronization; `cat /proc/mdstat` shows its
    /// progress.
    ///
    /// Source: mdadm(8), md(4).
    ///
    /// ```
    /// let array = md::create("root", "raid1", ["/dev/sda2", "/dev/sda3"]);
    /// fs::make(array);
    /// ```
    "md.create" => pub struct Create {
        /// The name of the array.
        pub name: ArrayName,
        /// The RAID level: raid0 stripes without redundancy, raid1 mirrors, raid5 and raid6 survive
        /// the loss of one and of two devices, raid10 stripes across mirrors.
        pub level: RaidLevel,
        /// The member devices: at least 2, 3 for raid5, 4 for raid6, an even number of at least 4
        /// for raid10.
        pub devices: Vec<DevicePath>,
        /// The metadata format: 1.2 stores the superblock near the start of the devices; 1.0 stores
        /// it at the end, so that firmware without RAID support finds the filesystem of a raid1.
        /// raid0 requires 1.2.
        pub format: MdFormat = "1.2",
        /// The amount of data per device and stripe, a power of two of at least 4 KiB; ignored for
        /// raid1.
        pub chunk: Size = "512K",
        /// Whether to keep an existing array of this name and level on exactly these devices
        /// unchanged, with all its data. If only some of the devices belong to it, the call fails.
        pub keep: bool = false,
    }
}

/// The space before the data, for the superblock, the write-intent bitmap and later reshaping. It
/// is fixed instead of left to mdadm, so that the plan can compute the size of the array.
const DATA_START: u64 = 16 * MIB;
/// The space after the data in format 1.0.
const DATA_END: u64 = MIB;
/// The size of a raid1 member is rounded down to 64 KiB; mdadm counts in KiB.
const UNIT: u64 = 64 * 1024;

impl Create {
    /// Returns the number of bytes of a device that the array uses.
    fn share(&self, device: &Device) -> u64 {
        let unit = match self.level {
            RaidLevel::Raid1 => UNIT,
            _ => self.chunk.get(),
        };
        let room = match self.format {
            MdFormat::Beginning => device.size.saturating_sub(DATA_START),
            MdFormat::End => device.size.saturating_sub(DATA_END),
        };
        room / unit * unit
    }

    fn check(&self, devices: &[&Device]) -> std::result::Result<(), MdRule> {
        let (level, count) = (self.level, devices.len());
        let least = level.min_devices();
        let uneven = level == RaidLevel::Raid10 && !count.is_multiple_of(2);
        if count < least || uneven {
            let even = level == RaidLevel::Raid10;
            return Err(MdRule::Count { level: level.word(), least, even, count });
        }
        for (index, device) in devices.iter().enumerate() {
            if devices[..index].iter().any(|other| other.path == device.path) {
                return Err(MdRule::Twice { device: device.path.clone() });
            }
        }
        let chunk = self.chunk;
        if !chunk.get().is_power_of_two() || chunk.get() < 4096 {
            return Err(MdRule::Chunk { chunk });
        }
        if self.format == MdFormat::End && level == RaidLevel::Raid0 {
            return Err(MdRule::NotAtTheEnd);
        }
        match devices.iter().find(|device| self.share(device) == 0) {
            Some(small) => {
                let (device, size) = (small.path.clone(), Size::bytes(small.size));
                Err(MdRule::TooSmall { device, size })
            }
            None => Ok(()),
        }
    }

    fn command(&self, path: &str, uuid: &str, share: u64, cx: &Planning<'_>) -> Cmd {
        let mut cmd = mdadm(cx)
            .args(["--create", path, "--run"])
            .arg(format!("--level={}", self.level.number()))
            .arg(format!("--raid-devices={}", self.devices.len()))
            .arg(format!("--metadata={}", self.format.word()))
            .arg(format!("--uuid={uuid}"))
            // The array must also assemble on another host, such as a rescue system.
            .args(["--homehost=any", &format!("--name={}", self.name)]);
        if self.format == MdFormat::Beginning {
            cmd = cmd.arg(format!("--data-offset={}K", DATA_START / 1024));
        }
        if self.level != RaidLevel::Raid1 {
            cmd = cmd.arg(format!("--chunk={}", self.chunk.get() / 1024));
        }
        if self.level != RaidLevel::Raid0 {
            // The write-intent bitmap avoids a full resync after a crash; newer versions of mdadm
            // prompt for it if it is not specified.
            cmd = cmd.arg("--bitmap=internal").arg(format!("--size={}", share / 1024));
        }
        cmd
    }

    /// Returns whether an array has this level and as many devices when it is complete.
    fn is_of_this_shape(&self, array: &Membership<'_>) -> bool {
        array.level == self.level.word() && usize::try_from(array.devices) == Ok(self.devices.len())
    }

    /// Refuses to create an array again if it is to be kept, and only some of the devices have it. The
    /// array that this call made before an interruption (`uuid`) is created again.
    fn reject_incomplete(
        &self,
        arrays: &[Membership<'_>],
        devices: &[&Device],
        uuid: &str,
    ) -> Result<()> {
        let is_member = |array: &Membership<'_>, device: &&&Device| {
            array.members.iter().any(|member| member.path == device.path)
        };
        let is_kept = |array: &&Membership<'_>| {
            self.keep && array.uuid != uuid && self.is_of_this_shape(array)
        };
        for array in arrays.iter().filter(is_kept) {
            let (there, missing): (Vec<&Device>, Vec<&Device>) =
                devices.iter().partition(|device| is_member(array, device));
            if !there.is_empty() && !missing.is_empty() {
                let paths =
                    |devices: Vec<&Device>| devices.iter().map(|d| d.path.clone()).collect();
                let (there, missing) = (paths(there), paths(missing));
                return Err(
                    MdRule::KeptInPart { name: self.name.to_string(), there, missing }.into()
                );
            }
        }
        Ok(())
    }

    /// Returns the plan that keeps a matching array, whether it is running or not.
    fn existing_array(
        &self,
        devices: &[&Device],
        cx: &Planning<'_>,
    ) -> Result<Option<Plan<String>>> {
        let arrays = memberships(self.name.as_str(), cx.machine);
        for array in &arrays {
            reject_copied_members(array.name, &array.members, cx.machine)?;
        }
        let array = arrays.into_iter().find(|array| {
            self.is_of_this_shape(array)
                && array.members.len() == devices.len()
                && devices.iter().all(|d| array.members.iter().any(|m| m.path == d.path))
        });
        let Some(array) = array else { return Ok(None) };
        let running = cx.machine.array(self.name.as_str());
        let path = running.map_or_else(|| free_device(cx.machine), |device| device.path.clone());
        let members: Vec<&str> = array.members.iter().map(|m| m.path.as_str()).collect();
        let why = format!("{} {} is on {}", array.level, self.name, members.join(" "));
        Ok(Some(Plan::already(why).returns(path)))
    }
}

impl Action for Create {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        self.devices
            .iter()
            .map(|d| Effect::Storage(StorageEffect::Destroys { device: d.to_string() }))
            .collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let devices =
            self.devices.iter().map(|path| cx.device(path)).collect::<Result<Vec<_>>>()?;
        self.check(&devices)?;
        if self.keep
            && let Some(plan) = self.existing_array(&devices, cx)?
        {
            return Ok(plan);
        }
        let uuid = cx.uuid();
        let name = self.name.to_string();
        let strangers = |m: &&&Device| !devices.iter().any(|device| device.path == m.path);
        let arrays = memberships(&name, cx.machine);
        self.reject_incomplete(&arrays, &devices, &uuid)?;
        if let Some(other) = arrays.iter().flat_map(|array| &array.members).find(strangers) {
            return Err(MdRule::NameTaken { name, device: other.path.clone() }.into());
        }
        // If the array was already made before an interruption, it keeps its device.
        let made = cx.machine.array(&uuid);
        let path = made.map_or_else(|| free_device(cx.machine), |array| array.path.clone());
        let own: Vec<u64> = devices.iter().map(|device| self.share(device)).collect();
        let least = own.iter().min().copied().unwrap_or(0);
        let agreed = self.level != RaidLevel::Raid0;
        let shares: Vec<u64> = own.iter().map(|own| if agreed { least } else { *own }).collect();
        let count = u32::try_from(devices.len()).unwrap_or(u32::MAX);
        let level = self.level.word().to_owned();
        let members: Vec<String> = devices.iter().map(|device| device.path.clone()).collect();
        let mut steps: Vec<Step> =
            devices.iter().flat_map(|device| wipe_all(device, cx.machine)).collect();
        let create = self.command(&path, &uuid, least, cx).args(members.iter().cloned());
        steps.push(Step::Run(create));
        steps.push(Step::Storage(StorageStep::WaitFor {
            nodes: vec![path.clone()],
            limit: NODE_DEADLINE,
        }));
        // Data of an earlier array at the same position could appear as a signature on the new one.
        steps.push(Step::Run(wipefs(&path)));
        let mut plan = Plan::steps(steps);
        for (device, share) in devices.iter().zip(&shares) {
            let content = Content::RaidMember {
                uuid: uuid.clone(),
                name: name.clone(),
                level: level.clone(),
                devices: count,
                share: *share,
                // mdadm chooses it.
                member: None,
            };
            if device.table.is_some() {
                plan = plan.makes(StorageFact::Blank { device: device.path.clone() });
            }
            plan = plan.makes(StorageFact::Holds { device: device.path.clone(), content });
            plan = plan.warn(unknown_contents_warning(device, self.keep));
        }
        let size = array_size(&level, count, &shares);
        let sector = devices.iter().map(|device| device.sector).max().unwrap_or(512);
        let stop = Release::Storage(StorageRelease::Stop { array: path.clone() }).step(cx.machine);
        let array = path.clone();
        Ok(plan
            .makes(StorageFact::ArrayRunning { array, uuid, members, level, size, sector })
            .makes(StorageFact::Blank { device: path.clone() })
            .undo(Undo::Steps(vec![stop]))
            .returns(path))
    }
}
