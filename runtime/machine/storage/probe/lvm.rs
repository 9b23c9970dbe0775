//! Parser of `lvm fullreport --reportformat json`: volume groups, their members and volumes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::unreadable::ToolOutputError;
use crate::machine::{Group, GroupLock, Volume, VolumeKind};

/// Limit for the size of a device or group in bytes: LVM's own limit is 8 EiB.
const MAX_BYTES: u64 = i64::MAX.cast_unsigned();

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
    pvseg: Vec<PvSegment>,
    #[serde(default)]
    seg: Vec<Seg>,
}

#[derive(Deserialize)]
struct Vg {
    vg_name: String,
    #[serde(default)]
    vg_uuid: String,
    vg_extent_size: String,
    vg_extent_count: String,
    vg_free_count: String,
    #[serde(default)]
    vg_exported: String,
    #[serde(default)]
    vg_systemid: String,
    /// How the machines that share the group agree, such as `sanlock`; empty for a local group.
    #[serde(default)]
    vg_lock_type: String,
}

#[derive(Deserialize)]
struct Pv {
    pv_name: String,
}

/// A logical volume; the names of internal ones are in brackets.
#[derive(Deserialize)]
struct Lv {
    lv_name: String,
    lv_size: String,
    lv_active: String,
    #[serde(default)]
    lv_uuid: String,
    /// The volume of which this is an internal one.
    #[serde(default)]
    lv_parent: String,
    /// Comma-separated, such as `linear`, `thin,pool`, `thin,sparse` or `raid,raid5,raid5_ls`.
    #[serde(default)]
    lv_layout: String,
    #[serde(default)]
    pool_lv: String,
    #[serde(default)]
    lv_metadata_size: String,
    /// The volume of which this is a snapshot or a cached version.
    #[serde(default)]
    origin: String,
    #[serde(default)]
    lv_health_status: String,
    #[serde(default)]
    lv_skip_activation: String,
}

/// A range of extents of a physical volume.
#[derive(Deserialize)]
struct PvSegment {
    #[serde(default)]
    pvseg_size: String,
    /// The volume that uses it; empty if it is free.
    #[serde(default)]
    lv_uuid: String,
}

#[derive(Deserialize)]
struct Seg {
    #[serde(default)]
    stripes: String,
    #[serde(default)]
    lv_uuid: String,
}

impl Lv {
    fn is_internal(&self) -> bool {
        self.lv_name.starts_with('[')
    }

    /// Returns the name without the brackets of internal volumes.
    fn plain_name(&self) -> &str {
        self.lv_name.trim_matches(['[', ']'])
    }

    /// Returns whether another volume is a direct part of this one.
    fn contains(&self, other: &Self) -> bool {
        other.is_internal()
            && (other.lv_parent.trim_matches(['[', ']']) == self.plain_name()
                || [&self.pool_lv, &self.origin].contains(&&other.lv_name))
    }

    /// Returns the volume and all internal volumes that it consists of.
    fn parts<'a>(&'a self, all: &'a [Self]) -> Vec<&'a Self> {
        let mut parts = vec![self];
        let mut next = 0;
        while let Some(part) = parts.get(next).copied() {
            let new = all.iter().filter(|other| part.contains(other));
            let new: Vec<&Self> =
                new.filter(|other| !parts.iter().any(|p| p.lv_name == other.lv_name)).collect();
            parts.extend(new);
            next += 1;
        }
        parts
    }

    fn metadata(&self, extent: u64) -> u64 {
        let bytes: u64 = self.lv_metadata_size.trim().parse().unwrap_or(0);
        bytes.checked_div(extent).unwrap_or(0)
    }

    /// Returns the layout of a volume that occupies this number of extents.
    fn kind(&self, extents: u64, extent: u64, report: &LvmRow, taken: u64) -> VolumeKind {
        let mut words = self.lv_layout.split(',');
        let kind = match (words.next(), words.next()) {
            (Some("thin"), Some("pool")) => {
                return VolumeKind::ThinPool { metadata: self.metadata(extent) };
            }
            (Some("thin"), _) => {
                let outside = |lv: &&Lv| {
                    lv.lv_name == self.origin && !lv.lv_layout.split(',').any(|w| w == "thin")
                };
                let origin = report.lv.iter().find(outside).map(|lv| lv.lv_name.clone());
                VolumeKind::Thin { pool: self.pool_lv.clone(), origin }
            }
            (Some("raid"), Some(level)) => {
                let segment = report.seg.iter().find(|segment| segment.lv_uuid == self.lv_uuid);
                let images = segment.and_then(|segment| segment.stripes.parse().ok());
                VolumeKind::Raid { level: level.to_owned(), images: images.unwrap_or(1) }
            }
            (Some("linear" | "striped") | None, _) if !self.origin.is_empty() => {
                VolumeKind::Snapshot { origin: self.origin.clone() }
            }
            (Some("linear" | "striped" | "") | None, _) => VolumeKind::Linear,
            _ => return self.layered(extent, report, taken),
        };
        let expected =
            Volume { extents, kind: kind.clone(), ..Volume::default() }.allocated_extents();
        match report.pvseg.is_empty() || expected == taken {
            true => kind,
            false => self.layered(extent, report, taken),
        }
    }

