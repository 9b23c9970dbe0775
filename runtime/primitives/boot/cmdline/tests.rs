//! Command lines for filesystems and swap areas on several devices.

use super::*;
use crate::machine::{Group, PartitionEntry};
use crate::operation::Ids;
use crate::system::{Sim, System};
use crate::types::LuksVersion;

/// Returns a machine with eight partitions: `/dev/sda1` to `/dev/sda8`.
fn machine() -> Machine {
    let mut machine = Machine::empty();
    machine.insert(Device::new("/dev/sda", 1 << 40, DeviceKind::Disk));
    for number in 1..=8 {
        let partition = PartitionEntry {
            disk: "/dev/sda".into(),
            number,
            start: u64::from(number) << 30,
            code: String::new(),
            uuid: format!("part-{number}"),
            name: None,
        };
        let kind = DeviceKind::Partition(partition);
        machine.insert(Device::new(format!("/dev/sda{number}"), 1 << 30, kind));
    }
    machine
}

fn hold(machine: &mut Machine, path: &str, content: Content) {
    let device = machine.storage.devices.get_mut(path).expect("a device");
    device.content = Some(content);
}

/// Makes a container with the UUID `NAME-luks` and opens it.
fn container(machine: &mut Machine, on: &str, name: &str) -> String {
    let content = Content::Luks {
        version: LuksVersion::Luks2,
        uuid: format!("{name}-luks"),
        offset: 16 << 20,
        slots: vec![0],
        cipher: "aes-xts-plain64".into(),
        details: None,
    };
    hold(machine, on, content);
    let path = format!("/dev/mapper/{name}");
    machine.insert(Device::new(&path, 1 << 30, DeviceKind::Crypt { on: on.into(), header: None }));
    path
}

/// Makes an array with the UUID `NAME-md`; without the UUID, it is one of the firmware.
fn array(machine: &mut Machine, members: [&str; 2], name: &str, uuid: bool) -> String {
    for member in members {
        let content = match uuid {
            true => Content::RaidMember {
                uuid: format!("{name}-md"),
                name: name.into(),
                level: "raid1".into(),
                devices: 2,
                share: 0,
                member: None,
            },
            false => Content::Other { kind: "isw_raid_member".into() },
        };
        hold(machine, member, content);
    }
    let path = format!("/dev/{name}");
    let members = members.map(str::to_owned).to_vec();
    let kind = DeviceKind::Raid { members, level: "raid1".into() };
    machine.insert(Device::new(&path, 1 << 30, kind));
    path
}

fn group(machine: &mut Machine, members: &[&str], volumes: &[&str]) {
    for member in members {
        hold(machine, member, Content::Physical { uuid: format!("pv {member}") });
    }
    let group = Group {
        members: members.iter().map(|&member| member.into()).collect(),
        extent: 4 << 20,
        extents: 100,
        free: 0,
        ..Group::default()
    };
    machine.storage.groups.insert("vg".into(), group);
    for volume in volumes {
        let kind = DeviceKind::Logical { group: "vg".into(), volume: (*volume).into() };
        machine.insert(Device::new(format!("/dev/mapper/vg-{volume}"), 1 << 30, kind));
    }
}

fn filesystem(kind: &str) -> Content {
    Content::Filesystem { kind: kind.into(), uuid: "fs".into(), label: None, member: None }
}

fn swap() -> Content {
    Content::Swap { uuid: "swap".into(), label: None }
}

fn systemd(machine: &Machine, root: &str, key: bool, keymap: Option<&str>) -> String {
    let keymap = keymap.map(|name| KeymapName::decode(&name.into()).expect("a keymap"));
    let settings = Settings { key, keymap, discard: true, ..Settings::default() };
    line_with(machine, root, None, CmdlineStyle::DracutSystemd, settings).expect("a line")
}

/// The parameters that few tests need.
#[derive(Default)]
struct Settings {
    key: bool,
    keymap: Option<KeymapName>,
    discard: bool,
    token: Option<Token>,
    containers: Vec<&'static str>,
}

fn line(
    machine: &Machine,
    root: &str,
    resume: Option<&str>,
    style: CmdlineStyle,
    key: bool,
) -> std::result::Result<String, String> {
    line_with(machine, root, resume, style, Settings { key, ..Settings::default() })
}

