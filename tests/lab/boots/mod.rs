//! Disks that a recipe has installed boot in an emulated PC.

pub mod gentoo;
mod installed;
pub mod keyboard;
pub mod short;
pub mod sources;
pub mod systemd;
pub mod whole;
