//! `gscript probe`: anonymous output, and tools and devices that fail or do not answer.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use gscript::machine::{DeviceKind, Machine};

use crate::support::dsl::{ProgramOutput, Test, project};

fn machines() -> Vec<(String, Machine)> {
    let entries = fs::read_dir(project("tests/machines")).expect("the machines");
    let read = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path()).expect("a machine");
        (entry.path().display().to_string(), Machine::read(&text).expect("a machine"))
    };
    entries.map(|entry| read(entry.expect("a machine"))).collect()
}

/// Returns everything in a machine that could identify its owner.
fn identifying_words(machine: &Machine) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for device in machine.storage.devices.values() {
        words.extend(device.hardware.serial.clone());
        words.extend(device.hardware.wwn.clone());
        words.extend(device.table.as_ref().map(|table| table.id.clone()));
        words.extend(device.partition().map(|entry| entry.uuid.clone()));
        words.extend(device.partition().and_then(|entry| entry.name.clone()));
        let content = device.content.as_ref();
        words.extend(content.and_then(|content| content.uuid().map(str::to_owned)));
        words.extend(content.and_then(|content| content.label().map(str::to_owned)));
    }
    // Short words can occur by coincidence.
    words.retain(|word| word.len() >= 5);
    words
}

#[test]
fn anonymous_machines_reveal_nothing_and_keep_their_shape() {
    let words: usize = machines().iter().map(|(_, machine)| identifying_words(machine).len()).sum();
    assert!(words > 100, "only {words} words could tell something");
    for (file, machine) in machines() {
        let hidden = machine.anonymous(&[]);
        let text = serde_json::to_string(&hidden).expect("text");
        for word in identifying_words(&machine) {
            let written = serde_json::to_string(&word).expect("text");
            assert!(!text.contains(written.trim_matches('"')), "{file}: {word:?} in {text}");
        }
        assert_eq!(Machine::read(&text).as_ref(), Ok(&hidden), "{file}");
        // The result is reproducible, and it has the same shape.
        assert_eq!(hidden, machine.anonymous(&[]), "{file}");
        assert_eq!(hidden.storage.devices.len(), machine.storage.devices.len(), "{file}");
        assert_eq!(hidden.storage.groups.len(), machine.storage.groups.len(), "{file}");
        let pairs = machine.storage.devices.values().zip(hidden.storage.devices.values());
        for (device, other) in pairs {
            assert_eq!((device.size, device.sector), (other.size, other.sector), "{file}");
            let above = machine.descendants(&device.path).len();
            assert_eq!(above, hidden.descendants(&other.path).len(), "{file}");
            assert_eq!(
                machine.uses(&device.path).len(),
                hidden.uses(&other.path).len(),
                "{file}: {}",
                device.path
            );
        }
    }
}

#[test]
fn equal_identifiers_stay_equal() {
    let text = fs::read_to_string(project("tests/machines/raid-members.json")).expect("a machine");
    let hidden = Machine::read(&text).expect("a machine").anonymous(&[]);
    let uuid = |path: &str| hidden.storage.devices[path].content.as_ref().and_then(|c| c.uuid());
    assert_eq!(uuid("/dev/sda1"), uuid("/dev/sdb1"));
    assert_ne!(uuid("/dev/sda1"), uuid("/dev/sda2"));
    assert_ne!(
        hidden.storage.devices["/dev/sda"].hardware.serial,
        hidden.storage.devices["/dev/sdb"].hardware.serial
    );
}

#[test]
fn people_hosts_and_identifiers_in_names_are_hidden() {
    let text = fs::read_to_string(project("tests/machines/old-luks-open.json")).expect("a machine");
    let uuid = Machine::read(&text).expect("a machine").storage.devices["/dev/sda2"]
        .content
        .as_ref()
        .and_then(|content| content.uuid().map(str::to_owned))
        .expect("a container");
    let text = text.replace("hdd_sda2", &format!("luks-{uuid}")).replace("vg_hostos", "vg_wopr");
    let mut machine = Machine::read(&text).expect("a machine");
    for (source, at) in [
        ("/dev/sdb1", "/run/media/falken/KEYS"),
        ("joshua@norad:/srv", "/home/falken/games"),
        ("tmpfs", "/mnt/wopr"),
    ] {
        let mut mount = machine.storage.mounts[0].clone();
        (mount.source, mount.at) = (source.into(), at.into());
        machine.storage.mounts.push(mount);
    }
    let hidden = machine.anonymous(&["wopr".to_owned()]);
    let text = serde_json::to_string(&hidden).expect("text");
    for word in ["falken", "joshua", "norad", "wopr", "KEYS", uuid.as_str()] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    assert!(hidden.storage.groups.contains_key("vg_host"));
    let opened = hidden
        .storage
        .devices
        .values()
        .find(|device| matches!(device.kind, DeviceKind::Crypt { .. }));
    let opened = &opened.expect("the opened container").path;
    assert_eq!(hidden.storage.groups["vg_host"].members, std::slice::from_ref(opened));
    assert_eq!(hidden.uses("/dev/sdb").len(), 1);
}