fn line_with(
    machine: &Machine,
    root: &str,
    resume: Option<&str>,
    style: CmdlineStyle,
    Settings { key, keymap, discard, token, containers }: Settings,
) -> std::result::Result<String, String> {
    let device = |path: &str| DevicePath::decode(&path.into()).expect("a path");
    let cmdline = Cmdline {
        device: device(root),
        style,
        key: key.then(|| AbsPath::assume_valid("/k")),
        key_device: key.then(|| device("/dev/sda8")),
        resume: resume.map(device),
        keymap,
        discard,
        token,
        containers: Some(containers.into_iter().map(device).collect()),
        extra: None,
    };
    let sim = Sim::new();
    let mut ids = Ids::new([7; 32]);
    let mut cx = Planning { machine, files: sim.files(), ids: &mut ids, terminal: false };
    match cmdline.answer(&mut cx) {
        Ok(Answer::Known(line)) => Ok(line),
        Ok(_) => panic!("the line is known"),
        Err(error) => Err(error.to_string()),
    }
}

fn dracut(machine: &Machine, root: &str, resume: Option<&str>) -> String {
    line(machine, root, resume, CmdlineStyle::Dracut, false).expect("a line")
}

fn genkernel(machine: &Machine, root: &str, resume: Option<&str>) -> String {
    line(machine, root, resume, CmdlineStyle::Genkernel, false).expect("a line")
}

/// A btrfs filesystem on two containers, and a key file on a USB drive.
fn pair() -> Machine {
    let mut machine = machine();
    for (on, name) in [("/dev/sda1", "a"), ("/dev/sda2", "b")] {
        let path = container(&mut machine, on, name);
        hold(&mut machine, &path, filesystem("btrfs"));
    }
    let stick = Content::Filesystem {
        kind: "vfat".into(),
        uuid: "STICK".into(),
        label: None,
        member: None,
    };
    hold(&mut machine, "/dev/sda8", stick);
    machine
}

#[test]
fn every_container_of_a_btrfs_is_opened() {
    let machine = pair();
    let wanted = |first: &str, second: &str| {
        format!(
            "root=UUID=fs ro rootfstype=btrfs rd.md=0 rd.dm=0 rd.luks.uuid={first}-luks rd.luks.uuid={second}-luks"
        )
    };
    assert_eq!(dracut(&machine, "/dev/mapper/a", None), wanted("a", "b"));
    assert_eq!(dracut(&machine, "/dev/mapper/b", None), wanted("b", "a"));
    let keyed = line(&machine, "/dev/mapper/a", None, CmdlineStyle::Dracut, true).expect("a line");
    assert_eq!(keyed, wanted("a", "b") + " rd.luks.key=/k:UUID=STICK");
}

#[test]
fn a_container_that_the_root_is_not_on_is_opened_with_what_is_below_it() {
    let mut machine = machine();
    let root = container(&mut machine, "/dev/sda1", "root");
    hold(&mut machine, &root, filesystem("ext4"));
    let home = array(&mut machine, ["/dev/sda2", "/dev/sda3"], "home", true);
    container(&mut machine, &home, "home");
    let settings =
        Settings { containers: vec!["/dev/sda1", "/dev/md/home"], ..Settings::default() };
    let line = line_with(&machine, &root, None, CmdlineStyle::Dracut, settings).expect("a line");
    assert_eq!(
        line,
        "root=UUID=fs ro rootfstype=ext4 rd.md.uuid=home-md rd.dm=0 rd.luks.uuid=root-luks rd.luks.uuid=home-luks"
    );
}

#[test]
fn systemd_gets_its_own_options_for_every_container() {
    let machine = pair();
    let opened =
        "root=UUID=fs ro rootfstype=btrfs rd.md=0 rd.dm=0 rd.luks.uuid=a-luks rd.luks.uuid=b-luks";
    assert_eq!(
        systemd(&machine, "/dev/mapper/a", false, Some("de-latin1")),
        format!(
            "{opened} rd.luks.options=a-luks=discard rd.luks.options=b-luks=discard rd.vconsole.keymap=de-latin1"
        )
    );
    assert_eq!(
        systemd(&machine, "/dev/mapper/a", true, None),
        format!(
            "{opened} rd.luks.key=a-luks=/k:UUID=STICK rd.luks.options=a-luks=keyfile-timeout=30s,discard \
             rd.luks.key=b-luks=/k:UUID=STICK rd.luks.options=b-luks=keyfile-timeout=30s,discard"
        )
    );
}

#[test]
fn genkernel_cannot_open_two_containers_for_the_root() {
    let error = line(&pair(), "/dev/mapper/a", None, CmdlineStyle::Genkernel, false);
    let wanted =
        "/dev/mapper/a is on 2 encrypted containers, but an initramfs of genkernel opens only one";
    assert_eq!(error, Err(wanted.into()));
}

