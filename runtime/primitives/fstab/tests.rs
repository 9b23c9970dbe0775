//! `fstab.set` and `fstab.remove` on a simulated system.

use super::*;
use crate::machine::{Content, Device, DeviceKind, Machine};
use crate::operation::{Action, Ids, Plan, Undo};
use crate::system::{FilesStep, NoopWatch, Sim, Step, System};
use crate::types::{Map, Mode, ParamValue, Value};

const TEXT: &[u8] =
    b"# <what>\nUUID=1 / ext4\n\nUUID=2\t/home xfs # kept?\nUUID=3 none swap sw\nUUID=4 /home ext4";

fn file(content: &[u8]) -> Step {
    let place = Place::here(FSTAB);
    Step::Files(FilesStep::Write {
        place,
        content: FileContents::Known(content.to_vec()),
        mode: None,
        sets: String::new(),
    })
}

/// Returns a simulated system with this fstab.
fn system(content: &[u8]) -> Sim {
    let mut sim = Sim::new();
    let place = Place::here("/etc");
    let etc = Step::Files(FilesStep::MakeDir { place, mode: Mode::new(0o755) });
    for step in [etc, file(content)] {
        sim.perform(&step, &mut NoopWatch).expect("a step");
    }
    sim
}

fn plan(sim: &Sim, at: &str, source: Option<&str>) -> std::result::Result<Plan<()>, String> {
    let remove = Remove {
        root: AbsPath::assume_valid("/"),
        at: FstabPlace::decode(&at.into()).expect("a mount point"),
        source: source.map(|source| FstabSource::decode(&source.into()).expect("a source")),
        device: None,
    };
    planned(&remove, sim, &Machine::empty())
}

fn planned(
    action: &impl Action<Output = ()>,
    sim: &Sim,
    machine: &Machine,
) -> std::result::Result<Plan<()>, String> {
    let mut ids = Ids::new([7; 32]);
    let mut cx = Planning { machine, files: sim.files(), ids: &mut ids, terminal: false };
    action.plan(&mut cx).map_err(|error| error.to_string())
}

fn map(pairs: &[(&str, Value)]) -> Value {
    Value::Map(
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Map>(),
    )
}

/// Returns a machine with three swap areas.
fn machine() -> Machine {
    let part = |content: &str| map(&[("size", "1G".into()), ("content", content.into())]);
    let parts = Value::List(vec![part("swap"), part("swap"), part("swap")]);
    let disk = map(&[("size", "8G".into()), ("parts", parts)]);
    Machine::from_description(&map(&[("/dev/sda", disk)])).expect("a machine")
}

fn uuid(machine: &Machine, device: &str) -> String {
    let content = machine.find(device).and_then(|device| device.content.as_ref());
    content.and_then(|content| content.uuid()).expect("a UUID").to_owned()
}

/// Returns the new text, or the error.
fn result(plan: std::result::Result<Plan<()>, String>, text: &str) -> String {
    match plan {
        Err(error) => error,
        Ok(plan) => match plan.steps.last() {
            None => text.to_owned(),
            Some(Step::Files(FilesStep::Write { content: FileContents::Known(bytes), .. })) => {
                String::from_utf8(bytes.clone()).expect("text")
            }
            Some(other) => panic!("{other}"),
        },
    }
}

#[test]
fn swap_is_named_by_its_device() {
    let machine = machine();
    let (one, two) = (uuid(&machine, "/dev/sda1"), uuid(&machine, "/dev/sda2"));
    let text =
        format!("UUID=7 / ext4\n/dev/sda1\tnone swap sw\nUUID=\"{two}\" swap swap sw,pri=5\n");
    let sim = system(text.as_bytes());
    let set = |device: &str, replaces: Option<&str>| {
        let set = Set {
            root: AbsPath::assume_valid("/"),
            entry: FstabEntry {
                at: FstabPlace::assume_valid("none"),
                device: Some(DevicePath::decode(&device.into()).expect("a device")),
                source: None,
                kind: None,
                options: MountOptions::assume_valid("sw"),
                dump: FstabNumber::decode(&Value::Int(0)).expect("a number"),
                pass: FstabNumber::decode(&Value::Int(0)).expect("a number"),
            },
            replaces: replaces.map(FstabSource::assume_valid),
        };
        result(planned(&set, &sim, &machine), &text)
    };
    let line = |uuid: &str| {
        format!("{:<42} {:<12} {:<6} {:<20} 0 0\n", format!("UUID={uuid}"), "none", "swap", "sw")
    };
    assert_eq!(set("/dev/sda1", None), text.replace("/dev/sda1\tnone swap sw\n", &line(&one)));
    let second = format!("UUID=\"{two}\" swap swap sw,pri=5\n");
    assert_eq!(set("/dev/sda2", None), text.replace(&second, &line(&two)));
    assert_eq!(
        set("/dev/sda2", Some("/dev/sda1")),
        format!("/etc/fstab: UUID={two} has 2 entries: lines 2 and 3")
    );
    let third = line(&uuid(&machine, "/dev/sda3"));
    assert_eq!(set("/dev/sda3", None), format!("{text}{third}"));
    assert_eq!(
        set("/dev/sda3", Some("/dev/sda1")),
        text.replace("/dev/sda1\tnone swap sw\n", &third)
    );

    let remove = Remove {
        root: AbsPath::assume_valid("/"),
        at: FstabPlace::assume_valid("none"),
        source: None,
        device: Some(DevicePath::decode(&"/dev/sda2".into()).expect("a device")),
    };
    assert_eq!(result(planned(&remove, &sim, &machine), &text), text.replace(&second, ""));
}

