//! Parser of `lsblk --json`: the block devices, and the devices that they are on.

use serde::{Deserialize, Deserializer};

use super::unreadable::ToolOutputError;
use crate::machine::{Device, DeviceKind, Hardware, INACTIVE_ARRAY, PartitionEntry};
use crate::types::is_reserved_by_lvm;

/// The columns to request from lsblk; util-linux 2.33 and later provides all of them.
pub const LSBLK_COLUMNS: &str =
    "NAME,KNAME,PATH,MAJ:MIN,TYPE,SIZE,LOG-SEC,RO,RM,MODEL,SERIAL,WWN,TRAN";

/// A device as reported by lsblk; its table and content are added from the output of blkid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LsblkDevice {
    /// The device.
    pub device: Device,
    /// The path by the kernel's name, such as `/dev/dm-0`.
    pub kernel_path: String,
    /// Device number, such as `8:1`.
    pub number: String,
}

#[derive(Deserialize)]
struct LsblkListing {
    blockdevices: Vec<serde_json::Value>,
}

/// A row, of which a device without all of these properties may lack some.
#[derive(Deserialize)]
struct LsblkRow {
    name: String,
    kname: Option<String>,
    path: String,
    #[serde(rename = "maj:min")]
    number: Option<String>,
    #[serde(rename = "type")]
    what: Option<String>,
    #[serde(default, deserialize_with = "number")]
    size: u64,
    #[serde(default, rename = "log-sec", deserialize_with = "number")]
    sector: u64,
    #[serde(default, deserialize_with = "flag")]
    ro: bool,
    #[serde(default, deserialize_with = "flag")]
    rm: bool,
    model: Option<String>,
    serial: Option<String>,
    wwn: Option<String>,
    tran: Option<String>,
}

/// Parses the tree of devices. A device on several others is returned once, with all of them. A row
/// that cannot be parsed is omitted, with a note.
pub fn parse_lsblk(
    json: &[u8],
    notes: &mut Vec<String>,
) -> Result<Vec<LsblkDevice>, ToolOutputError> {
    if json.trim_ascii().is_empty() {
        // Without any device, some versions print nothing.
        return Ok(Vec::new());
    }
    let listing: LsblkListing = serde_json::from_slice(json)
        .map_err(|error| ToolOutputError { tool: "lsblk", why: error.to_string() })?;
    let mut blocks = Vec::new();
    for row in listing.blockdevices {
        add(row, None, &mut blocks, notes);
    }
    Ok(blocks)
}

/// Adds a row and the rows below it.
fn add(
    mut row: serde_json::Value,
    parent: Option<&str>,
    blocks: &mut Vec<LsblkDevice>,
    notes: &mut Vec<String>,
) {
    let children = match row.get_mut("children").map(serde_json::Value::take) {
        Some(serde_json::Value::Array(children)) => children,
        _ => Vec::new(),
    };
    let name = row.get("name").and_then(|name| name.as_str()).unwrap_or("?").to_owned();
    let row: LsblkRow = match serde_json::from_value(row) {
        Ok(row) => row,
        Err(error) => {
            let note = format!("lsblk: skipped the device {name}: {error}");
            if !notes.contains(&note) {
                notes.push(note);
            }
            return children.into_iter().for_each(|child| add(child, parent, blocks, notes));
        }
    };
    // LVM's internal parts of a volume are not volumes.
    let internal = row.what.as_deref() == Some("lvm") && is_internal_volume(&row.name);
    let path = if internal { parent.map(str::to_owned) } else { Some(row.path.clone()) };
    if !internal && !add_member(&row, parent, blocks) {
        blocks.push(device(row, parent));
    }
    for child in children {
        add(child, path.as_deref(), blocks, notes);
    }
}

/// Adds another device below a known one; returns whether the device is known.
fn add_member(row: &LsblkRow, parent: Option<&str>, blocks: &mut [LsblkDevice]) -> bool {
    let Some(block) = blocks.iter_mut().find(|block| block.device.path == row.path) else {
        return false;
    };
    if let (DeviceKind::Raid { members: on, .. } | DeviceKind::Mapped { on, .. }, Some(parent)) =
        (&mut block.device.kind, parent)
        && !on.iter().any(|known| known == parent)
    {
        on.push(parent.to_owned());
    }
    true
}

fn device(row: LsblkRow, parent: Option<&str>) -> LsblkDevice {
    let kind = kind_of(&row, parent);
    let clean = |text: Option<String>| {
        text.map(|t| t.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|t| !t.is_empty())
    };
    let sector = u32::try_from(row.sector).ok();
    LsblkDevice {
        // sysfs replaces the `/` of `cciss/c0d0` by `!`.
        kernel_path: row
            .kname
            .map_or_else(|| row.path.clone(), |name| format!("/dev/{}", name.replace('!', "/"))),
        number: row.number.unwrap_or_default(),
        device: Device {
            path: row.path,
            size: row.size,
            sector: sector.filter(|s| s.is_power_of_two() && *s >= 512).unwrap_or(512),
            kind,
            hardware: Hardware {
                model: clean(row.model),
                serial: clean(row.serial),
                wwn: clean(row.wwn),
                bus: clean(row.tran),
            },
            // Optical media are written as a whole, by other programs.
            read_only: row.ro || row.what.as_deref() == Some("rom"),
            removable: row.rm,
            table: None,
            content: None,
            backing_file: None,
            held_by: Vec::new(),
            unprobed: true,
            unreadable: None,
        },
    }
}

