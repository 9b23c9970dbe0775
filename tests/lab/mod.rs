//! Tests in virtual machines, with real tools, a real kernel and virtual disks.

mod bad_input;
pub mod boots;
mod confined;
pub mod guest;
mod honesty;
mod real;
pub mod torture;
mod tried;
