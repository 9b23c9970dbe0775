//! Booting: the kernel command line, GRUB and systemd-boot.

mod cmdline;
mod defaults;
mod encrypted;
mod entry;
mod esp;
mod grub;
mod kernels;
mod loader;
mod menu;
mod systemd;

pub use cmdline::Cmdline;
pub use entry::{Entries, MenuEntry};
pub use grub::GrubInstall;
pub use kernels::KernelEntries;
pub use loader::LoaderEntries;
pub use menu::{GrubConfig, GrubDefaults};
pub use systemd::{KernelInstall, SystemdBoot};

use crate::error::{Exit, Rule};
use crate::types::{Place, rhai_literal};

/// A violated rule about booting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BootRule {
    /// The device contains no mountable filesystem.
    #[error("{device} cannot be the root: holds {}", found.as_deref().unwrap_or("nothing"))]
    NoFilesystem {
        /// The device.
        device: String,
        /// A description of its content.
        found: Option<String>,
    },
    /// A key is given, but the root filesystem is not in a container.
    #[error("{device} is not in an encrypted container that the key could open")]
    NoContainer {
        /// The device of the root filesystem.
        device: String,
    },
    /// genkernel cannot open all containers of a filesystem or swap area.
    #[error(
        "{device} is on {count} encrypted containers, but an initramfs of genkernel opens only one"
    )]
    SeveralContainers {
        /// The device of the filesystem or swap area.
        device: String,
        /// The number of containers.
        count: usize,
    },
    /// Only one of the key file and its device is given.
    #[error("a key on a USB stick needs both \"key\" and \"key_device\"")]
    HalfAKey,
    /// systemd cannot use a key that GPG encrypts.
    #[error("{key} is encrypted by GPG: systemd in the initramfs cannot use it")]
    GpgWithSystemd {
        /// The path of the key file.
        key: String,
    },
    /// Only systemd unlocks containers by a chip or a token.
    #[error("an initramfs of the style {style} does not unlock containers by a chip or a token")]
    TokenWithoutSystemd {
        /// The style.
        style: &'static str,
    },
    /// The string would not be parsed as a single kernel parameter.
    #[error("{text:?} is not allowed on the kernel command line")]
    BadText {
        /// The string.
        text: String,
    },
    /// Neither or both of the GRUB targets are given.
    #[error("GRUB is installed either to a \"disk\" (BIOS) or to an \"efi\" directory")]
    Which,
    /// The disk has no space for GRUB.
    #[error("{disk} has a GPT without a BIOS boot partition, which GRUB needs")]
    NoBiosBoot {
        /// The disk.
        disk: String,
    },
    /// GRUB cannot derive any key of a container that contains `/boot`.
    #[error(
        "{boot} is in the LUKS2 container {device}, all keys of which use argon2; GRUB before 2.14 \
         cannot open it"
    )]
    Argon2 {
        /// The directory.
        boot: Place,
        /// The container.
        device: String,
    },
    /// GRUB is not configured to open containers.
    #[error(
        "{boot} is in the LUKS container {device}, but GRUB_ENABLE_CRYPTODISK=y is not set in \
         {place}"
    )]
    NoCryptodisk {
        /// The directory.
        boot: Place,
        /// The container.
        device: String,
        /// The file with the settings of GRUB.
        place: Place,
    },
    /// The directory is not an EFI system partition.
    #[error("{place} is not an EFI system partition: {why}")]
    NotEfi {
        /// The directory.
        place: Place,
        /// The reason.
        why: String,
    },
    /// The EFI variables are not accessible.
    #[error(
        "nothing is mounted at {place}: this machine was not booted by EFI, or its firmware \
         variables are not available"
    )]
    NoVariables {
        /// The mount point of efivarfs.
        place: Place,
    },
    /// efibootmgr, which creates the firmware boot entry, is not installed.
    #[error("{root} has no efibootmgr, which creates the firmware boot entry")]
    NoEfibootmgr {
        /// The root of the system.
        root: String,
    },
    /// A program of systemd-boot is not installed.
    #[error("{root} has no {program}")]
    NoSystemdBoot {
        /// The root of the system.
        root: String,
        /// The program.
        program: &'static str,
    },
    /// The image of a kernel does not exist.
    #[error("there is no image of the kernel {version} in {root}")]
    NoImage {
        /// The root of the system.
        root: String,
        /// The version of the kernel.
        version: String,
    },
    /// A file of the menu entry does not exist.
    #[error("there is no {place}")]
    Missing {
        /// The file.
        place: Place,
    },
    /// GRUB's own script for menu entries does not exist.
    #[error("there is no {place}, which finds the kernels for GRUB's menu")]
    NoScripts {
        /// The script.
        place: Place,
    },
    /// grub-mkconfig found no kernel.
    #[error("grub-mkconfig has found no kernel in {place}")]
    NoKernel {
        /// The directory that was searched.
        place: Place,
    },
}

