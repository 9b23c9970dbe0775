//! Machine files that are damaged or contradictory: the error names the place, the cause and a
//! remedy.

use std::fs;

use gscript::machine::Machine;
use serde_json::{Value, json};

use crate::support::dsl::{Test, project};

/// Returns a valid machine: a disk with a partition, a container in it, and a volume group with a
/// volume in that.
fn valid_machine() -> Value {
    json!({
        "format": 1,
        "host": { "udev": true },
        "devices": {
            "/dev/sda": {
                "path": "/dev/sda", "size": 1_000_000_000, "kind": "disk",
                "table": { "kind": "gpt", "id": "11111111-0000-4000-8000-000000000000" }
            },
            "/dev/sda1": {
                "path": "/dev/sda1", "size": 500_000_000,
                "kind": { "partition": {
                    "disk": "/dev/sda", "number": 1, "start": 1_048_576,
                    "code": "0x83", "uuid": "11111111-0000-4000-8000-000000000001"
                } },
                "content": {
                    "is": "luks", "version": "luks2", "offset": 16_777_216, "slots": [0],
                    "uuid": "11111111-1111-4000-8000-000000000001", "cipher": "aes-xts-plain64"
                }
            },
            "/dev/sda2": {
                "path": "/dev/sda2", "size": 100_000_000,
                "kind": { "partition": {
                    "disk": "/dev/sda", "number": 2, "start": 600_000_000,
                    "code": "0x83", "uuid": "11111111-0000-4000-8000-000000000002"
                } },
                "content": {
                    "is": "filesystem", "kind": "ext4",
                    "uuid": "11111111-2222-4000-8000-000000000002"
                }
            },
            "/dev/mapper/enc": {
                "path": "/dev/mapper/enc", "size": 483_222_784,
                "kind": { "crypt": { "on": "/dev/sda1" } },
                "content": { "is": "physical", "uuid": "aaaaaa-0000-0000-0000-0000-0000-000001" }
            },
            "/dev/mapper/vg-root": {
                "path": "/dev/mapper/vg-root", "size": 419_430_400,
                "kind": { "logical": { "group": "vg", "volume": "root" } }
            }
        },
        "groups": { "vg": {
            "members": ["/dev/mapper/enc"], "extent": 4_194_304, "extents": 114, "free": 14,
            "volumes": { "root": { "extents": 100, "active": true } }
        } },
        "mounts": [{ "source": "/dev/sda2", "at": "/boot", "kind": "ext4" }]
    })
}

