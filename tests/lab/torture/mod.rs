//! Runs that are interrupted at every place, and commands that fail at every place.

pub mod faults;
pub mod layouts;
pub mod power;
