//! The storage of a machine as a tree of text: each disk with its contents and mount points.

use unicode_width::UnicodeWidthStr;

use crate::machine::{Content, Device, DeviceKind, Machine};
use crate::types::{Size, TableKind, cut, printable};

/// Minimum width of the column for the contents of a device.
const MIN_CONTENT_WIDTH: usize = 12;

/// Draws the trees of these disks, or of all disks, with one line per device and aligned sizes.
pub fn layout(machine: &Machine, disks: &[&str]) -> String {
    layout_within(machine, disks, usize::MAX)
}

/// Draws the trees like [`layout`], at most `columns` wide. The contents of a device are truncated,
/// or put on separate lines if there is no space for them.
pub fn layout_within(machine: &Machine, disks: &[&str], columns: usize) -> String {
    let mut rows = Vec::new();
    for top in root_devices(machine, disks) {
        add_rows(machine, top, "", "", &mut rows);
    }
    let width = |cell: fn(&LayoutRow) -> &str| {
        rows.iter().map(|row| cell(row).width()).max().unwrap_or_default()
    };
    let (name, size, seen) = (width(|r| &r.name), width(|r| &r.size), width(|r| &r.seen));
    let fixed = name + size + 4 + if seen > 0 { seen + 2 } else { 0 };
    if fixed + MIN_CONTENT_WIDTH.min(width(|r| &r.what)) > columns {
        let lines = rows.iter().flat_map(|row| row.narrow(columns));
        return lines.collect::<Vec<_>>().join("\n");
    }
    let what = width(|r| &r.what).min(columns - fixed);
    let line = |row: &LayoutRow| {
        let pad = |text: &str, to: usize| " ".repeat(to.saturating_sub(text.width()));
        let LayoutRow { name: n, size: s, what: w, seen, .. } = row;
        let w = cut(w, what);
        let (n_pad, s_pad, w_pad) = (pad(n, name), pad(s, size), pad(&w, what));
        format!("{n}{n_pad}  {s_pad}{s}  {w}{w_pad}  {seen}").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Returns the devices that are not on other devices: the listed ones, or all.
pub(super) fn root_devices<'a>(machine: &'a Machine, disks: &[&str]) -> Vec<&'a Device> {
    machine
        .storage
        .devices
        .values()
        .filter(|device| machine.parents(device).is_empty())
        .filter(|device| disks.is_empty() || disks.contains(&device.path.as_str()))
        .collect()
}

struct LayoutRow {
    name: String,
    size: String,
    what: String,
    seen: String,
    /// Prefix of further lines about the same device.
    indent: String,
}

impl LayoutRow {
    /// Returns the device on several short lines.
    fn narrow(&self, columns: usize) -> Vec<String> {
        let more = [&self.what, &self.seen].into_iter().filter(|text| !text.is_empty());
        let lines = more.map(|text| format!("{}{text}", self.indent));
        let all = std::iter::once(format!("{}  {}", self.name, self.size)).chain(lines);
        all.map(|line| cut(&line, columns)).collect()
    }
}

fn add_rows(
    machine: &Machine,
    device: &Device,
    lead: &str,
    indent: &str,
    rows: &mut Vec<LayoutRow>,
) {
    let shown = match &device.kind {
        DeviceKind::Logical { volume, .. } => volume.clone(),
        _ => device.name().to_owned(),
    };
    let mut children = machine.partitions(&device.path);
    let others = machine.children(&device.path).into_iter();
    children.extend(others.filter(|child| child.partition().is_none()));
    rows.push(LayoutRow {
        name: format!("{lead}{shown}"),
        size: Size::bytes(device.size).to_string(),
        what: describe(machine, device).join(" "),
        seen: mount_points(machine, device).join(" "),
        indent: format!("{indent}{}  ", if children.is_empty() { "  " } else { "│ " }),
    });
    for (index, child) in children.iter().enumerate() {
        let last = index + 1 == children.len();
        let (branch, more) = if last { ("└─", "  ") } else { ("├─", "│ ") };
        let (lead, below) = (format!("{indent}{branch}"), format!("{indent}{more}"));
        add_rows(machine, child, &lead, &below, rows);
    }
}

/// Returns the type and the contents of a device, in a few words each.
pub(super) fn describe(machine: &Machine, device: &Device) -> Vec<String> {
    let mut words = Vec::new();
    match &device.kind {
        DeviceKind::Disk if device.hardware.model.is_some() => {
            words.extend(device.hardware.model.as_deref().map(printable));
        }
        DeviceKind::Rom => words.push("optical drive".into()),
        DeviceKind::Raid { level, .. } => words.push(level.clone()),
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
            let group =
                machine.storage.groups.iter().find(|(_, g)| g.members.contains(&device.path));
            words.push(match group {
                Some((name, _)) => format!("LVM group {name}"),
                None => "LVM physical volume".into(),
            });
        }
        Some(content) => words.push(content.to_string()),
        None if device.unreadable.is_some() => words.push("contents unknown".into()),
        None => {}
    }
    if let Some(name) = device.partition().and_then(|entry| entry.name.as_ref()) {
        words.push(format!("({})", printable(name)));
    }
    words
}

/// Returns the mount points of a device, and `[swap]` if it is active swap.
pub(super) fn mount_points(machine: &Machine, device: &Device) -> Vec<String> {
    let mut seen: Vec<String> = machine
        .storage
        .mounts
        .iter()
        .filter(|mount| mount.source == device.path)
        .map(|mount| printable(&mount.at))
        .collect();
    if machine.storage.swaps.contains_key(&device.path) {
        seen.push("[swap]".into());
    }
    seen
}
