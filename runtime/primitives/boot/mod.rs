//! What starts the kernel: its command line, and GRUB.

mod cmdline;
mod entry;
mod grub;

pub use cmdline::Cmdline;
pub use entry::{Entries, MenuEntry};
pub use grub::{GrubConfig, GrubInstall};

use crate::error::{Exit, Rule};
use crate::types::Place;

/// A rule about booting that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BootRule {
    /// Nothing to mount.
    #[error("{device} holds {}: it can't be the root", found.as_deref().unwrap_or("nothing"))]
    NoFilesystem {
        /// The device.
        device: String,
        /// What is there.
        found: Option<String>,
    },
    /// A key that opens nothing.
    #[error("{device} lies in no container: there is nothing that the key could open")]
    NoContainer {
        /// The root.
        device: String,
    },
    /// Half of what a key takes.
    #[error("a key on a stick needs both \"key\" and \"key_device\"")]
    HalfAKey,
    /// A text that would be more than one argument.
    #[error("{text:?} can't be part of the kernel's command line")]
    BadText {
        /// The text.
        text: String,
    },
    /// Neither or both.
    #[error("GRUB goes either to a \"disk\" (BIOS) or to an \"efi\" folder")]
    Which,
    /// Nowhere to put GRUB.
    #[error("{disk} has a GPT without a BIOS boot partition: there is no room for GRUB on it")]
    NoBiosBoot {
        /// The disk.
        disk: String,
    },
    /// No EFI system partition.
    #[error("{place} is not an EFI system partition: {why}")]
    NotEfi {
        /// Where it should be mounted.
        place: Place,
        /// The reason.
        why: String,
    },
    /// The firmware's list of systems can't be written.
    #[error(
        "nothing is mounted at {place}: this machine was not started by EFI, or without the firmware's \
         variables"
    )]
    NoVariables {
        /// Where they would be.
        place: Place,
    },
    /// Nothing would enter the system in the firmware's list.
    #[error("{root} has no efibootmgr, which enters it in the firmware's list")]
    NoEfibootmgr {
        /// The system.
        root: String,
    },
    /// GRUB can't find a file.
    #[error("there is no {place}")]
    Missing {
        /// Which.
        place: Place,
    },
    /// Nothing to boot.
    #[error("grub-mkconfig has found no kernel in {place}")]
    NoKernel {
        /// Where it looked.
        place: Place,
    },
}

impl Rule for BootRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoFilesystem { .. } => {
                "make a filesystem on it first, or open the container".into()
            }
            Self::NoContainer { .. } => "leave the key out".into(),
            Self::HalfAKey => "see: gscript doc boot.cmdline".into(),
            Self::BadText { .. } => {
                "leave out blanks, quotes and line breaks, and colons in the name of a key".into()
            }
            Self::Which => "see: gscript doc boot.grub_install".into(),
            Self::NoBiosBoot { .. } => {
                "add one to the layout: #{ name: \"bios\", size: \"2M\", kind: \
                 \"bios-boot\" }; or boot by EFI"
                    .into()
            }
            Self::NotEfi { .. } => {
                "add one to the layout (kind: \"efi\", 512M), make a vfat on it, and \
                 mount it there; or boot by BIOS"
                    .into()
            }
            Self::NoVariables { .. } => {
                "let it take the place that every firmware looks at (removable: true); or start the \
                 live medium by EFI, and mount -t efivarfs efivarfs /sys/firmware/efi/efivars"
                    .into()
            }
            Self::NoEfibootmgr { .. } => {
                "emerge sys-boot/efibootmgr in there (GRUB for efi-64 brings it along); or let it take \
                 the place that every firmware looks at (removable: true)"
                    .into()
            }
            Self::Missing { .. } => {
                "install the kernel first (kernel::install, kernel::initramfs); is /boot mounted?"
                    .into()
            }
            Self::NoKernel { .. } => {
                "install the kernel first (kernel::install); is /boot mounted?".into()
            }
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NoBiosBoot { .. }
            | Self::NotEfi { .. }
            | Self::NoVariables { .. }
            | Self::NoEfibootmgr { .. } => Exit::Refused,
            Self::NoKernel { .. } => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}
