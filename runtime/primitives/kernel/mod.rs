//! Kernels: their configuration, building and installing them, and the initramfs.

mod build;
mod config;
mod genkernel;
mod initramfs;
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
pub use version::{Installed, Version};

/// Where the sources of the kernel in use are.
const SOURCES: &str = "/usr/src/linux";
/// Where a directory of modules is for each kernel.
const MODULES: &str = "/lib/modules";
/// What stands for a version that only the run will know.
const UNKNOWN: &str = "0.0.0-unknown";
