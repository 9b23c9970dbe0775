//! `lvm fullreport --reportformat json`: volume groups, their members and volumes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Unreadable;
use crate::machine::{Group, Volume};

#[derive(Deserialize)]
struct Full {
    report: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    vg: Vec<Vg>,
    #[serde(default)]
    pv: Vec<Pv>,
    #[serde(default)]
    lv: Vec<Lv>,
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
}

/// Reads the report (asked for with `--units b --nosuffix`).
pub fn parse_fullreport(json: &[u8]) -> Result<BTreeMap<String, Group>, Unreadable> {
    let unreadable = |why: String| Unreadable { tool: "lvm fullreport", why };
    let full: Full = serde_json::from_slice(json).map_err(|error| unreadable(error.to_string()))?;
    let number = |text: &str| {
        text.trim().parse::<u64>().map_err(|_| unreadable(format!("{text:?} is not a number")))
    };
    let mut groups = BTreeMap::new();
    // Physical volumes without a group come as a part without one.
    for part in full.report {
        let Some(vg) = part.vg.first() else { continue };
        let extent = number(&vg.vg_extent_size)?;
        let mut volumes = BTreeMap::new();
        for lv in &part.lv {
            let extents = number(&lv.lv_size)?.checked_div(extent).unwrap_or(0);
            let active = lv.lv_active.starts_with("active");
            volumes.insert(lv.lv_name.clone(), Volume { extents, active });
        }
        let group = Group {
            members: part.pv.iter().map(|pv| pv.pv_name.clone()).collect(),
            extent,
            extents: number(&vg.vg_extent_count)?,
            free: number(&vg.vg_free_count)?,
            volumes,
        };
        groups.insert(vg.vg_name.clone(), group);
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_with_its_volumes() {
        let groups =
            parse_fullreport(include_bytes!("fixtures/lvm-fullreport.json")).expect("real output");
        let group = &groups["vg"];
        assert_eq!(group.members, ["/dev/mapper/enc"]);
        assert_eq!((group.extent, group.extents, group.free), (4 << 20, 226, 0));
        assert_eq!(group.volumes["swap"], Volume { extents: 25, active: true });
        assert_eq!(group.volumes["root"], Volume { extents: 201, active: true });
    }

    #[test]
    fn damage_is_named() {
        let error = parse_fullreport(b"{\"report\": 3}").expect_err("not a report");
        assert!(error.to_string().contains("lvm fullreport"), "{error}");
    }
}
