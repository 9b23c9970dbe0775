//! Disks that a recipe has installed boot in an emulated PC.

pub mod installed;
mod short;
mod sources;
mod whole;