/// Runs a call with these shell scripts as tools; `$DISKS` is a directory with two disks.
fn run_with_tools(args: &[&str], tools: &[(&str, &str)]) -> ProgramOutput {
    let temporary = tempfile::tempdir().expect("a directory");
    let directory = temporary.path();
    for disk in ["good", "bad"] {
        fs::write(directory.join(disk), vec![0; 1 << 20]).expect("a disk");
    }
    let disks = directory.to_string_lossy().into_owned();
    for (name, script) in tools {
        let file = directory.join(name);
        fs::write(&file, format!("#!/bin/sh\nDISKS={disks}\n{script}\n")).expect("a tool");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("its mode");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let test = Test::new(args).env("PATH", &format!("{disks}:{path}"));
    test.file("r.rhai", "print(1);").run()
}

/// Lists two disks, `good` and `bad`.
const LSBLK: &str = r#"row() { echo "{\"name\":\"$1\",\"kname\":\"$1\",\"path\":\"$DISKS/$1\",\"maj:min\":\"$2\",
\"type\":\"disk\",\"size\":1048576,\"log-sec\":512,\"ro\":false,\"rm\":false}"; }
echo "{\"blockdevices\":[$(row good 1:1),$(row bad 1:2)]}""#;

#[test]
fn a_tool_that_does_not_end_is_named() {
    for args in [
        &["probe", "--limit", "1"][..],
        &["plan", "r.rhai", "--limit", "1"],
        &["-e", "disk::list()", "--limit", "1"],
        &["r.rhai", "--yes", "--limit", "1"],
        &["release", "/dev/sda", "--limit", "1"],
    ] {
        let ran = run_with_tools(args, &[("lsblk", "exec sleep 100")]);
        assert_eq!(ran.status, 1, "{args:?}: {}", ran.stderr);
        let said =
            ["failed to probe this machine: lsblk", ": timed out after 1 s", "--limit SECONDS"];
        for part in said {
            assert!(ran.stderr.contains(part), "{args:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_device_that_blkid_cannot_read_is_unknown_and_the_others_are_not() {
    for (fails, why) in [
        ("exit 4", "blkid: exit code 4"),
        ("exec sleep 100", "blkid: timed out after 1 s"),
        ("kill -s SEGV $$", "blkid: killed by SIGSEGV"),
    ] {
        let blkid = format!(
            "case \"$*\" in *bad*) {fails};; esac\n\
             printf 'DEVNAME=%s\nTYPE=ext4\nUSAGE=filesystem\n' $DISKS/good"
        );
        let ran =
            run_with_tools(&["probe", "--limit", "1"], &[("lsblk", LSBLK), ("blkid", &blkid)]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("bad are unknown: {why}")), "{}", ran.stderr);
        let machine: serde_json::Value = serde_json::from_str(&ran.stdout).expect("a machine");
        let devices = machine["devices"].as_object().expect("devices");
        let found = |name: &str| {
            let device = devices.iter().find(|(path, _)| path.ends_with(name)).expect(name).1;
            (device["content"]["kind"].clone(), device["unreadable"].clone())
        };
        assert_eq!(found("/good"), ("ext4".into(), serde_json::Value::Null));
        assert_eq!(found("/bad"), (serde_json::Value::Null, why.into()));
    }
}

#[test]
fn a_blkid_that_reads_no_device_fails_the_probe() {
    let ran = run_with_tools(&["probe"], &[("lsblk", LSBLK), ("blkid", "exit 4")]);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("failed to probe this machine: blkid"), "{}", ran.stderr);
}

#[test]
fn this_machine_reads_back() {
    for words in [["probe"].as_slice(), &["probe", "--anonymous"]] {
        let ran = Test::new(words).run();
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let machine = Machine::read(&ran.stdout);
        assert!(machine.is_ok(), "{machine:?}");
    }
}
