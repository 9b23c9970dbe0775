//! Device properties from the udev database, as printed by lsblk, for users who are not permitted
//! to read the devices.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::blkid::{BlkidInfo, signature};
use super::lsblk::split_dm_name;
use super::{Group, ToolOutputError};
use crate::machine::{PartitionEntry, Volume};

/// The columns to request from lsblk. FSVER is last, so that it can be omitted for versions before
/// 2.34, which lack it.
pub const UDEV_COLUMNS: &str =
    "NAME,KNAME,PATH,TYPE,SIZE,FSTYPE,UUID,LABEL,PTTYPE,PTUUID,PARTTYPE,PARTUUID,PARTLABEL,FSVER";

/// Device properties from the udev database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UdevData {
    /// Signatures by device. They lack the positions of partitions, which come from the kernel.
    pub signatures: BTreeMap<String, BlkidInfo>,
    /// Kernel names of partitions, by device.
    pub partitions: BTreeMap<String, String>,
    /// Groups with active volumes. Only root can read their free extents.
    pub groups: BTreeMap<String, Group>,
}

#[derive(Deserialize)]
struct UdevListing {
    blockdevices: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
struct UdevRow {
    name: String,
    kname: String,
    path: String,
    #[serde(rename = "type")]
    what: String,
    size: serde_json::Value,
    fstype: Option<String>,
    fsver: Option<String>,
    uuid: Option<String>,
    label: Option<String>,
    pttype: Option<String>,
    ptuuid: Option<String>,
    parttype: Option<String>,
    partuuid: Option<String>,
    partlabel: Option<String>,
    #[serde(default)]
    children: Vec<serde_json::Value>,
}

/// Parses the output of lsblk.
pub fn parse_udev(json: &[u8]) -> Result<UdevData, ToolOutputError> {
    let listing: UdevListing = serde_json::from_slice(json)
        .map_err(|error| ToolOutputError { tool: "lsblk", why: error.to_string() })?;
    let mut remembered = UdevData::default();
    for row in listing.blockdevices {
        add(row, None, &mut remembered);
    }
    for group in remembered.groups.values_mut() {
        convert_to_extents(group);
    }
    Ok(remembered)
}

/// Adds a row and the rows below it. A row that cannot be parsed is skipped: `parse_lsblk`, which
/// reads the same rows, has a note about it.
fn add(row: serde_json::Value, parent: Option<&str>, remembered: &mut UdevData) {
    let Ok(row) = serde_json::from_value::<UdevRow>(row) else { return };
    if let ("lvm", Some(parent), Some((group, volume))) =
        (row.what.as_str(), parent, split_dm_name(&row.name))
    {
        let bytes = row.size.as_u64().or_else(|| row.size.as_str()?.parse().ok()).unwrap_or(0);
        let group = remembered
            .groups
            .entry(group)
            .or_insert_with(|| Group { extent: 1, ..Group::default() });
        if !group.members.iter().any(|member| member == parent) {
            group.members.push(parent.to_owned());
        }
        group.volumes.insert(volume, Volume { extents: bytes, active: true, ..Volume::default() });
    }
    if remembered.signatures.contains_key(&row.path) {
        return;
    }
    let mut signature = signature(&keys(&row));
    if row.what == "part" {
        remembered.partitions.insert(row.path.clone(), row.kname.clone());
        // The device is certainly a partition, even if nothing else is known about it.
        signature.partition.get_or_insert_with(|| PartitionEntry {
            disk: String::new(),
            number: 0,
            start: 0,
            code: String::new(),
            uuid: String::new(),
            name: None,
        });
    }
    remembered.signatures.insert(row.path.clone(), signature);
    for child in row.children {
        add(child, Some(&row.path), remembered);
    }
}

/// Returns the columns of a row under the names that blkid uses.
fn keys(row: &UdevRow) -> HashMap<&'static str, String> {
    let kind = row.fstype.as_deref().unwrap_or_default();
    let other = kind.ends_with("_member") || kind.starts_with("crypto") || kind == "BitLocker";
    let usage = Some(if other { "other" } else { "filesystem" }.to_owned());
    let columns = [
        ("TYPE", &row.fstype),
        ("VERSION", &row.fsver),
        ("UUID", &row.uuid),
        ("LABEL", &row.label),
        ("PTTYPE", &row.pttype),
        ("PTUUID", &row.ptuuid),
        ("PART_ENTRY_TYPE", &row.parttype),
        ("PART_ENTRY_UUID", &row.partuuid),
        ("PART_ENTRY_NAME", &row.partlabel),
        ("USAGE", &usage),
    ];
    let mut keys: HashMap<&'static str, String> =
        columns.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).collect();
    // Partitions repeat the type of the table that contains them.
    if row.what == "part" {
        keys.remove("PTTYPE");
    }
    keys
}

/// Converts bytes to extents of the largest size, up to LVM's default of 4 MiB, that divides the
/// sizes of all volumes.
fn convert_to_extents(group: &mut Group) {
    const EXTENT: u64 = 4 << 20;
    let bits = group.volumes.values().map(|volume| volume.extents.trailing_zeros()).min();
    group.extent = EXTENT.min(1 << bits.unwrap_or(0).min(22));
    for volume in group.volumes.values_mut() {
        volume.extents /= group.extent;
    }
    let extents = group.volumes.values().map(|volume| volume.extents);
    group.extents = extents.fold(0, u64::saturating_add);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Content;

    #[test]
    fn contents_entries_and_active_groups() {
        let text = include_bytes!("fixtures/lsblk-udev.json");
        let told = parse_udev(text).expect("the output is valid");
        let luks = &told.signatures["/dev/sda2"];
        assert_eq!(luks.content.as_ref().map(Content::kind), Some("crypto_LUKS"));
        assert_eq!(luks.table, None);
        let entry = luks.partition.as_ref().expect("the partition has an entry");
        assert_eq!(entry.name.as_deref(), Some("root"));
        assert_eq!(told.partitions["/dev/sda2"], "sda2");
        let boot = told.signatures["/dev/sda1"].content.as_ref();
        assert_eq!(boot.and_then(Content::label), Some("boot"));
        assert!(told.signatures["/dev/sda"].table.is_some());
        let group = &told.groups["vg_hostos"];
        assert_eq!(group.members, ["/dev/mapper/hdd_sda2"]);
        assert_eq!((group.extent, group.extents, group.free), (4 << 20, 1024 + 2048, 0));
    }
}
