//! A combination of what an installation consists of, and the parameters that choose it.

use std::fmt;

use gscript::vm::Firmware;

/// The first process of the installed system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Init {
    /// sysvinit and OpenRC.
    Openrc,
    Systemd,
}

/// What unlocks the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlock {
    Key,
    Gpg,
    Passphrase,
    /// A key, and without the stick a passphrase.
    Fallback,
}

/// The boot loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loader {
    Grub,
    SystemdBoot,
    /// systemd-boot with unified kernel images.
    Uki,
}

/// The layout of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Lvm,
    Btrfs,
}

/// One of each, and what is tested.
pub struct Combination {
    pub init: Init,
    pub unlock: Unlock,
    pub firmware: Firmware,
    pub loader: Loader,
    pub layout: Layout,
    /// Whether a second kernel is installed, and booted.
    pub update: bool,
}

impl Combination {
    pub const fn new(
        init: Init,
        unlock: Unlock,
        firmware: Firmware,
        loader: Loader,
        layout: Layout,
    ) -> Self {
        Self { init, unlock, firmware, loader, layout, update: false }
    }

    pub const fn updated(self) -> Self {
        Self { update: true, ..self }
    }

    /// Returns the words for the name of the test and the table.
    fn words(&self) -> [&'static str; 6] {
        let init = match self.init {
            Init::Openrc => "OpenRC",
            Init::Systemd => "systemd",
        };
        let unlock = match self.unlock {
            Unlock::Key => "key",
            Unlock::Gpg => "GPG key",
            Unlock::Passphrase => "passphrase",
            Unlock::Fallback => "key or passphrase",
        };
        let firmware = match self.firmware {
            Firmware::Bios => "BIOS",
            Firmware::Efi => "EFI",
        };
        let loader = match self.loader {
            Loader::Grub => "GRUB",
            Loader::SystemdBoot => "systemd-boot",
            Loader::Uki => "UKI",
        };
        let layout = match self.layout {
            Layout::Lvm => "LVM on LUKS",
            Layout::Btrfs => "btrfs on LUKS",
        };
        [init, unlock, firmware, loader, layout, if self.update { "update" } else { "" }]
    }

    /// Returns the row of the table in `tests/README.md`, with the month in which the combination was last seen booting.
    pub fn row(&self, booted: Option<&str>) -> String {
        let [init, unlock, firmware, loader, layout, update] = self.words();
        let update = if update.is_empty() { "–" } else { "yes" };
        let booted = booted.unwrap_or("not run");
        let chosen = format!("{init} | {unlock} | {firmware} | {loader} | {layout} | {update}");
        format!("| {chosen} | {booted} |\n")
    }

    /// Returns the parameters that choose the combination.
    pub fn sets(&self) -> Vec<String> {
        let mut sets = vec![
            format!("firmware={}", if self.firmware == Firmware::Bios { "bios" } else { "efi" }),
            format!("init={}", if self.init == Init::Systemd { "systemd" } else { "openrc" }),
            "timezone=Etc/UTC".to_owned(),
        ];
        sets.push(match self.loader {
            Loader::Grub => "bootloader=grub".into(),
            Loader::SystemdBoot => "bootloader=systemd-boot".into(),
            Loader::Uki => "bootloader=uki".into(),
        });
        match (self.layout, self.unlock) {
            (Layout::Btrfs, _) => sets.push("layout=luks-btrfs".into()),
            (_, Unlock::Key) => sets.extend(["unlock=key".into(), "fallback=none".into()]),
            (_, Unlock::Gpg) => sets.extend(["unlock=gpg".into(), "fallback=none".into()]),
            (_, Unlock::Passphrase) => sets.push("unlock=passphrase".into()),
            (_, Unlock::Fallback) => {
                sets.extend(["unlock=key".into(), "fallback=passphrase".into()]);
            }
        }
        sets
    }

    /// Returns what the installed system tells about its services and filesystems. The layout with btrfs has no swap, and is
    /// installed without sshd; btrfs tells its device by either of its names.
    pub fn reports(&self) -> &'static [&'static str] {
        match (self.init, self.layout) {
            (Init::Openrc, Layout::Lvm) => &[
                "home: /dev/mapper/vg_hostos-home ext4, swap: 1",
                "name: box, runlevel: default, started: lvm localmount cronie dhcpcd sshd sysklogd.",
            ],
            (Init::Openrc, Layout::Btrfs) => &[
                "[/@home] btrfs, swap: 0",
                "name: box, runlevel: default, started: localmount cronie dhcpcd sysklogd.",
            ],
            (Init::Systemd, Layout::Btrfs) => {
                &["[/@home] btrfs, swap: 0", "failed: .", "name: box, "]
            }
            (Init::Systemd, Layout::Lvm) => &[
                "home: /dev/mapper/vg_hostos-home ext4, swap: 1",
                "failed: .",
                "active: 3 active .",
                "name: box, ",
            ],
        }
    }

    /// Returns the names of the scripts that make the stage3.
    pub fn stage3(&self) -> &'static [&'static str] {
        match (self.init, self.loader) {
            (Init::Openrc, Loader::Grub) => &["openrc"],
            (Init::Openrc, _) => &["openrc", "systemd_boot"],
            (Init::Systemd, Loader::Grub) => &["systemd"],
            (Init::Systemd, _) => &["systemd", "systemd_boot"],
        }
    }
}

impl fmt::Display for Combination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.words();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        f.write_str(&words.join(", "))
    }
}