impl BootRule {
    /// Returns what to do about something that is missing.
    fn missing(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoVariables { .. } => {
                "install to the fallback path that every firmware tries (removable: true); or \
                 boot the live medium by EFI and run mount -t efivarfs efivarfs /sys/firmware/efi/efivars"
            }
            Self::NoEfibootmgr { .. } => {
                "emerge sys-boot/efibootmgr in the root (GRUB for efi-64 depends on it); or \
                 install to the fallback path that every firmware tries (removable: true)"
            }
            Self::NoSystemdBoot { .. } => {
                "emerge sys-apps/systemd in the root with USE \"boot kernel-install\", or with \
                 OpenRC sys-apps/systemd-utils"
            }
            Self::NoImage { .. } => {
                "install the kernel first (kernel::install); or set the path of its image (image)"
            }
            Self::Missing { .. } => {
                "install the kernel first (kernel::install, kernel::initramfs); is /boot mounted?"
            }
            Self::NoScripts { .. } => "emerge sys-boot/grub in the root first",
            Self::NoKernel { .. } => {
                "install the kernel first (kernel::install); is /boot mounted?"
            }
            _ => return None,
        })
    }
}

impl Rule for BootRule {
    fn remedy(&self) -> Option<String> {
        if let Some(text) = self.missing() {
            return Some(text.to_owned());
        }
        Some(match self {
            Self::NoFilesystem { .. } => {
                "make a filesystem on it first, or open the container".into()
            }
            Self::NoContainer { .. } => "omit the key".into(),
            Self::SeveralContainers { .. } => {
                "use an initramfs of dracut (style: \"dracut\"; bundled recipes: --set \
                 kernel_from=sources)"
                    .into()
            }
            Self::GpgWithSystemd { .. } => {
                "omit systemd from the initramfs, and use style: \"dracut\"".into()
            }
            Self::TokenWithoutSystemd { .. } => "use style: \"dracut-systemd\"".into(),
            Self::HalfAKey => "see: gscript doc boot.cmdline".into(),
            Self::BadText { .. } => {
                "remove whitespace and quotes, and colons in the name of a key".into()
            }
            Self::Which => "see: gscript doc boot.grub_install".into(),
            Self::NoBiosBoot { .. } => {
                "add one to the layout: #{ name: \"bios\", size: \"2M\", kind: \
                 \"bios-boot\" }; or boot by EFI"
                    .into()
            }
            Self::Argon2 { .. } => {
                "mount an unencrypted partition at /boot; or give the container a key that GRUB can \
                 derive: cryptsetup luksConvertKey --pbkdf pbkdf2 DEVICE"
                    .into()
            }
            Self::NoCryptodisk { place, .. } => {
                let place = rhai_literal(&place.to_string());
                format!(
                    "mount an unencrypted partition at /boot; or set the variable first: \
                     file::append_line({place}, \"GRUB_ENABLE_CRYPTODISK=y\")"
                )
            }
            Self::NotEfi { .. } => {
                "add one to the layout (kind: \"efi\", 512M), format it as vfat, and mount it \
                 there; or boot by BIOS"
                    .into()
            }
            _ => return None,
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NoBiosBoot { .. }
            | Self::Argon2 { .. }
            | Self::NoCryptodisk { .. }
            | Self::NotEfi { .. }
            | Self::NoVariables { .. }
            | Self::NoEfibootmgr { .. } => Exit::Refused,
            Self::NoKernel { .. } => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}
