//! Parser of `lvm fullreport --reportformat json`: volume groups, their members and volumes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::unreadable::ToolOutputError;
use crate::machine::{Group, Volume, VolumeKind};

/// Limit for the size of a device or group in bytes: LVM's own limit is 8 EiB.
const MOST: u64 = i64::MAX.cast_unsigned();

#[derive(Deserialize)]
struct Full {
    report: Vec<LvmRow>,
}

#[derive(Deserialize)]
struct LvmRow {
    #[serde(default)]
    vg: Vec<Vg>,
    #[serde(default)]
    pv: Vec<Pv>,
    #[serde(default)]
    lv: Vec<Lv>,
    #[serde(default)]
    seg: Vec<Seg>,
}

#[derive(Deserialize)]
struct Vg {
    vg_name: String,
    vg_extent_size: String,
    vg_extent_count: String,
    vg_free_count: String,
}

#[derive(Deserialize)]
struct Pv {
    pv_name: String,
}

#[derive(Deserialize)]
struct Lv {
    lv_name: String,
    lv_size: String,
    lv_active: String,
    #[serde(default)]
    lv_uuid: String,
    /// Comma-separated, such as `linear`, `thin,pool`, `thin,sparse` or `raid,raid5,raid5_ls`.
    #[serde(default)]
    lv_layout: String,
    #[serde(default)]
    pool_lv: String,
    #[serde(default)]
    lv_metadata_size: String,
    /// The volume of which this is a snapshot.
    #[serde(default)]
    origin: String,
}

#[derive(Deserialize)]
struct Seg {
    #[serde(default)]
    stripes: String,
    #[serde(default)]
    lv_uuid: String,
}

impl Lv {
    fn kind(&self, extent: u64, segments: &[Seg]) -> VolumeKind {
        let mut words = self.lv_layout.split(',');
        match (words.next(), words.next()) {
            (Some("thin"), Some("pool")) => {
                let bytes = self.lv_metadata_size.trim().parse().unwrap_or(0_u64);
                VolumeKind::ThinPool { metadata: bytes.checked_div(extent).unwrap_or(0) }
            }
            (Some("thin"), _) => VolumeKind::Thin { pool: self.pool_lv.clone() },
            (Some("raid"), Some(level)) => {
                let segment = segments.iter().find(|segment| segment.lv_uuid == self.lv_uuid);
                let images = segment.and_then(|segment| segment.stripes.parse().ok());
                VolumeKind::Raid { level: level.to_owned(), images: images.unwrap_or(1) }
            }
            _ if !self.origin.is_empty() => VolumeKind::Snapshot { origin: self.origin.clone() },
            _ => VolumeKind::Linear,
        }
    }
}

/// Parses the report, which must be requested with `--units b --nosuffix`.
pub fn parse_fullreport(json: &[u8]) -> Result<BTreeMap<String, Group>, ToolOutputError> {
    let unreadable = |why: String| ToolOutputError { tool: "lvm fullreport", why };
    let full: Full = serde_json::from_slice(json).map_err(|error| unreadable(error.to_string()))?;
    let number = |text: &str| {
        text.trim().parse::<u64>().map_err(|_| unreadable(format!("{text:?} is not a number")))
    };
    let mut groups = BTreeMap::new();
    // Physical volumes without a group are in a report without a `vg` entry.
    for part in full.report {
        let Some(vg) = part.vg.first() else { continue };
        let extent = number(&vg.vg_extent_size)?;
        // The metadata on a disk may contain any values, and sizes are computed from them.
        let fits = |extents: u64| match extents.checked_mul(extent) {
            Some(bytes) if bytes <= MOST && extent > 0 => Ok(extents),
            _ => Err(unreadable(format!("{extents} extents of {extent} bytes are no size"))),
        };
        let mut volumes = BTreeMap::new();
        for lv in &part.lv {
            let extents = fits(number(&lv.lv_size)?.checked_div(extent).unwrap_or(0))?;
            let active = lv.lv_active.starts_with("active");
            let kind = lv.kind(extent, &part.seg);
            volumes.insert(lv.lv_name.clone(), Volume { extents, active, kind });
        }
        let group = Group {
            members: part.pv.iter().map(|pv| pv.pv_name.clone()).collect(),
            extent,
            extents: fits(number(&vg.vg_extent_count)?)?,
            free: fits(number(&vg.vg_free_count)?)?,
            volumes,
        };
        groups.insert(vg.vg_name.clone(), group);
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(extents: u64) -> Volume {
        Volume { extents, active: true, kind: VolumeKind::Linear }
    }

    #[test]
    fn raid_and_thin_volumes_match_the_report() {
        let text = include_bytes!("fixtures/lvm-thin-raid.json");
        let groups = parse_fullreport(text).expect("the output is valid");
        let group = &groups["vg"];
        let kind = |name: &str| group.volumes[name].kind.clone();
        assert_eq!(kind("pool"), VolumeKind::ThinPool { metadata: 1 });
        assert_eq!(kind("thin"), VolumeKind::Thin { pool: "pool".into() });
        assert_eq!(kind("mirror"), VolumeKind::Raid { level: "raid1".into(), images: 2 });
        assert_eq!(kind("parity"), VolumeKind::Raid { level: "raid5".into(), images: 3 });
        assert_eq!(group.extents - group.taken(), group.free);
    }

    #[test]
    fn a_group_with_its_volumes() {
        let groups = parse_fullreport(include_bytes!("fixtures/lvm-fullreport.json"))
            .expect("the output is valid");
        let group = &groups["vg"];
        assert_eq!(group.members, ["/dev/mapper/enc"]);
        assert_eq!((group.extent, group.extents, group.free), (4 << 20, 226, 0));
        assert_eq!(group.volumes["swap"], linear(25));
        assert_eq!(group.volumes["root"], linear(201));
    }

    #[test]
    fn snapshots_name_their_origin_except_in_thin_pools() {
        let report = |layout: &str| {
            let text = format!(
                r#"{{"report": [{{
                    "vg": [{{"vg_name": "vg", "vg_extent_size": "4194304", "vg_extent_count": "10",
                        "vg_free_count": "7"}}],
                    "pv": [{{"pv_name": "/dev/sda"}}],
                    "lv": [{{"lv_name": "before", "lv_size": "12582912", "lv_active": "active",
                        "lv_layout": "{layout}", "pool_lv": "pool", "origin": "root"}}]
                }}]}}"#
            );
            let mut groups = parse_fullreport(text.as_bytes()).expect("the output is valid");
            groups.remove("vg").expect("the group")
        };
        let group = report("linear");
        assert_eq!(group.snapshots("root"), ["before"]);
        assert_eq!(group.snapshots("before"), Vec::<String>::new());
        assert_eq!((group.taken(), group.free), (3, 7));
        assert_eq!(report("thin,sparse").snapshots("root"), Vec::<String>::new());
    }

    #[test]
    fn invalid_reports_are_errors() {
        let error = parse_fullreport(b"{\"report\": 3}").expect_err("the report is invalid");
        assert!(error.to_string().contains("lvm fullreport"), "{error}");
    }
}
