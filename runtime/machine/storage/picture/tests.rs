//! Exact output at several widths.

use std::path::Path;

use super::{Canvas, picture, svg};
use crate::machine::Machine;

fn machine(name: &str) -> Machine {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/machines/{name}.json"));
    Machine::read(&std::fs::read_to_string(file).expect(name)).expect(name)
}

fn drawn(name: &str, disk: &str, width: usize, unicode: bool) -> String {
    let text = picture(&machine(name), &[disk], Canvas { width, unicode });
    for line in text.lines() {
        let columns = unicode_width::UnicodeWidthStr::width(line);
        assert!(columns <= width, "{columns} columns, at most {width} expected: {line}");
    }
    format!("\n{text}\n")
}

const AT_80: &str = r#"
┌ sda · 465.7 GiB · Samsung SSD 870 EVO 500GB · GPT ───────────────────────────┐
│┌ sda1 ────────┐┌ sda2 · 465.2 GiB · LUKS2 container · (root) ───────────────┐│
││ 512 MiB      ││┌ hdd_sda2 · 465.2 GiB · LVM group vg_hostos ──────────────┐││
││ ext4 "boot"  │││┌ root ────────────────────────────────────────┐┌ swap ──┐│││
││ (boot)       ││││ 461.2 GiB                                    ││ 4 GiB  ││││
││ /mnt/gentoo  ││││ ext4                                         ││ swap   ││││
││ /boot        ││││ /mnt/gentoo                                  ││ [swap] ││││
││              │││└──────────────────────────────────────────────┘└────────┘│││
││              ││└──────────────────────────────────────────────────────────┘││
│└──────────────┘└────────────────────────────────────────────────────────────┘│
└──────────────────────────────────────────────────────────────────────────────┘
"#;

const AT_60: &str = r#"
┌ sda · 465.7 GiB · Samsung SSD 870 EVO 500GB · GPT ───────┐
│┌ sda1 ────────┐┌ sda2 ──────────────────────────────────┐│
││ 512 MiB      ││ 465.2 GiB                              ││
││ ext4 "boot"  ││ LUKS2 container                        ││
││ (boot)       ││ (root)                                 ││
││ /mnt/gentoo  ││┌ hdd_sda2 ────────────────────────────┐││
││ /boot        │││ 465.2 GiB                            │││
││              │││ LVM group vg_hostos                  │││
││              │││┌ root ────────────────────┐┌ swap ──┐│││
││              ││││ 461.2 GiB                ││ 4 GiB  ││││
││              ││││ ext4                     ││ swap   ││││
││              ││││ /mnt/gentoo              ││ [swap] ││││
││              │││└──────────────────────────┘└────────┘│││
││              ││└──────────────────────────────────────┘││
│└──────────────┘└────────────────────────────────────────┘│
└──────────────────────────────────────────────────────────┘
"#;

const AT_40: &str = r#"
sda  465.7 GiB
│   Samsung SSD 870 EVO 500GB GPT
├─sda1  512 MiB
│     ext4 "boot" (boot)
│     /mnt/gentoo/boot
└─sda2  465.2 GiB
  │   LUKS2 container (root)
  └─hdd_sda2  465.2 GiB
    │   LVM group vg_hostos
    ├─root  461.2 GiB
    │     ext4
    │     /mnt/gentoo
    └─swap  4 GiB
          swap
          [swap]
"#;

const ASCII: &str = r#"
+ sda - 298 GiB - Hitachi HTS545032B9A300 - MBR -------------------------------+
|+ sda1 ----++ sda2 ------++ sda3 -++ sda5 --------------++ sda6 -++ free ....+|
|| 100 MiB  || 100 GiB    || 1 KiB || 150 GiB            || 2 GiB |: 45.9 GiB :|
|| ntfs     || ntfs       ||       || ext3 "home"        || swap  |:          :|
|| "System" ||            ||       ||                    ||       |:          :|
|+----------++------------++-------++--------------------++-------++..........+|
+------------------------------------------------------------------------------+
"#;

const MANY: &str = r#"
sda     1.8 TiB  Intenso  "Top" SSD GPT
├─sda1    1 GiB  vfat "ESP 1" (a b  c)
├─sda2   10 GiB  ext4 "say \"hi\" & <bye>" (it's "here" & <…
├─sda3   10 GiB  ext4 "two\nlines\ttab" (two\nlines)
├─sda4   10 GiB  ext4 "\u{1b}]0;title\u{7}" (\u{1b}[31mred\…
├─sda5   10 GiB  btrfs "Привет 世界 ☃" (Daten für Änne 数据)
├─sda6  100 GiB  btrfs "a very long label that goes on and …
├─sda7   10 GiB  xfs "\u{202e}abc" (\u{202e}gpj.exe)
└─sda8   10 GiB  ntfs ""
"#;

#[test]
fn a_stack_of_boxes_in_80_columns() {
    assert_eq!(drawn("old-group-active", "/dev/sda", 80, true), AT_80);
}

#[test]
fn small_boxes_keep_their_minimum_in_60_columns() {
    assert_eq!(drawn("old-group-active", "/dev/sda", 60, true), AT_60);
}

#[test]
fn in_40_columns_it_becomes_a_tree() {
    assert_eq!(drawn("old-group-active", "/dev/sda", 40, true), AT_40);
}

#[test]
fn without_unicode() {
    assert_eq!(drawn("bios-extended", "/dev/sda", 80, false), ASCII);
}

#[test]
fn many_partitions_with_odd_labels_become_a_tree_that_fits() {
    assert_eq!(drawn("odd-labels", "/dev/sda", 60, true), MANY);
}

#[test]
fn pictures_in_files_are_well_formed_and_show_everything() {
    for name in ["odd-labels", "old-group-active", "windows", "raid-running", "no-disks"] {
        let machine = machine(name);
        let text = svg("a <title> & \"more\"", &[("Before", &machine), ("After", &machine)], &[]);
        let parsed = roxmltree::Document::parse(&text).expect(name);
        let all: String = parsed.descendants().filter_map(|node| node.text()).collect();
        for device in machine.storage.devices.values() {
            let shown = match &device.kind {
                crate::machine::DeviceKind::Logical { volume, .. } => volume,
                _ => device.name(),
            };
            assert!(all.contains(shown), "{name}: {shown}");
        }
        let number = |node: &roxmltree::Node<'_, '_>, of: &str| -> usize {
            node.attribute(of).and_then(|text| text.parse().ok()).unwrap_or(0)
        };
        let root = parsed.root_element();
        for rect in parsed.descendants().filter(|node| node.has_tag_name("rect")) {
            let right = number(&rect, "x") + number(&rect, "width");
            let bottom = number(&rect, "y") + number(&rect, "height");
            assert!(right <= number(&root, "width"), "{name}");
            assert!(bottom <= number(&root, "height"), "{name}");
        }
    }
}