fn kind_of(row: &LsblkRow, parent: Option<&str>) -> DeviceKind {
    let on = || parent.map(str::to_owned).into_iter().collect::<Vec<String>>();
    match (row.what.as_deref().unwrap_or("disk"), parent) {
        // lsblk also reports the type `disk` for devices on other devices (bcache) and for zram.
        ("disk", Some(_)) => DeviceKind::Mapped { on: on(), what: without_number(&row.name) },
        ("disk", None) if row.name.starts_with("zram") => {
            DeviceKind::Mapped { on: Vec::new(), what: without_number(&row.name) }
        }
        ("disk", None) => DeviceKind::Disk,
        ("rom", _) => DeviceKind::Rom,
        ("loop", _) => DeviceKind::Loop,
        ("part", Some(disk)) => DeviceKind::Partition(PartitionEntry {
            disk: disk.to_owned(),
            number: trailing_number(&row.name),
            // The rest of the entry comes from the output of blkid.
            start: 0,
            code: String::new(),
            uuid: String::new(),
            name: None,
        }),
        ("crypt", Some(below)) => DeviceKind::Crypt { on: below.to_owned(), header: None },
        ("lvm", _) => match split_dm_name(&row.name) {
            Some((group, volume)) => DeviceKind::Logical { group, volume },
            None => DeviceKind::Mapped { on: on(), what: "lvm".into() },
        },
        // `md` is an array that does not run, or a container of firmware RAID, which has its own arrays. An array that a
        // killed mdadm left behind may have its level, but no size.
        (level, _) if level.starts_with("raid") || level == "linear" || level == "md" => {
            let level = if level == "md" || row.size == 0 { INACTIVE_ARRAY } else { level };
            DeviceKind::Raid { members: on(), level: level.to_owned() }
        }
        (what, _) => DeviceKind::Mapped { on: on(), what: what.to_owned() },
    }
}

/// Removes the number at the end: `bcache0` → `bcache`.
fn without_number(name: &str) -> String {
    name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned()
}

fn trailing_number(name: &str) -> u32 {
    let digits = name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    name[digits..].parse().unwrap_or(0)
}

/// Returns whether a device-mapper name belongs to an internal volume of LVM or to a layer of a
/// volume.
fn is_internal_volume(name: &str) -> bool {
    let Some(at) = find_single_dash(name) else { return false };
    let volume = &name[at + 1..];
    // A second single dash precedes the name of a layer: `vg-pool-tpool`.
    find_single_dash(volume).is_some() || is_reserved_by_lvm(volume)
}

/// Splits a device-mapper name: `my--vg-root` → `my-vg`, `root`. A single dash separates the names;
/// a double dash stands for a dash.
pub(super) fn split_dm_name(name: &str) -> Option<(String, String)> {
    let at = find_single_dash(name)?;
    let undouble = |part: &str| part.replace("--", "-");
    Some((undouble(&name[..at]), undouble(&name[at + 1..])))
}

fn find_single_dash(name: &str) -> Option<usize> {
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'-', Some(b'-')) => at += 2,
            (b'-', _) => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// Reads a number, which old versions of lsblk print as a string, and as null for a device that has
/// none, such as a loop device without a file.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    match serde_json::Value::deserialize(from)? {
        serde_json::Value::Number(n) => {
            n.as_u64().ok_or_else(|| serde::de::Error::custom("a negative number"))
        }
        serde_json::Value::String(text) => text.parse().map_err(serde::de::Error::custom),
        serde_json::Value::Null => Ok(0),
        _ => Err(serde::de::Error::custom("not a number")),
    }
}

