//! Checks whether GRUB can open the containers that contain `/boot`.

use super::BootRule;
use super::defaults::DEFAULTS;
use crate::config::shell;
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::machine::{Content, Device};
use crate::operation::Planning;
use crate::primitives::edit::{system_file, unreadable};
use crate::primitives::file::text;
use crate::types::{AbsPath, LuksVersion};

/// The setting without which grub-install refuses a `/boot` in a container.
const CRYPTODISK: &str = "GRUB_ENABLE_CRYPTODISK";

/// Returns the containers below the filesystem that contains `/boot` of a system.
fn containers<'a>(root: &AbsPath, cx: &Planning<'a>) -> Vec<&'a Device> {
    let machine = cx.machine;
    let below = machine.backing_devices(&system_file(root, "/boot").to_string());
    let devices = below.iter().filter_map(|path| machine.find(path));
    devices.filter(|device| matches!(device.content, Some(Content::Luks { .. }))).collect()
}

/// Rejects containers below `/boot` of which every key is derived by argon2: no GRUB before 2.14
/// can derive it, and the version that will boot is unknown here.
pub(super) fn reject_argon2(root: &AbsPath, cx: &Planning<'_>) -> Result<()> {
    for device in containers(root, cx) {
        let Some(Content::Luks { version, slots, details: Some(details), .. }) = &device.content
        else {
            continue;
        };
        let only_argon2 = !slots.is_empty() && *slots == details.argon2;
        if *version == LuksVersion::Luks2 && only_argon2 {
            let (boot, device) = (system_file(root, "/boot"), device.path.clone());
            return Err(BootRule::Argon2 { boot, device }.into());
        }
    }
    Ok(())
}

/// Rejects a `/boot` in a container that GRUB could not open.
pub(super) fn check_boot_containers(root: &AbsPath, cx: &Planning<'_>) -> Result<()> {
    reject_argon2(root, cx)?;
    let Some(device) = containers(root, cx).into_iter().next() else { return Ok(()) };
    let place = system_file(root, DEFAULTS);
    let enabled = match text(&place, cx)? {
        None => false,
        Some(FileContents::Unknown(_)) => true,
        Some(FileContents::Known(bytes)) => {
            let value = shell::get(&String::from_utf8_lossy(&bytes), CRYPTODISK);
            value.map_err(|why| unreadable(&place, &why))?.as_deref() == Some("y")
        }
    };
    match enabled {
        true => Ok(()),
        false => {
            let (boot, device) = (system_file(root, "/boot"), device.path.clone());
            Err(BootRule::NoCryptodisk { boot, device, place }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{DeviceKind, LuksDetails, Machine, Mount};
    use crate::operation::Ids;
    use crate::system::{FilesStep, NoopWatch, Sim, Step, System};
    use crate::types::{Mode, Place};

    /// Returns a machine with a root filesystem, including `/boot`, in a container.
    fn machine(version: LuksVersion, slots: &[u32], argon2: &[u32]) -> Machine {
        let mut machine = Machine::empty();
        let mut disk = Device::new("/dev/sda", 1 << 30, DeviceKind::Disk);
        disk.content = Some(Content::Luks {
            version,
            uuid: "luks".into(),
            offset: 16 << 20,
            slots: slots.to_vec(),
            cipher: "aes-xts-plain64".into(),
            details: Some(LuksDetails { sector: 512, argon2: argon2.to_vec() }),
        });
        machine.insert(disk);
        let on = DeviceKind::Crypt { on: "/dev/sda".into(), header: None };
        machine.insert(Device::new("/dev/mapper/root", 1 << 29, on));
        machine.storage.mounts.push(Mount {
            source: "/dev/mapper/root".into(),
            at: "/mnt/t".into(),
            kind: "ext4".into(),
            part: "/".into(),
            options: std::collections::BTreeSet::new(),
        });
        machine
    }

    fn check(machine: &Machine, defaults: &str) -> Option<String> {
        let mut sim = Sim::new();
        for step in [
            FilesStep::MakeDir { place: Place::here("/mnt"), mode: Mode::new(0o755) },
            FilesStep::MakeDir { place: Place::here("/mnt/t"), mode: Mode::new(0o755) },
            FilesStep::MakeDir { place: Place::here("/mnt/t/etc"), mode: Mode::new(0o755) },
            FilesStep::MakeDir { place: Place::here("/mnt/t/etc/default"), mode: Mode::new(0o755) },
            FilesStep::Write {
                place: Place::here("/mnt/t/etc/default/grub"),
                content: FileContents::Known(defaults.into()),
                mode: None,
                sets: String::new(),
            },
        ] {
            sim.perform(&Step::Files(step), &mut NoopWatch).expect("a step");
        }
        let mut ids = Ids::new([7; 32]);
        let cx = Planning { machine, files: sim.files(), ids: &mut ids, terminal: false };
        check_boot_containers(&AbsPath::assume_valid("/mnt/t"), &cx)
            .err()
            .map(|error| error.to_string())
    }

    #[test]
    fn grub_derives_no_key_by_argon2() {
        let set = "GRUB_ENABLE_CRYPTODISK=y\n";
        let why = "/mnt/t/boot is in the LUKS2 container /dev/sda, all keys of which use argon2";
        let refused = machine(LuksVersion::Luks2, &[0, 1], &[0, 1]);
        assert!(check(&refused, set).is_some_and(|error| error.starts_with(why)));
        assert_eq!(check(&machine(LuksVersion::Luks2, &[0, 1], &[0]), set), None);
        assert_eq!(check(&machine(LuksVersion::Luks2, &[0], &[]), set), None);
        assert_eq!(check(&machine(LuksVersion::Luks1, &[0], &[]), set), None);
    }

    #[test]
    fn grub_opens_containers_only_if_this_is_enabled() {
        let machine = machine(LuksVersion::Luks1, &[0], &[]);
        for defaults in ["", "GRUB_ENABLE_CRYPTODISK=n\n", "#GRUB_ENABLE_CRYPTODISK=y\n"] {
            let error = check(&machine, defaults).expect("an error");
            assert!(error.contains("GRUB_ENABLE_CRYPTODISK=y is not set"), "{error}");
        }
        assert_eq!(check(&machine, "GRUB_ENABLE_CRYPTODISK=\"y\"\n"), None);
    }
}
