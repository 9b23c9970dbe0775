//! Kernels: their configuration, building and installing them, and the initramfs.

mod config;
mod known;
mod require;
mod rule;
mod version;

pub use config::{Config, ConfigOption};
pub use require::Require;
pub use rule::KernelRule;
pub use version::{Installed, Version};

/// Where the sources of the kernel in use are.
const SOURCES: &str = "/usr/src/linux";
/// Where a folder of modules is for each kernel.
const MODULES: &str = "/lib/modules";
