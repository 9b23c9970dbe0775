//! Disks that a recipe has installed boot in an emulated PC.

mod booted;
mod combination;
pub mod gentoo;
pub mod hibernation;
mod installed;
pub mod keyboard;
pub mod matrix;
pub mod short;
pub mod sources;
pub mod systemd;
pub mod whole;
