//! Partitions that share bytes. The kernel allows it, and images for both optical media and USB
//! sticks have them: one partition is the whole image, another one the boot loader inside it.

use crate::machine::{Device, Machine, PartitionEntry};

/// Returns whether a partition only contains the logical partitions, which are partitions as well.
pub(super) fn is_extended(entry: &PartitionEntry) -> bool {
    matches!(entry.code.as_str(), "0x5" | "0xf" | "0x85")
}

/// The number of the first logical partition (fdisk(8)).
const FIRST_LOGICAL: u32 = 5;

impl Machine {
    /// Returns the other partitions that share bytes with this one, or that are lost with it: an
    /// extended partition begins with the table of the logical ones.
    pub(super) fn overlapping(&self, device: &Device) -> Vec<&Device> {
        if let Some(own) = device.partition().filter(|own| is_extended(own)) {
            let mut logical = self.partitions(&own.disk);
            logical.retain(|other| other.partition().is_some_and(|p| p.number >= FIRST_LOGICAL));
            return logical;
        }
        // The place of a partition without a type is not known.
        let placed = |entry: &&PartitionEntry| !entry.code.is_empty() && !is_extended(entry);
        let Some(own) = device.partition().filter(placed) else { return Vec::new() };
        let end = own.start.saturating_add(device.size);
        let mut others = self.partitions(&own.disk);
        others.retain(|other| {
            other.path != device.path
                && other.partition().filter(placed).is_some_and(|entry| {
                    entry.start < end && own.start < entry.start.saturating_add(other.size)
                })
        });
        others
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{DeviceKind, Mount};

    fn partition(number: u32, start: u64, size: u64, code: &str) -> Device {
        let entry = PartitionEntry {
            disk: "/dev/sda".into(),
            number,
            start,
            code: code.into(),
            uuid: String::new(),
            name: None,
        };
        Device::new(format!("/dev/sda{number}"), size, DeviceKind::Partition(entry))
    }

    fn stick() -> Machine {
        let mut machine = Machine::empty();
        machine.insert(Device::new("/dev/sda", 1000, DeviceKind::Disk));
        machine.insert(partition(1, 0, 500, "0x0"));
        machine.insert(partition(2, 100, 50, "0xef"));
        machine.insert(partition(3, 500, 500, "0x5"));
        machine.insert(partition(5, 510, 400, "0x83"));
        machine
    }

    #[test]
    fn logical_partitions_are_lost_with_the_extended_one_and_not_the_other_way_round() {
        let machine = stick();
        let overlapping = |path: &str| -> Vec<&str> {
            let device = machine.find(path).expect("the device");
            machine.overlapping(device).iter().map(|other| other.path.as_str()).collect()
        };
        assert_eq!(overlapping("/dev/sda1"), ["/dev/sda2"]);
        assert_eq!(overlapping("/dev/sda2"), ["/dev/sda1"]);
        assert_eq!(overlapping("/dev/sda5"), Vec::<&str>::new());
        assert_eq!(overlapping("/dev/sda3"), ["/dev/sda5"]);
    }

    #[test]
    fn an_extended_partition_is_in_use_with_its_logical_ones() {
        let mut machine = stick();
        machine.storage.swaps.insert("/dev/sda5".into(), -2);
        let uses: Vec<String> = machine.uses("/dev/sda3").iter().map(ToString::to_string).collect();
        assert_eq!(uses, ["/dev/sda5 is active swap space"]);
        assert_eq!(
            machine.cautions("/dev/sda3"),
            [
                "/dev/sda3 and /dev/sda5 overlap: what is lost on /dev/sda3 is lost on /dev/sda5 as well"
            ]
        );
        assert_eq!(machine.uses("/dev/sda1"), []);
    }

    #[test]
    fn a_partition_in_a_mounted_one_is_in_use() {
        let mut machine = stick();
        machine.storage.mounts.push(Mount {
            source: "/dev/sda1".into(),
            at: "/run/live".into(),
            kind: "iso9660".into(),
            part: "/".into(),
            options: std::collections::BTreeSet::new(),
        });
        let uses: Vec<String> = machine.uses("/dev/sda2").iter().map(ToString::to_string).collect();
        assert_eq!(uses, ["/dev/sda1 is mounted at /run/live"]);
        assert_eq!(machine.releases("/dev/sda2").len(), 1);
        assert_eq!(machine.uses("/dev/sda5"), []);
    }
}
