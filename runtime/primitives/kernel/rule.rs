//! What can be wrong with a kernel.

use std::fmt::Write;

use serde::Serialize;

use crate::error::{Exit, Rule};
use crate::types::Place;

/// An option as scripts see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Its name without `CONFIG_`.
    pub option: String,
    /// What it has to be.
    pub wanted: String,
    /// What it is.
    pub found: String,
    /// Whether that will do.
    pub ok: bool,
    /// Where menuconfig has it.
    pub menu: Option<String>,
}

/// A rule about kernels that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KernelRule {
    /// Options are not as they have to be.
    #[error("the kernel of {place} lacks {} option(s):{}", lacking.len(), table(lacking))]
    Lacks {
        /// The configuration.
        place: Place,
        /// What is not as it has to be.
        lacking: Vec<Checked>,
    },
    /// No configuration.
    #[error("there is no kernel configuration at {}", looked.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "))]
    NoConfig {
        /// Where it was looked for.
        looked: Vec<Place>,
    },
    /// Not compressed as its name says.
    #[error("failed to unpack {place}: {why}")]
    Damaged {
        /// Which.
        place: Place,
        /// The reason.
        why: String,
    },
    /// No sources.
    #[error("there are no kernel sources at {place}")]
    NoSources {
        /// Where.
        place: Place,
    },
    /// The Makefile does not tell.
    #[error("{place} does not contain a version")]
    NoVersion {
        /// Which file.
        place: Place,
    },
    /// There and back.
    #[error("{root} is both the source and the target of the kernel")]
    SameSystem {
        /// Its mount point.
        root: String,
    },
    /// A kernel without modules.
    #[error("kernel {version} has no modules: {place} does not exist")]
    NoModules {
        /// Which kernel.
        version: String,
        /// Where they would be.
        place: Place,
    },
    /// The kernel was not built.
    #[error("the kernel is not built: there is no {place}")]
    NotBuilt {
        /// The image.
        place: Place,
    },
    /// A name that would be another path.
    #[error("invalid kernel version {version:?}")]
    BadVersion {
        /// The text.
        version: String,
    },
    /// dracut without a module.
    #[error("dracut in {root} has no module {module:?}")]
    NoDracutModule {
        /// The system.
        root: String,
        /// The module.
        module: String,
    },
    /// dracut did without a module.
    #[error("dracut built the initramfs without the module {module:?}")]
    LeftOut {
        /// The system.
        root: String,
        /// The module.
        module: String,
    },
    /// genkernel without an option for a module.
    #[error("genkernel has no option for the module {module:?}")]
    NoGenkernelOption {
        /// The module.
        module: String,
        /// Those that it has one for.
        known: Vec<&'static str>,
    },
    /// An option that only dracut has.
    #[error("{param} applies only to an initramfs built by dracut")]
    OnlyDracut {
        /// Which.
        param: &'static str,
    },
    /// A tool is not installed there.
    #[error("{root} has no {program}")]
    NoProgram {
        /// The system.
        root: String,
        /// The program.
        program: &'static str,
        /// Its package.
        package: &'static str,
    },
}

/// One line per option: what it is, what it has to be, and where that is.
fn table(lacking: &[Checked]) -> String {
    let width = lacking.iter().map(|one| one.option.len()).max().unwrap_or_default();
    lacking.iter().fold(String::new(), |mut text, one| {
        let menu = one.menu.as_deref().unwrap_or("search for it with /");
        // Writing to a String can't fail.
        let _ = write!(
            text,
            "\n  {:<width$}  is {}, must be {}   ({menu})",
            one.option, one.found, one.wanted
        );
        text
    })
}

impl Rule for KernelRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Lacks { .. } => {
                "set them with make menuconfig or kernel::config, then build the kernel again"
                    .into()
            }
            Self::NoConfig { .. } | Self::Damaged { .. } => {
                "give its path: file; for a running kernel without /proc/config.gz it may be in \
                 /boot"
                    .into()
            }
            Self::NoSources { .. } => {
                "emerge sys-kernel/gentoo-sources, then select them: kernel::sources".into()
            }
            Self::NoVersion { .. } => "check that it is the directory of the kernel sources".into(),
            Self::NoModules { .. } => {
                "build and install the kernel first, or give its version: version".into()
            }
            Self::SameSystem { .. } => "name the other one: from".into(),
            Self::NotBuilt { .. } => "build it first: kernel::build".into(),
            Self::BadVersion { .. } => "write it as uname -r does, such as 6.6.62-gentoo".into(),
            Self::NoDracutModule { module, .. } => match module.as_str() {
                "crypt-gpg" => {
                    "emerge sys-kernel/dracut 044 or later with app-crypt/gnupg; or use a key \
                     that is not protected by GPG"
                        .into()
                }
                _ => "emerge --oneshot sys-kernel/dracut; dracut --list-modules lists its modules"
                    .into(),
            },
            Self::LeftOut { root, module } => format!(
                "install the program named in the lines above ({}) in {root}, then run again; \
                 this image cannot open devices that need it",
                if module == "crypt-gpg" { "gpg: app-crypt/gnupg" } else { module }
            ),
            Self::NoGenkernelOption { known, .. } => format!(
                "it has options for {}; set others in /etc/genkernel.conf: kernel::genkernel_conf",
                known.join(", ")
            ),
            Self::OnlyDracut { .. } => {
                "omit it; genkernel is configured in /etc/genkernel.conf: kernel::genkernel_conf"
                    .into()
            }
            Self::NoProgram { package, .. } => format!("emerge {package}"),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Lacks { .. } | Self::NoDracutModule { .. } => Exit::Refused,
            Self::LeftOut { .. } => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}