    fn layered(&self, extent: u64, report: &LvmRow, taken: u64) -> VolumeKind {
        let parts = self.parts(&report.lv);
        let cache_pool = self.lv_layout == "cache,pool" || self.pool_lv.ends_with("_cpool]");
        let visible = Some(&self.pool_lv).filter(|pool| !pool.is_empty() && !pool.starts_with('['));
        VolumeKind::Layered {
            layout: self.lv_layout.clone(),
            taken,
            metadata: if cache_pool { self.metadata(extent) } else { 0 },
            pool: visible.cloned(),
            parts: parts.iter().skip(1).map(|part| part.plain_name().to_owned()).collect(),
        }
    }
}

impl LvmRow {
    /// Returns the number of extents that a volume and its internal volumes occupy.
    fn allocated_extents(&self, lv: &Lv) -> u64 {
        let parts = lv.parts(&self.lv);
        let used = |segment: &&PvSegment| {
            !segment.lv_uuid.is_empty() && parts.iter().any(|part| part.lv_uuid == segment.lv_uuid)
        };
        let sizes = self.pvseg.iter().filter(used);
        sizes.filter_map(|s| s.pvseg_size.trim().parse().ok()).fold(0, u64::saturating_add)
    }

    fn volumes(
        &self,
        extent: u64,
        extents_of: impl Fn(&str) -> Result<u64, ToolOutputError>,
    ) -> Result<BTreeMap<String, Volume>, ToolOutputError> {
        let mut volumes = BTreeMap::new();
        for lv in self.lv.iter().filter(|lv| !lv.is_internal()) {
            let extents = extents_of(&lv.lv_size)?;
            let kind = lv.kind(extents, extent, self, self.allocated_extents(lv));
            // LVM activates a RAID volume that has lost redundancy, but no data.
            let degraded = matches!(&kind, VolumeKind::Raid { level, .. } if level != "raid0");
            let volume = Volume {
                extents,
                active: lv.lv_active.starts_with("active"),
                kind,
                incomplete: lv.lv_health_status == "partial" && !degraded,
                skipped: !lv.lv_skip_activation.is_empty(),
            };
            volumes.insert(lv.lv_name.clone(), volume);
        }
        Ok(volumes)
    }
}