#[test]
fn an_entry_is_removed_and_undo_restores_the_file() {
    let plan = plan(&system(TEXT), "none", Some("UUID=3")).expect("a plan");
    let without = String::from_utf8_lossy(TEXT).replace("UUID=3 none swap sw\n", "");
    assert_eq!(plan.steps, [file(without.as_bytes())]);
    assert_eq!(plan.undo, Undo::Steps(vec![file(TEXT)]));
}

#[test]
fn every_device_of_a_btrfs_is_named_by_the_uuid_of_the_filesystem() {
    let mut machine = Machine::empty();
    for path in ["/dev/sda", "/dev/sdb"] {
        let content = Content::Filesystem {
            kind: "btrfs".into(),
            uuid: "pair".into(),
            label: None,
            member: None,
        };
        machine.insert(Device::new(path, 1 << 30, DeviceKind::Disk));
        machine.storage.devices.entry(path.into()).and_modify(|d| d.content = Some(content));
    }
    let sim = system(b"");
    for path in ["/dev/sda", "/dev/sdb"] {
        let mut ids = Ids::new([7; 32]);
        let cx = Planning { machine: &machine, files: sim.files(), ids: &mut ids, terminal: false };
        let device = DevicePath::decode(&path.into()).expect("a path");
        let found = identify(&device, &cx).expect("an identifier");
        assert_eq!(found, ("pair".to_owned(), "btrfs".to_owned()));
    }
}

#[test]
fn nothing_is_done_without_an_entry_or_a_file() {
    let mut missing = system(b"");
    let remove = Step::Files(FilesStep::Remove { place: Place::here(FSTAB) });
    missing.perform(&remove, &mut NoopWatch).expect("a step");
    for (sim, at) in [(system(TEXT), "/boot"), (system(b""), "/"), (missing, "/")] {
        let plan = plan(&sim, at, None).expect("a plan");
        assert_eq!((plan.steps, plan.undo), (Vec::new(), Undo::Nothing));
    }
}

#[test]
fn an_unknown_file_is_written_and_cannot_be_undone() {
    let plan = plan(&Sim::new(), "/home", None).expect("a plan");
    assert!(plan.always && matches!(plan.undo, Undo::Impossible(_)), "{:?}", plan.steps);
}

#[test]
fn an_entry_must_be_unambiguous() {
    let error = |at, source| plan(&system(TEXT), at, source).map(|_| ()).expect_err("an error");
    assert_eq!(error("/home", None), "/etc/fstab: /home has 2 entries: lines 4 and 6");
    let wanted = "an entry without a mount point is selected by its \"device\" or its \"source\"";
    assert_eq!(error("none", None), wanted);
    assert!(plan(&system(TEXT), "/home", Some("UUID=4")).is_ok());
}

#[test]
fn a_line_with_less_than_three_fields_is_left_out_and_reported() {
    let sim = system(b"UUID=1 / ext4 noatime 0 1\nLABEL=My\\040Data /media/My\\040Data ntfs\n/dev/sda1 /home\n\nlonely\n/dev/sda2 none swap");
    let mut ids = Ids::new([7; 32]);
    let machine = &Machine::empty();
    let mut cx = Planning { machine, files: sim.files(), ids: &mut ids, terminal: false };
    let entries = Entries { root: AbsPath::assume_valid("/") };
    let Ok(Answer::Known(lines)) = entries.answer(&mut cx) else { panic!("the file is known") };
    let lines: Vec<String> = lines
        .iter()
        .map(|line| {
            format!("{}|{}|{}|{}|{}", line.source, line.at, line.kind, line.options, line.pass)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "UUID=1|/|ext4|noatime|1",
            "LABEL=My Data|/media/My Data|ntfs|defaults|0",
            "/dev/sda2|none|swap|defaults|0"
        ]
    );
    let ignored = |line: u32| {
        format!("/etc/fstab:{line}: ignored, as mount(8) does: an entry has at least three fields")
    };
    assert_eq!(entries.warnings(&mut cx).expect("warnings"), [ignored(3), ignored(5)]);
}
