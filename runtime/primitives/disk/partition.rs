//! Writing partition tables.

use std::collections::BTreeMap;

use super::plan_table::{PartitionEntry, TableRule, write_input};
use crate::args;
use crate::error::Result;
use crate::machine::{Device, NewPartition, StorageFact};
use crate::operation::{Action, Effect, NODE_DEADLINE, Plan, Planning, StorageEffect, Undo};
use crate::primitives::wipe;
use crate::system::{Cmd, Stdin, Step, StorageStep};
use crate::types::{DevicePath, TableKind};

args! {
    /// Writes a new partition table to a disk and returns the devices of its partitions.
    ///
    /// All data on the disk is lost; this cannot be undone. The partitions are created in the order
    /// of the list, starting at 1 MiB and aligned to 1 MiB. The signatures of the old partitions
    /// and of the disk are erased first, so that old contents are not detected again.
    ///
    /// Returns a map from the name of each partition, or its number if it has no name, to its
    /// device: `parts.boot`, or `parts["1"]`.
    ///
    /// Source: sfdisk(8); guide ER, "Partition The Hard Drive".
    ///
    /// ```
    /// let parts = disk::partition("/dev/sda", [
    ///     #{ name: "boot", size: "512M", kind: "linux" },
    ///     #{ name: "root", size: "rest", kind: "luks" },
    /// ]);
    /// fs::make(parts.boot);
    /// ```
    "disk.partition" => pub struct Partition {
        /// The whole disk.
        pub disk: DevicePath,
        /// The partitions, as maps; an MBR holds at most 4.
        pub parts: Vec<PartitionEntry>,
        /// The format of the partition table; an MBR addresses at most 2^32 sectors (2 TiB with
        /// sectors of 512 bytes).
        pub table: TableKind = "gpt",
        /// Whether to keep an existing table unchanged, with the data on all its partitions, if it
        /// matches the request exactly: format, number, positions, types and names of the
        /// partitions.
        pub keep: bool = false,
    }
}

/// Returns whether a disk is a DASD with tracks of records, on which sfdisk's tables have no place.
/// One that emulates a disk of fixed blocks has sectors of 512 bytes.
fn is_dasd(disk: &Device) -> bool {
    disk.name().starts_with("dasd") && disk.sector == 4096
}

impl Action for Partition {
    type Output = BTreeMap<String, String>;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Destroys { device: self.disk.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<Self::Output>> {
        let disk = cx.device(&self.disk)?;
        if !disk.is_disk() {
            return Err(TableRule::NotADisk { device: disk.path.clone() }.into());
        }
        if is_dasd(disk) {
            return Err(TableRule::Dasd { disk: disk.path.clone() }.into());
        }
        let layout = write_input(disk, &self.parts, self.table, cx.ids)?;
        let device = |number| disk.partition_path(number);
        let output = layout
            .parts
            .iter()
            .map(|part| {
                let number = part.number.to_string();
                (part.name.clone().unwrap_or(number), device(part.number))
            })
            .collect();
        let old = cx.machine.partitions(&disk.path);
        if self.keep && disk.table.as_ref().is_some_and(|table| table.kind == self.table) {
            let same = |(new, old): (&NewPartition, &&Device)| new.is_laid_out_as(old);
            if old.len() == layout.parts.len() && layout.parts.iter().zip(&old).all(same) {
                let why = format!("{} has these {} partitions", disk.path, old.len());
                return Ok(Plan::already(why).returns(output));
            }
        }
        let mut steps: Vec<Step> = old.iter().rev().filter_map(|part| wipe(part)).collect();
        let sfdisk = Cmd::tool("sfdisk")
            .args(["--quiet", "--wipe", "always", "--wipe-partitions", "always"])
            .arg(&disk.path)
            .env("LOCK_BLOCK_DEVICE", "yes")
            .stdin(Stdin::Text(layout.script));
        steps.push(Step::Run(sfdisk));
        let nodes = layout.parts.iter().map(|part| device(part.number)).collect();
        steps.push(Step::Storage(StorageStep::WaitFor { nodes, limit: NODE_DEADLINE }));
        Ok(Plan::steps(steps)
            .makes(StorageFact::Partitioned {
                disk: disk.path.clone(),
                table: layout.table,
                parts: layout.parts,
            })
            .undo(Undo::Impossible("the old partition table is overwritten"))
            .returns(output))
    }
}
