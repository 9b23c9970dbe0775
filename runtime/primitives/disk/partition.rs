//! Writing a partition table.

use std::collections::BTreeMap;

use super::plan_table::{Part, TableRule, lay_out};
use crate::args;
use crate::error::Result;
use crate::machine::{Device, NewPartition, StorageFact};
use crate::operation::{Action, Effect, NODE_DEADLINE, Plan, Planning, StorageEffect, Undo};
use crate::primitives::wipe;
use crate::system::{Cmd, Stdin, Step, StorageStep};
use crate::types::{DevicePath, TableKind};

args! {
    /// Writes a new partition table; everything on the disk is lost.
    ///
    /// Partitions follow one another in the order of the list, aligned to 1 MiB. Signatures of what
    /// was there before are wiped first, from the old partitions to the disk, so that nothing of it
    /// comes back to life. Returns a map from the name (or else the number) of each partition to
    /// its device: `parts.boot`, or `parts["1"]`.
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
        /// Its partitions, as maps.
        pub parts: Vec<Part>,
        /// The format of the table.
        pub table: TableKind = "gpt",
        /// Whether to leave the table alone, with all that is on its partitions, where it is
        /// exactly so already: format, number, places, types and names.
        pub keep: bool = false,
    }
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
        let layout = lay_out(disk, &self.parts, self.table, cx.ids)?;
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
