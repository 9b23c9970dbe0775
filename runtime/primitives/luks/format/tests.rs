//! The sectors of new containers, and of the volume groups on them.

use super::*;
use crate::machine::{Device, DeviceKind, Machine};
use crate::operation::Ids;
use crate::primitives::luks::Open;
use crate::primitives::lvm::VgCreate;
use crate::system::{Sim, System};
use crate::types::{LvmName, MapName, ParamValue, Value};

/// Returns a machine with disks whose sectors have these sizes: `/dev/sda`, `/dev/sdb` ….
fn machine(sectors: &[u32]) -> Machine {
    let mut machine = Machine::empty();
    for (letter, sector) in ('a'..).zip(sectors) {
        let mut disk = Device::new(format!("/dev/sd{letter}"), 1 << 30, DeviceKind::Disk);
        disk.sector = *sector;
        machine.insert(disk);
    }
    machine
}

/// Plans an action, learns its facts, and returns its steps.
fn act(machine: &mut Machine, action: &impl Action) -> std::result::Result<Vec<String>, String> {
    let sim = Sim::new();
    let mut ids = Ids::new([7; 32]);
    let mut cx = Planning { machine, files: sim.files(), ids: &mut ids, terminal: false };
    let plan = action.plan(&mut cx).map_err(|error| error.to_string())?;
    for fact in &plan.makes {
        machine.learn(fact).expect("a fact that can be learned");
    }
    Ok(plan.steps.iter().map(ToString::to_string).collect())
}

fn device(path: &str) -> DevicePath {
    DevicePath::decode(&path.into()).expect("a path")
}

fn format(version: LuksVersion, sector: Option<i64>) -> Format {
    Format {
        device: device("/dev/sda"),
        key: None,
        passphrase: Some(Secret::new("pw", b"correct horse".to_vec())),
        version,
        cipher: Cipher::decode(&"aes-xts-plain64".into()).expect("a cipher"),
        key_size: KeyBits::decode(&Value::Int(512)).expect("a size"),
        kdf: None,
        sector: sector.map(|bytes| SectorSize::decode(&Value::Int(bytes)).expect("a size")),
        keep: false,
    }
}

fn open() -> Open {
    Open {
        device: device("/dev/sda"),
        name: MapName::decode(&"c".into()).expect("a name"),
        key: None,
        passphrase: Some(Secret::new("pw", b"correct horse".to_vec())),
        gpg_key: None,
        header: None,
        read_only: false,
        discard: false,
    }
}

/// Returns the option of the command and the sector size of the mapped device.
fn sectors(disk: u32, version: LuksVersion, sector: Option<i64>) -> (Option<String>, u32) {
    let mut machine = machine(&[disk]);
    let steps = act(&mut machine, &format(version, sector)).expect("a plan");
    let command = steps.last().expect("a command");
    let option = command.split("--sector-size ").nth(1).and_then(|rest| rest.split(' ').next());
    let option = option.map(str::to_owned);
    act(&mut machine, &open()).expect("a plan");
    (option, machine.find("/dev/mapper/c").expect("a device").sector)
}

#[test]
fn a_container_has_the_sectors_of_its_disk() {
    let luks2 = LuksVersion::Luks2;
    let option = |bytes: &str| Some(bytes.to_owned());
    assert_eq!(sectors(512, luks2, None), (option("512"), 512));
    assert_eq!(sectors(512, luks2, Some(4096)), (option("4096"), 4096));
    assert_eq!(sectors(4096, luks2, None), (option("4096"), 4096));
    assert_eq!(sectors(4096, luks2, Some(512)), (option("512"), 4096));
    assert_eq!(sectors(4096, LuksVersion::Luks1, None), (None, 4096));
}

#[test]
fn impossible_sectors_are_rejected() {
    let error = act(&mut machine(&[512]), &format(LuksVersion::Luks1, Some(4096)));
    assert_eq!(error, Err("LUKS1 supports only sectors of 512 bytes, and not of 4096".into()));
    let mut odd = machine(&[512]);
    odd.storage.devices.get_mut("/dev/sda").expect("a disk").size += 512;
    let error = act(&mut odd, &format(LuksVersion::Luks2, Some(4096))).expect_err("an error");
    let wanted =
        "/dev/sda has 1073742336 bytes, which is not a multiple of its sector size of 4096";
    assert_eq!(error, wanted);
    assert!(act(&mut odd, &format(LuksVersion::Luks2, None)).is_ok());
}

#[test]
fn a_volume_group_has_one_sector_size() {
    let group = |machine: &mut Machine, members: [&str; 2]| {
        for member in members {
            let content = Content::Physical { uuid: format!("pv {member}") };
            machine.storage.devices.get_mut(member).expect("a device").content = Some(content);
        }
        let create = VgCreate {
            name: LvmName::decode(&"vg".into()).expect("a name"),
            devices: members.map(device).to_vec(),
            extent_size: Size::bytes(4 << 20),
        };
        act(machine, &create).map(drop)
    };
    let wanted = "the members of volume group vg have different sector sizes: /dev/sda has 512 bytes, /dev/sdb has 4096 bytes";
    assert_eq!(group(&mut machine(&[512, 4096]), ["/dev/sda", "/dev/sdb"]), Err(wanted.to_owned()));
    let mut machine = machine(&[512, 4096]);
    act(&mut machine, &format(LuksVersion::Luks2, Some(4096))).expect("a plan");
    act(&mut machine, &open()).expect("a plan");
    assert_eq!(group(&mut machine, ["/dev/mapper/c", "/dev/sdb"]), Ok(()));
}
