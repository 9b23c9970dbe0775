//! Runs that are interrupted at every place, and commands that fail at every place.

pub mod each;
pub mod faults;
pub mod power;
