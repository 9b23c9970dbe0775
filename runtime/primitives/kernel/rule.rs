//! Errors about kernels.

use std::fmt::Write;

use serde::Serialize;

use crate::error::{Exit, Rule};
use crate::types::Place;

/// A checked option, in the result of `kernel.require`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedOption {
    /// The name without `CONFIG_`.
    pub option: String,
    /// The required value.
    pub wanted: String,
    /// The actual value.
    pub found: String,
    /// Whether the actual value is sufficient.
    pub ok: bool,
    /// The position in menuconfig.
    pub menu: Option<String>,
}

/// A violated rule about kernels.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KernelRule {
    /// The kernel configuration lacks required options.
    #[error("the kernel of {place} lacks {} option(s):{}", lacking.len(), table(lacking))]
    Lacks {
        /// The configuration file.
        place: Place,
        /// The missing options.
        lacking: Vec<CheckedOption>,
    },
    /// No kernel configuration was found.
    #[error("there is no kernel configuration at {}", searched.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "))]
    NoConfig {
        /// The paths that were searched.
        searched: Vec<Place>,
    },
    /// A compressed configuration is damaged.
    #[error("failed to unpack {place}: {why}")]
    Damaged {
        /// The file.
        place: Place,
        /// The reason.
        why: String,
    },
    /// The kernel sources do not exist.
    #[error("there are no kernel sources at {place}")]
    NoSources {
        /// The directory.
        place: Place,
    },
    /// The Makefile contains no version.
    #[error("{place} does not contain a version")]
    NoVersion {
        /// The file.
        place: Place,
    },
    /// The source and the target of a copied kernel are the same system.
    #[error("{root} is both the source and the target of the kernel")]
    SameSystem {
        /// The mount point of the system.
        root: String,
    },
    /// The kernel has no modules.
    #[error("kernel {version} has no modules: {place} does not exist")]
    NoModules {
        /// The version of the kernel.
        version: String,
        /// The missing directory.
        place: Place,
    },
    /// The kernel has not been built.
    #[error("the kernel is not built: there is no {place}")]
    NotBuilt {
        /// The missing image.
        place: Place,
    },
    /// The version contains characters that are not allowed in a path.
    #[error("invalid kernel version {version:?}")]
    BadVersion {
        /// The version.
        version: String,
    },
    /// dracut does not have the module.
    #[error("dracut in {root} has no module {module:?}")]
    NoDracutModule {
        /// The root of the system.
        root: String,
        /// The module.
        module: String,
    },
    /// dracut has omitted a requested module.
    #[error("dracut built the initramfs without the module {module:?}")]
    LeftOut {
        /// The root of the system.
        root: String,
        /// The module.
        module: String,
    },
    /// genkernel has no option for the module.
    #[error("genkernel has no option for the module {module:?}")]
    NoGenkernelOption {
        /// The module.
        module: String,
        /// The modules that genkernel supports.
        known: Vec<&'static str>,
    },
    /// The parameter applies only to dracut.
    #[error("{param} applies only to an initramfs built by dracut")]
    OnlyDracut {
        /// The parameter.
        param: &'static str,
    },
    /// systemd would be in the initramfs, but could not open a container.
    #[error(
        "{systemd} has no systemd-cryptsetup: nothing in the initramfs would open the container"
    )]
    NoSystemdCryptsetup {
        /// systemd in the system.
        systemd: Place,
    },
    /// A required program is not installed.
    #[error("{root} has no {program}")]
    NoProgram {
        /// The root of the system.
        root: String,
        /// The program.
        program: &'static str,
        /// The package that contains it.
        package: &'static str,
    },
}

/// Returns a line for each option with its actual value, its required value and its position.
fn table(lacking: &[CheckedOption]) -> String {
    let width = lacking.iter().map(|one| one.option.len()).max().unwrap_or_default();
    lacking.iter().fold(String::new(), |mut text, one| {
        let menu = one.menu.as_deref().unwrap_or("search for it with /");
        // Writing to a String cannot fail.
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
            Self::NoSystemdCryptsetup { .. } => {
                "set USE cryptsetup for sys-apps/systemd in package.use, then emerge --oneshot \
                 --newuse sys-apps/systemd; or omit systemd from the initramfs: omit: [\"systemd\", \
                 \"systemd-initrd\", \"dracut-systemd\"]"
                    .into()
            }
            Self::NoProgram { package, .. } => format!("emerge {package}"),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Lacks { .. } | Self::NoDracutModule { .. } | Self::NoSystemdCryptsetup { .. } => {
                Exit::Refused
            }
            Self::LeftOut { .. } => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}
