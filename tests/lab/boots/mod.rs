//! Disks that a recipe has installed boot in an emulated PC.

mod installed;
pub mod short;
pub mod sources;
pub mod whole;
