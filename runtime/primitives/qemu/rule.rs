//! Violated rules about virtual machines.

use crate::error::Rule;

/// A violated rule about virtual machines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum QemuRule {
    /// A file does not exist.
    #[error("virtual machine {name}: {what} {path} does not exist")]
    Missing { name: String, what: &'static str, path: String },
    /// No process serves the socket of a share.
    #[error("virtual machine {name}: no virtiofsd serves the share {tag} ({socket})")]
    NoShare { name: String, tag: String, socket: String },
    /// QEMU would take a part of the path for an option.
    #[error("virtual machine {name}: QEMU cannot use a directory with a comma: {path}")]
    Comma { name: String, path: String },
    /// An initramfs or a command line needs a kernel.
    #[error("virtual machine {name}: {what} needs kernel")]
    NeedsKernel { name: String, what: &'static str },
    /// The link does not exist or is no tap.
    #[error("virtual machine {name}: there is no tap {link}")]
    NoTap { name: String, link: String },
}

impl Rule for QemuRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Missing { what: "kernel", .. } => {
                "give the path of a kernel, such as /boot/vmlinuz-VERSION".into()
            }
            Self::Missing { .. } => "make the file first, or correct its path".into(),
            Self::NoShare { socket, .. } => {
                format!("share a directory first: virtiofs::share(directory, {socket:?})")
            }
            Self::Comma { .. } => "choose another path".into(),
            Self::NeedsKernel { .. } => "add kernel".into(),
            Self::NoTap { link, .. } => format!("create it first: tap::create({link:?})"),
        })
    }
}