/// Returns the errors for the valid machine after this change; `nothing` if there are none.
fn errors(change: impl FnOnce(&mut Value)) -> String {
    let mut machine = valid_machine();
    change(&mut machine);
    match Machine::read(&machine.to_string()) {
        Ok(_) => "nothing".into(),
        Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

/// Replaces one value and expects exactly this error.
#[track_caller]
fn expect_error(pointer: &str, value: Value, said: &str) {
    let now = errors(|machine| *machine.pointer_mut(pointer).expect(pointer) = value);
    assert_eq!(now, said, "{pointer}");
}

#[test]
fn valid_machines_are_read() {
    assert_eq!(errors(|_| {}), "nothing");
    let mut count = 0;
    for entry in fs::read_dir(project("tests/machines")).expect("the machines") {
        count += 1;
        let path = entry.expect("a machine").path();
        let text = fs::read_to_string(&path).expect("a machine");
        let machine = Machine::read(&text).unwrap_or_else(|errors| panic!("{path:?}: {errors:?}"));
        let again = serde_json::to_string(&machine).expect("text");
        assert_eq!(Machine::read(&again).as_ref(), Ok(&machine), "{path:?}");
    }
    assert!(count > 20, "only {count} machines");
}

#[test]
fn an_active_thin_pool_needs_no_device() {
    let pool = json!({ "extents": 10, "active": true, "kind": { "thin_pool": { "metadata": 1 } } });
    let said = errors(|machine| {
        machine["groups"]["vg"]["free"] = json!(2);
        machine["groups"]["vg"]["volumes"]["pool"] = pool;
    });
    assert_eq!(said, "nothing");
}

#[test]
fn damage_is_located() {
    let read = |text: &str| Machine::read(text).expect_err(text)[0].to_string();
    assert_eq!(
        read(""),
        "line 1, column 0: EOF while parsing a value; the file is damaged; copy it again, or probe the machine again"
    );
    let cut = valid_machine().to_string();
    let end = cut.find("/dev/sda2\",\"size").expect("a path");
    assert_eq!(
        read(&cut[..end]),
        "devices[\"/dev/sda2\"].path (line 1, column 518): EOF while parsing a string; the file is damaged; copy it again, or probe the machine again"
    );
    assert_eq!(
        read("{\"format\": 9, \"later\": 1}"),
        "format: format 9 is not supported; this program reads format 1; use a newer gscript, or probe the machine with this one"
    );
    assert_eq!(
        read("{\"format\": 1}"),
        "line 1, column 13: missing field `host`; correct the file, or probe the machine again"
    );
    assert_eq!(
        read("{\"format\": 1, \"hots\": 3}"),
        "hots (line 1, column 20): unknown field `hots`, expected one of `format`, `host`, `devices`, `aliases`, `groups`, `mounts`, `swaps`, `net`, `cgroup`, `guests`, `shares`, `virtiofsd`; correct the file, or probe the machine again"
    );
    let twice = valid_machine().to_string().replace("\"/dev/sda2\":{", "\"/dev/sda1\":{");
    assert_eq!(
        read(&twice).split(';').next(),
        Some("devices (line 1, column 508): duplicate key \"/dev/sda1\"")
    );
    let negative = valid_machine().to_string().replace("1000000000", "-5");
    assert_eq!(
        read(&negative).split(';').next(),
        Some(
            "devices[\"/dev/sda\"].size (line 1, column 83): invalid value: integer `-5`, expected u64"
        )
    );
}

#[test]
fn partitions_must_fit_and_not_overlap() {
    expect_error(
        "/devices/~1dev~1sda2/size",
        json!(400_000_001),
        "devices[\"/dev/sda2\"].size: it begins at byte 600000000 and has 400000001 bytes, but /dev/sda ends at 1000000000; correct the size of the partition or of the disk",
    );
    expect_error(
        "/devices/~1dev~1sda2/kind/partition/start",
        json!(400_000_000),
        "devices[\"/dev/sda2\"].kind.partition.start: it begins at byte 400000000, but /dev/sda1 ends at 501048576; correct the start or the size of one of them",
    );
    expect_error(
        "/devices/~1dev~1sda2/kind/partition/disk",
        json!("/dev/sdq"),
        "devices[\"/dev/sda2\"].kind.partition.disk: there is no device \"/dev/sdq\"; describe that device as well, or remove this one",
    );
    expect_error(
        "/devices/~1dev~1sda2/kind/partition/number",
        json!(1),
        "devices[\"/dev/sda2\"].kind.partition.number: /dev/sda1 has number 1 as well; give each partition its own number",
    );
}

#[test]
fn a_partition_may_lie_in_one_that_begins_with_its_disk() {
    let nested = errors(|machine| {
        machine["devices"]["/dev/sda1"]["kind"]["partition"]["start"] = json!(0);
        machine["devices"]["/dev/sda2"]["kind"]["partition"]["start"] = json!(4096);
    });
    assert_eq!(nested, "nothing");
}

#[test]
fn what_a_probe_has_noted_is_read() {
    let said = errors(|machine| {
        machine["mounts"][0]["source"] = json!("/dev/sdz9");
        machine["host"]["notes"] = json!(["mounts[0].source: there is no device \"/dev/sdz9\""]);
    });
    assert_eq!(said, "nothing");
}

#[test]
fn unknown_contents_stay_unknown_in_a_file() {
    let mut machine = valid_machine();
    machine["devices"]["/dev/sda2"]["content"] = json!(null);
    machine["devices"]["/dev/sda2"]["unprobed"] = json!(true);
    machine["devices"]["/dev/sda2"]["unreadable"] = json!("I/O error");
    machine["mounts"] = json!([]);
    let read = Machine::read(&machine.to_string()).expect("a machine");
    let again = serde_json::to_string(&read).expect("text");
    assert_eq!(Machine::read(&again).as_ref(), Ok(&read));
    let plan = |script: &str| {
        Test::new(&["plan", "r.rhai", "--machine", "m.json"])
            .file("r.rhai", script)
            .file("m.json", machine.to_string())
    };
    plan("fs::make(\"/dev/sda2\", #{ keep: true });").refuses(
        3,
        "error: the contents of /dev/sda2 are unknown: I/O error
 --> r.rhai:1:1
  |
1 | fs::make(\"/dev/sda2\", #{ keep: true });
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ fs.make /dev/sda2
  |
  = help: check the cause: dmesg | tail; smartctl --all /dev/sda2",
    );
    plan("mount::mount(\"/dev/sda2\", \"/mnt/old\");").refuses(
        2,
        "error: cannot mount /dev/sda2: its contents are unknown: I/O error
 --> r.rhai:1:1
  |
1 | mount::mount(\"/dev/sda2\", \"/mnt/old\");
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ mount.mount /dev/sda2 /mnt/old
  |
  = help: check dmesg for the cause",
    );
    let shown = plan("print(disk::info(\"/dev/sda2\").content);").run();
    assert!(shown.stdout.contains(" unknown\n"), "{}", shown.stdout);
    let warning = "warning: the contents of /dev/sda2 are unknown: I/O error";
    assert!(shown.stdout.contains(warning), "{}", shown.stdout);
}

#[test]
fn names_and_identifiers_are_unique() {
    expect_error(
        "/devices/~1dev~1sda2/path",
        json!("/dev/sda3"),
        "devices[\"/dev/sda2\"].path: its key is \"/dev/sda2\", but its path is \"/dev/sda3\"; make them the same",
    );
    expect_error(
        "/devices/~1dev~1sda2/kind/partition/uuid",
        json!("11111111-0000-4000-8000-000000000001"),
        "devices[\"/dev/sda2\"].kind.partition.uuid: 11111111-0000-4000-8000-000000000001 is also the identifier of /dev/sda1; if one is a copy of the other, give it a new identifier or remove it",
    );
    let copied = errors(|machine| {
        let content = machine["devices"]["/dev/sda2"]["content"].clone();
        machine["devices"]["/dev/mapper/vg-root"]["content"] = content;
    });
    assert_eq!(
        copied,
        "devices[\"/dev/sda2\"].content.uuid: 11111111-2222-4000-8000-000000000002 is also the identifier of /dev/mapper/vg-root; if one is a copy of the other, give it a new identifier or remove it"
    );
}

#[test]
fn groups_volumes_mounts_and_swap_have_their_devices() {
    expect_error(
        "/groups/vg/members/0",
        json!("/dev/sdz1"),
        "groups.vg.members[0]: there is no device \"/dev/sdz1\"; describe that device as well, or remove this one",
    );
    expect_error(
        "/groups/vg/members/0",
        json!("/dev/sda2"),
        "groups.vg.members[0]: /dev/sda2 is not a physical volume; give it the content {\"is\": \"physical\", …}",
    );
    expect_error(
        "/devices/~1dev~1mapper~1vg-root/kind/logical/group",
        json!("other"),
        "devices[\"/dev/mapper/vg-root\"].kind.logical.group: there is no volume group \"other\"; describe it under groups, or remove this volume",
    );
    expect_error(
        "/devices/~1dev~1mapper~1vg-root/size",
        json!(1),
        "devices[\"/dev/mapper/vg-root\"].size: its size is 1 bytes, but vg/root has 100 extents of 4194304 bytes; fix groups.vg.volumes, or remove this volume",
    );
    expect_error(
        "/mounts/0/source",
        json!("/dev/sdz9"),
        "mounts[0].source: there is no device \"/dev/sdz9\"; describe that device, or remove the mount",
    );
    let swapped = errors(|machine| machine["swaps"] = json!({ "/dev/sdz3": -2 }));
    assert_eq!(
        swapped,
        "swaps[\"/dev/sdz3\"]: there is no device \"/dev/sdz3\"; describe that device, or remove the swap area"
    );
}

#[test]
fn device_cycles_are_rejected() {
    expect_error(
        "/devices/~1dev~1sda1/kind",
        json!({ "crypt": { "on": "/dev/mapper/enc" } }),
        "devices[\"/dev/sda1\"].size: its size is 476.8 MiB, but /dev/mapper/enc below it has only 460.8 MiB; correct one of the sizes\n\
         devices[\"/dev/mapper/enc\"].kind: it is part of itself: /dev/mapper/enc on /dev/sda1; remove the cycle",
    );
}

#[test]
fn all_errors_are_reported_at_once() {
    let mut machine = valid_machine();
    machine["devices"]["/dev/sda2"]["size"] = json!(900_000_000);
    machine["mounts"][0]["source"] = json!("/dev/sdz9");
    machine["groups"]["vg"]["free"] = json!(999);
    Test::new(&["plan", "r.rhai", "--machine", "m.json"])
        .file("r.rhai", "print(1);")
        .file("m.json", machine.to_string())
        .refuses(
            2,
            "error: m.json: not a machine file
 |
 = wrong: devices[\"/dev/sda2\"].size: it begins at byte 600000000 and has 900000000 bytes, but /dev/sda ends at 1000000000; correct the size of the partition or of the disk
 = wrong: groups.vg.free: 999 free extents of 114 in total; correct one of the numbers
 = wrong: mounts[0].source: there is no device \"/dev/sdz9\"; describe that device, or remove the mount
 = help: probe a machine with: gscript probe >machine.json",
        );
    Test::new(&["plan", "r.rhai", "--machine", "m.json"]).file("r.rhai", "print(1);").refuses(
        2,
        "error: failed to read the machine file m.json: No such file or directory (os error 2)
 |
 = help: create one: gscript probe >machine.json",
    );
}