/// Reads a boolean, which old versions of lsblk print as "0" or "1".
fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(match serde_json::Value::deserialize(from)? {
        serde_json::Value::Bool(value) => value,
        serde_json::Value::String(text) => text == "1",
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_without_a_size_and_no_devices_at_all_are_no_error() {
        let text = br#"{"blockdevices": [{"name": "loop9", "kname": "loop9", "path": "/dev/loop9",
            "maj:min": "7:9", "type": "loop", "size": null, "log-sec": null, "ro": null, "rm": null,
            "model": null, "serial": null, "wwn": null, "tran": null}]}"#;
        let blocks = parse_lsblk(text, &mut Vec::new()).expect("the output is valid");
        assert_eq!((blocks[0].device.size, blocks[0].device.sector), (0, 512));
        assert_eq!(parse_lsblk(b"\n", &mut Vec::new()), Ok(Vec::new()));
    }

    #[test]
    fn a_stack_keeps_its_order() {
        let blocks = parse_lsblk(include_bytes!("fixtures/lsblk-stack.json"), &mut Vec::new())
            .expect("the output is valid");
        let kinds: Vec<(&str, &DeviceKind)> =
            blocks.iter().map(|b| (b.device.path.as_str(), &b.device.kind)).collect();
        assert_eq!(kinds.len(), 7);
        assert_eq!(kinds[0], ("/dev/ubda", &DeviceKind::Disk));
        assert!(
            matches!(kinds[1].1, DeviceKind::Partition(p) if p.number == 1 && p.disk == "/dev/ubda")
        );
        assert_eq!(
            kinds[3],
            ("/dev/mapper/enc", &DeviceKind::Crypt { on: "/dev/ubda2".into(), header: None })
        );
        let swap = DeviceKind::Logical { group: "vg".into(), volume: "swap".into() };
        assert_eq!(kinds[4], ("/dev/mapper/vg-swap", &swap));
        assert_eq!(blocks[4].kernel_path, "/dev/dm-1");
    }

    #[test]
    fn arrays_have_all_members_and_internal_volumes_are_skipped() {
        let text = include_bytes!("fixtures/lsblk-md-thin.json");
        let blocks = parse_lsblk(text, &mut Vec::new()).expect("the output is valid");
        let paths: Vec<&str> = blocks.iter().map(|b| b.device.path.as_str()).collect();
        let volumes = ["/dev/mapper/vg-pool", "/dev/mapper/vg-thin", "/dev/mapper/vg-mirror"];
        let all = [&["/dev/ubda", "/dev/md127"], &volumes[..], &["/dev/ubdb", "/dev/ubdc"]];
        assert_eq!(paths, all.concat());
        let members = vec!["/dev/ubda".to_owned(), "/dev/ubdb".to_owned()];
        assert_eq!(blocks[1].device.kind, DeviceKind::Raid { members, level: "raid1".into() });
    }

    #[test]
    fn an_array_without_a_size_does_not_run() {
        let row = |size: u64| {
            format!(
                r#"{{"blockdevices":[{{"name":"md127","path":"/dev/md127","maj:min":"9:127","type":"raid1",
                "size":{size},"log-sec":512,"ro":false,"rm":false}}]}}"#
            )
        };
        for (size, inactive) in [(0, true), (1 << 20, false)] {
            let blocks = parse_lsblk(row(size).as_bytes(), &mut Vec::new());
            assert_eq!(
                blocks.expect("the output is valid")[0].device.is_inactive_array(),
                inactive
            );
        }
    }

    #[test]
    fn lsblk_disks_of_other_kinds_are_recognized() {
        let row = |name: &str, what: &str, children: &str| {
            format!(
                r#"{{"name":"{name}","kname":"{name}","path":"/dev/{}","maj:min":"8:0","type":"{what}",
                "size":1048576,"log-sec":512,"ro":false,"rm":false,"children":[{children}]}}"#,
                name.replace('!', "/")
            )
        };
        let bcache = row("bcache0", "disk", "");
        let rows = [
            row("sdb", "disk", &bcache),
            row("sdc", "disk", &bcache),
            row("zram0", "disk", ""),
            row("sdd", "disk", &row("mpatha", "mpath", "")),
            row("cciss!c0d0", "disk", &row("cciss!c0d0p1", "part", "")),
        ];
        let text = format!("{{\"blockdevices\":[{}]}}", rows.join(","));
        let blocks = parse_lsblk(text.as_bytes(), &mut Vec::new()).expect("the output is valid");
        let kind = |path: &str| {
            let found = blocks.iter().find(|block| block.device.path == path).expect(path);
            (found.device.kind.clone(), found.kernel_path.clone())
        };
        let on = |on: &[&str]| on.iter().map(|on| format!("/dev/{on}")).collect::<Vec<_>>();
        let mapped = |on, what: &str| DeviceKind::Mapped { on, what: what.into() };
        assert_eq!(kind("/dev/bcache0").0, mapped(on(&["sdb", "sdc"]), "bcache"));
        assert_eq!(kind("/dev/zram0").0, mapped(Vec::new(), "zram"));
        assert_eq!(kind("/dev/mpatha").0, mapped(on(&["sdd"]), "mpath"));
        assert_eq!(kind("/dev/cciss/c0d0"), (DeviceKind::Disk, "/dev/cciss/c0d0".into()));
        let part = kind("/dev/cciss/c0d0p1").0;
        assert!(
            matches!(part, DeviceKind::Partition(p) if p.disk == "/dev/cciss/c0d0" && p.number == 1)
        );
    }

    #[test]
    fn dm_names_split_at_the_single_dash() {
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(split_dm_name("vg-root"), pair("vg", "root"));
        assert_eq!(split_dm_name("my--vg-a--b"), pair("my-vg", "a-b"));
        assert_eq!(split_dm_name("plain"), None);
        assert!(
            is_internal_volume("vg-pool-tpool")
                && is_internal_volume("vg-pool_tdata")
                && is_internal_volume("vg-r_rimage_0")
                && is_internal_volume("vg-fast_cvol")
                && is_internal_volume("vg-pvmove0")
        );
        assert!(!is_internal_volume("my--vg-a--tpool") && !is_internal_volume("vg-root"));
    }
}
