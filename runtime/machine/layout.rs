//! The picture of a machine's storage: each disk as a tree, with what is on it and where it is seen.

use super::{Content, Device, Kind, Machine};
use crate::types::{Size, TableKind, printable};

/// Draws the trees of these disks, or of all. One line per device, sizes in a column.
pub fn layout(machine: &Machine, disks: &[&str]) -> String {
    let tops: Vec<&Device> = machine
        .devices
        .values()
        .filter(|device| machine.parents(device).is_empty())
        .filter(|device| disks.is_empty() || disks.contains(&device.path.as_str()))
        .collect();
    let mut rows = Vec::new();
    for top in tops {
        add_rows(machine, top, "", "", &mut rows);
    }
    let width = |cell: fn(&Row) -> &str| {
        rows.iter().map(|row| cell(row).chars().count()).max().unwrap_or_default()
    };
    let (name, size, what) = (width(|r| &r.name), width(|r| &r.size), width(|r| &r.what));
    let line = |row: &Row| {
        let Row { name: n, size: s, what: w, seen } = row;
        format!("{n:name$}  {s:>size$}  {w:what$}  {seen}").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

struct Row {
    name: String,
    size: String,
    what: String,
    seen: String,
}

fn add_rows(machine: &Machine, device: &Device, lead: &str, indent: &str, rows: &mut Vec<Row>) {
    let shown = match &device.kind {
        Kind::Logical { volume, .. } => volume.clone(),
        _ => device.name().to_owned(),
    };
    rows.push(Row {
        name: format!("{lead}{shown}"),
        size: Size::bytes(device.size).to_string(),
        what: describe(machine, device),
        seen: seen_at(machine, device),
    });
    let mut children = machine.partitions(&device.path);
    let others = machine.children(&device.path).into_iter();
    children.extend(others.filter(|child| child.partition().is_none()));
    for (index, child) in children.iter().enumerate() {
        let last = index + 1 == children.len();
        let (branch, more) = if last { ("└─", "  ") } else { ("├─", "│ ") };
        let (lead, below) = (format!("{indent}{branch}"), format!("{indent}{more}"));
        add_rows(machine, child, &lead, &below, rows);
    }
}

fn describe(machine: &Machine, device: &Device) -> String {
    let mut words = Vec::new();
    match &device.kind {
        Kind::Disk if device.hardware.model.is_some() => {
            words.extend(device.hardware.model.as_deref().map(printable));
        }
        Kind::Rom => words.push("optical drive".into()),
        Kind::Raid { level, .. } => words.push(level.clone()),
        _ => {}
    }
    if let Some(table) = &device.table {
        words.push(match table.kind {
            TableKind::Gpt => "GPT".into(),
            TableKind::Mbr => "MBR".into(),
        });
    }
    match &device.content {
        Some(Content::Physical { .. }) => {
            let group = machine.groups.iter().find(|(_, g)| g.members.contains(&device.path));
            words.push(match group {
                Some((name, _)) => format!("LVM group {name}"),
                None => "LVM physical volume".into(),
            });
        }
        Some(content) => words.push(content.to_string()),
        None => {}
    }
    if let Some(name) = device.partition().and_then(|entry| entry.name.as_ref()) {
        words.push(format!("({})", printable(name)));
    }
    words.join(" ")
}

fn seen_at(machine: &Machine, device: &Device) -> String {
    let mut seen: Vec<String> = machine
        .mounts
        .iter()
        .filter(|mount| mount.source == device.path)
        .map(|mount| printable(&mount.at))
        .collect();
    if machine.swaps.contains_key(&device.path) {
        seen.push("[swap]".into());
    }
    seen.join(" ")
}
