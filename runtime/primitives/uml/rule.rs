//! Violated rules about guests of User Mode Linux.

use crate::error::Rule;
use crate::types::quote;

/// A violated rule about guests of User Mode Linux.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum UmlRule {
    /// The kernel would split a path.
    #[error("{path}: a path on the command line of a kernel must not contain {found:?}")]
    Path { path: String, found: char },
    /// The guest would run as root.
    #[error("guest {name}: must not run as root")]
    Root { name: String },
    /// The directory of the guest does not exist.
    #[error("guest {name}: the directory {directory} does not exist")]
    NoDirectory { name: String, directory: String },
    /// An image does not exist.
    #[error("guest {name}: the image {image} does not exist")]
    NoImage { name: String, image: String },
    /// An image would be removed.
    #[error(
        "guest {name}: the image {image} is in {directory}, where the kernel removes all files"
    )]
    ImageLost { name: String, image: String, directory: String },
    /// There is no image.
    #[error("guest {name}: no disk is given")]
    NoDisk { name: String },
    /// The image is in use.
    #[error("image {image}: in use by guest {by}")]
    InUse { image: String, by: String },
    /// The file exists.
    #[error("{path} exists already")]
    Exists { path: String },
    /// The image cannot hold anything.
    #[error("{path}: {size} bytes is too small for an image")]
    TooSmall { path: String, size: u64 },
    /// This system is a guest of User Mode Linux.
    #[error(
        "guest {name}: this system is a guest of User Mode Linux, and cannot have guests of its own"
    )]
    Nested { name: String },
    /// The kernel does not exist.
    #[error("guest {name}: the kernel {kernel} does not exist")]
    NoKernel { name: String, kernel: String },
    /// The tap device does not exist.
    #[error("guest {name}: there is no tap device {tap}")]
    NoTap { name: String, tap: String },
    /// Memory of the guest cannot be in this directory.
    #[error(
        "guest {name}: {directory} is mounted noexec, and the memory of the guest would be in it"
    )]
    NoExec { name: String, directory: String },
    /// Two images would be made in one.
    #[error("{path}: a swap image has no tree of files")]
    SwapTree { path: String },
    /// The command is not one for the console.
    #[error("guest {name}: {command:?} is not allowed as a command of the management console")]
    Command { name: String, command: String, help: &'static str },
}

impl Rule for UmlRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Path { .. } => "choose a path of letters, digits and _ . - /".into(),
            Self::Root { .. } => {
                "give an ordinary user, or add allow_root: true: root of the guest can then use files of this system".into()
            }
            Self::NoDirectory { directory, .. } => {
                format!("create it first: file::make_dir({directory:?})")
            }
            Self::NoImage { image, .. } => format!("create it first: uml::image({image:?}, \"3G\")"),
            Self::ImageLost { .. } => "move the image to the directory above".into(),
            Self::NoDisk { .. } => "give the root image: [\"/var/lib/uml/NAME/root.img\"]".into(),
            Self::InUse { by, .. } => format!("stop the guest first: uml::stop({by:?})"),
            Self::Exists { path } => format!("choose another path, or remove the file: rm {}", quote(path)),
            Self::TooSmall { .. } => "give at least 1M".into(),
            Self::Nested { .. } => {
                "start the guest on the host of this system; in gscript try, leave out the start of the guest".into()
            }
            Self::NoKernel { .. } => {
                "install Debian's user-mode-linux, or build one (make ARCH=um linux), and give its path as kernel".into()
            }
            Self::NoTap { tap, .. } => format!("create it first: tap::create({tap:?}, #{{ owner: … }})"),
            Self::NoExec { directory, .. } => {
                format!("add tmp: \"/var/tmp\", or run: mount -o remount,exec {}", quote(directory))
            }
            Self::SwapTree { .. } => "remove tree, or swap".into(),
            Self::Command { help, .. } => (*help).into(),
        })
    }
}