/// Parses the report, which must be requested with `--all --units b --nosuffix`. Groups with the
/// same name are listed by UUID; a group that makes no sense is skipped with a note.
pub fn parse_fullreport(
    json: &[u8],
    notes: &mut Vec<String>,
) -> Result<BTreeMap<String, Group>, ToolOutputError> {
    let full: Full = serde_json::from_slice(json).map_err(|error| unreadable(error.to_string()))?;
    let mut found: Vec<(String, Group)> = Vec::new();
    // Physical volumes without a group are in a report without a `vg` entry.
    for part in &full.report {
        let Some(vg) = part.vg.first() else { continue };
        match part.group(vg) {
            Ok(group) => found.push((vg.vg_name.clone(), group)),
            Err(error) => {
                let note = format!("lvm: skipped the volume group {}: {}", vg.vg_name, error.why);
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
    }
    let twins: Vec<String> = found.iter().map(|(name, _)| name.clone()).collect();
    let is_twin = |name: &String| twins.iter().filter(|other| *other == name).count() > 1;
    let listed = found.into_iter().map(|(name, group)| match is_twin(&name) {
        true => (group.uuid.clone(), Group { name: Some(name), ..group }),
        false => (name, group),
    });
    Ok(listed.collect())
}

fn unreadable(why: String) -> ToolOutputError {
    ToolOutputError { tool: "lvm fullreport", why }
}

fn number(text: &str) -> Result<u64, ToolOutputError> {
    text.trim().parse::<u64>().map_err(|_| unreadable(format!("{text:?} is not a number")))
}

impl LvmRow {
    fn group(&self, vg: &Vg) -> Result<Group, ToolOutputError> {
        let extent = number(&vg.vg_extent_size)?;
        // The metadata on a disk may contain any values, and sizes are computed from them.
        let fits = |extents: u64| match extents.checked_mul(extent) {
            Some(bytes) if bytes <= MAX_BYTES && extent > 0 => Ok(extents),
            _ => Err(unreadable(format!("{extents} extents of {extent} bytes are no size"))),
        };
        let lock = match (&*vg.vg_exported, &*vg.vg_systemid, &*vg.vg_lock_type) {
            ("", "", "" | "none") => None,
            ("", "", kind) => Some(GroupLock::Shared(kind.to_owned())),
            ("", system, _) => Some(GroupLock::Foreign(system.to_owned())),
            _ => Some(GroupLock::Exported),
        };
        Ok(Group {
            uuid: vg.vg_uuid.clone(),
            name: None,
            lock,
            members: self.pv.iter().map(|pv| pv.pv_name.clone()).collect(),
            extent,
            extents: fits(number(&vg.vg_extent_count)?)?,
            free: fits(number(&vg.vg_free_count)?)?,
            volumes: self
                .volumes(extent, |bytes| fits(number(bytes)?.checked_div(extent).unwrap_or(0)))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(extents: u64) -> Volume {
        Volume { extents, active: true, ..Volume::default() }
    }

    #[test]
    fn raid_and_thin_volumes_match_the_report() {
        let text = include_bytes!("fixtures/lvm-thin-raid.json");
        let groups = parse_fullreport(text, &mut Vec::new()).expect("the output is valid");
        let group = &groups["vg"];
        let kind = |name: &str| group.volumes[name].kind.clone();
        assert_eq!(kind("pool"), VolumeKind::ThinPool { metadata: 1 });
        assert_eq!(kind("thin"), VolumeKind::Thin { pool: "pool".into(), origin: None });
        assert_eq!(kind("mirror"), VolumeKind::Raid { level: "raid1".into(), images: 2 });
        assert_eq!(kind("parity"), VolumeKind::Raid { level: "raid5".into(), images: 3 });
        assert_eq!(group.extents - group.allocated_extents(), group.free);
    }

    #[test]
    fn a_group_with_its_volumes() {
        let groups =
            parse_fullreport(include_bytes!("fixtures/lvm-fullreport.json"), &mut Vec::new())
                .expect("the output is valid");
        let group = &groups["vg"];
        assert_eq!(group.members, ["/dev/mapper/enc"]);
        assert_eq!((group.extent, group.extents, group.free), (4 << 20, 226, 0));
        assert_eq!(group.volumes["swap"], linear(25));
        assert_eq!(group.volumes["root"], linear(201));
    }

    #[test]
    fn snapshots_depend_on_their_origin_except_in_thin_pools() {
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
            let mut groups =
                parse_fullreport(text.as_bytes(), &mut Vec::new()).expect("the output is valid");
            groups.remove("vg").expect("the group")
        };
        let group = report("linear");
        assert_eq!(group.dependents("root"), ["before"]);
        assert_eq!(group.dependents("before"), Vec::<String>::new());
        assert_eq!((group.allocated_extents(), group.free), (3, 7));
        assert_eq!(report("thin,sparse").dependents("root"), Vec::<String>::new());
    }

    #[test]
    fn a_group_that_makes_no_sense_costs_only_itself() {
        let text = include_str!("fixtures/lvm-fullreport.json");
        let groups = parse_fullreport(text.as_bytes(), &mut Vec::new()).expect("a report");
        let count = groups.len();
        let name = groups.keys().next().expect("a group").clone();
        let mut report: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let rows = report["report"].as_array_mut().expect("rows");
        let row = rows.iter_mut().find(|row| row["vg"][0]["vg_name"] == *name).expect("the group");
        row["vg"][0]["vg_extent_size"] = "many".into();
        let mut notes = Vec::new();
        let rest = parse_fullreport(report.to_string().as_bytes(), &mut notes).expect("a report");
        assert_eq!(rest.len(), count - 1);
        let note = format!("lvm: skipped the volume group {name}: \"many\" is not a number");
        assert_eq!(notes, [note]);
    }

    #[test]
    fn invalid_reports_are_errors() {
        let error = parse_fullreport(b"{\"report\": 3}", &mut Vec::new())
            .expect_err("the report is invalid");
        assert!(error.to_string().contains("lvm fullreport"), "{error}");
    }
}
