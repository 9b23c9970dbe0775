//! Disks that a recipe has installed boot in an emulated PC.

pub mod gentoo;
pub mod hibernation;
mod installed;
pub mod keyboard;
pub mod short;
pub mod sources;
pub mod systemd;
pub mod whole;
