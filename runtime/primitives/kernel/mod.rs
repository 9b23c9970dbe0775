//! Kernels: sources, configuration, building and installing, and the initramfs.

mod build;
mod config;
mod genkernel;
mod initramfs;
mod kconfig;
mod known;
mod require;
mod rule;
mod sources;
mod version;

pub use build::{Build, GenkernelConf, Install, ModulesRebuild};
pub use config::{Config, ConfigOption};
pub use initramfs::Initramfs;
pub use require::Require;
pub use rule::KernelRule;
pub use sources::{CopyFrom, Sources};
pub(super) use version::chosen;
pub use version::{Installed, Version};

/// The link to the kernel sources in use.
const SOURCES: &str = "/usr/src/linux";
/// The directory that contains the modules of each kernel.
const MODULES: &str = "/lib/modules";
