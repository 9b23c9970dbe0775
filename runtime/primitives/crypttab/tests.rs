//! Keys in `/etc/crypttab` and `/etc/conf.d/dmcrypt`, and malformed lines.

use super::*;
use crate::machine::DeviceKind;
use crate::operation::Ids;
use crate::system::{Sim, System};
use crate::types::ParamValue;

fn plan(action: &impl Action) -> std::result::Result<(), String> {
    let mut machine = Machine::empty();
    machine.insert(Device::new("/dev/sda", 1 << 30, DeviceKind::Disk));
    let content =
        Content::Filesystem { kind: "ext4".into(), uuid: "1".into(), label: None, member: None };
    machine.storage.devices.entry("/dev/sda".into()).and_modify(|d| d.content = Some(content));
    let sim = Sim::new();
    let mut ids = Ids::new([7; 32]);
    let mut cx = Planning { machine: &machine, files: sim.files(), ids: &mut ids, terminal: false };
    action.plan(&mut cx).map(drop).map_err(|error| error.to_string())
}

#[test]
fn a_key_that_gpg_encrypts_is_only_for_programs_that_decrypt_it() {
    let root = || AbsPath::decode(&"/".into()).expect("a path");
    let device = || DevicePath::assume_valid("/dev/sda");
    let name = || MapName::decode(&"home".into()).expect("a name");
    let field = |text: &str| CrypttabField::decode(&text.into()).expect("a field");
    let set = |key: &str, options: &str| {
        let (key, options) = (field(key), field(options));
        plan(&Set { root: root(), name: name(), device: device(), key, options })
    };
    let error = set("/home.gpg:UUID=1-2", "luks").expect_err("refused");
    assert!(error.starts_with("/home.gpg cannot be the key of home: it is encrypted"), "{error}");
    assert_eq!(set("/home.gpg", "luks,keyscript=decrypt_gnupg"), Ok(()));
    assert_eq!(set("/home.key", "luks"), Ok(()));
    let dmcrypt = |key: &str| {
        let key = Some(DmcryptText::decode(&key.into()).expect("a text"));
        let (kind, options, stick) = (Purpose::Target, None, None);
        plan(&SetDmcrypt {
            root: root(),
            name: name(),
            device: device(),
            kind,
            key,
            options,
            stick,
        })
    };
    assert_eq!(dmcrypt("/home.gpg:gpg"), Ok(()));
    let error = dmcrypt("/home.gpg").expect_err("refused");
    assert!(error.ends_with("needs the mode gpg"), "{error}");
}

#[test]
fn lines_without_a_device_are_skipped_and_reported() {
    let text = "# name device key\nroot UUID=1\nhome\n\nswap /dev/sda3 /dev/urandom swap\n x \n";
    let mut sim = Sim::new();
    let content = FileContents::Known(text.into());
    sim.put(&Place::here("/etc/crypttab"), content, None).expect("a file");
    let machine = &Machine::empty();
    let mut ids = Ids::new([7; 32]);
    let mut cx = Planning { machine, files: sim.files(), ids: &mut ids, terminal: false };
    let entries = Entries { root: AbsPath::assume_valid("/") };
    let Ok(Answer::Known(lines)) = entries.answer(&mut cx) else { panic!("the file is known") };
    let lines: Vec<String> = lines
        .iter()
        .map(|line| format!("{}|{}|{}|{}", line.name, line.device, line.key, line.options))
        .collect();
    assert_eq!(lines, ["root|UUID=1|none|", "swap|/dev/sda3|/dev/urandom|swap"]);
    let ignored = |line: u32| {
        format!("/etc/crypttab:{line}: ignored, as systemd does: an entry has at least two fields")
    };
    assert_eq!(entries.warnings(&mut cx).expect("warnings"), [ignored(3), ignored(6)]);
}
