//! `fstab.remove` on a simulated system.

use super::*;
use crate::machine::{Device, DeviceKind, Machine};
use crate::operation::Ids;
use crate::system::{NoopWatch, Sim, System};
use crate::types::ParamValue;

const TEXT: &[u8] =
    b"# <what>\nUUID=1 / ext4\n\nUUID=2\t/home xfs # kept?\nUUID=3 none swap sw\nUUID=4 /home ext4";

fn file(content: &[u8]) -> Step {
    let place = Place::here(FSTAB);
    Step::Files(FilesStep::Write {
        place,
        content: FileContents::Known(content.to_vec()),
        mode: None,
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
        root: AbsPath::known("/"),
        at: FstabPlace::decode(&at.into()).expect("a mount point"),
        source: source.map(|source| FstabSource::decode(&source.into()).expect("a source")),
    };
    let mut ids = Ids::new([7; 32]);
    let machine = &Machine::empty();
    let mut cx = Planning { machine, files: sim.files(), ids: &mut ids, terminal: false };
    remove.plan(&mut cx).map_err(|error| error.to_string())
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
        let content =
            Content::Filesystem { kind: "btrfs".into(), uuid: "pair".into(), label: None };
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
    let wanted = "an entry without a mount point is selected by its \"source\"";
    assert_eq!(error("none", None), wanted);
    assert!(plan(&system(TEXT), "/home", Some("UUID=4")).is_ok());
}

#[test]
fn entries_need_three_fields() {
    let sim = system(b"UUID=1 / ext4 noatime 0 1\nLABEL=My\\040Data /media/My\\040Data ntfs\n/dev/sda2 none swap");
    let mut ids = Ids::new([7; 32]);
    let machine = &Machine::empty();
    let mut cx = Planning { machine, files: sim.files(), ids: &mut ids, terminal: false };
    let entries = Entries { root: AbsPath::known("/") };
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
}