#[test]
fn every_container_below_a_volume_group_is_opened() {
    let mut machine = machine();
    let members = [("/dev/sda1", "a"), ("/dev/sda2", "b")]
        .map(|(on, name)| container(&mut machine, on, name));
    group(&mut machine, &[&members[0], &members[1]], &["root", "swap", "home"]);
    hold(&mut machine, "/dev/mapper/vg-root", filesystem("ext4"));
    hold(&mut machine, "/dev/mapper/vg-swap", swap());
    assert_eq!(
        dracut(&machine, "/dev/vg/root", Some("/dev/vg/swap")),
        "root=/dev/vg/root ro rootfstype=ext4 rd.md=0 rd.dm=0 rd.luks.uuid=a-luks rd.luks.uuid=b-luks rd.lvm.lv=vg/root rd.lvm.lv=vg/swap resume=UUID=swap"
    );
}

#[test]
fn a_container_on_a_volume_activates_the_volume() {
    let mut machine = machine();
    group(&mut machine, &["/dev/sda1"], &["crypt", "home"]);
    let root = container(&mut machine, "/dev/mapper/vg-crypt", "root");
    hold(&mut machine, &root, filesystem("ext4"));
    assert_eq!(
        dracut(&machine, &root, None),
        "root=UUID=fs ro rootfstype=ext4 rd.md=0 rd.dm=0 rd.luks.uuid=root-luks rd.lvm.lv=vg/crypt"
    );
}

#[test]
fn the_container_of_the_swap_area_is_opened() {
    let mut machine = machine();
    let paths = [("/dev/sda1", "root"), ("/dev/sda2", "hibernation")]
        .map(|(on, name)| container(&mut machine, on, name));
    hold(&mut machine, &paths[0], filesystem("ext4"));
    hold(&mut machine, &paths[1], swap());
    let wanted = "root=UUID=fs ro rootfstype=ext4 rd.md=0 rd.dm=0 rd.luks.uuid=root-luks";
    assert_eq!(dracut(&machine, &paths[0], None), wanted);
    assert_eq!(
        dracut(&machine, &paths[0], Some(&paths[1])),
        format!("{wanted} rd.luks.uuid=hibernation-luks resume=UUID=swap")
    );
    assert_eq!(
        genkernel(&machine, &paths[0], Some(&paths[1])),
        "root=/dev/ram0 crypt_root=UUID=root-luks crypt_swap=UUID=hibernation-luks real_root=UUID=fs rootfstype=ext4 key_timeout=0 real_resume=UUID=swap"
    );
}

#[test]
fn the_array_of_the_swap_area_is_assembled() {
    let mut machine = machine();
    let path = array(&mut machine, ["/dev/sda1", "/dev/sda2"], "md1", true);
    hold(&mut machine, &path, swap());
    hold(&mut machine, "/dev/sda3", filesystem("ext4"));
    assert_eq!(
        dracut(&machine, "/dev/sda3", Some(&path)),
        "root=UUID=fs ro rootfstype=ext4 rd.md.uuid=md1-md rd.dm=0 resume=UUID=swap"
    );
    assert_eq!(
        genkernel(&machine, "/dev/sda3", Some(&path)),
        "root=/dev/ram0 real_root=UUID=fs rootfstype=ext4 key_timeout=0 domdadm real_resume=UUID=swap"
    );
}

#[test]
fn the_uuid_of_one_array_does_not_exclude_an_array_of_the_firmware() {
    let mut machine = machine();
    let root = array(&mut machine, ["/dev/sda1", "/dev/sda2"], "md126", false);
    hold(&mut machine, &root, filesystem("ext4"));
    let path = array(&mut machine, ["/dev/sda3", "/dev/sda4"], "md1", true);
    hold(&mut machine, &path, swap());
    assert_eq!(
        dracut(&machine, &root, Some(&path)),
        "root=UUID=fs ro rootfstype=ext4 rd.auto rd.dm=0 resume=UUID=swap"
    );
}

#[test]
fn systemd_unlocks_by_a_chip_or_a_token() {
    let machine = pair();
    let with = |style, token| {
        let settings = Settings { token: Some(token), ..Settings::default() };
        line_with(&machine, "/dev/mapper/a", None, style, settings)
    };
    for (token, option) in [(Token::Tpm2, "tpm2-device=auto"), (Token::Fido2, "fido2-device=auto")]
    {
        let line = with(CmdlineStyle::DracutSystemd, token).expect("a line");
        for uuid in ["a-luks", "b-luks"] {
            assert!(line.contains(&format!(" rd.luks.options={uuid}={option}")), "{line}");
        }
        for style in [CmdlineStyle::Dracut, CmdlineStyle::Genkernel] {
            let why = with(style, token).expect_err("nothing would use it");
            assert!(why.contains("does not unlock containers by a chip or a token"), "{why}");
        }
    }
}
