//! Runs that need no virtual machine.

mod faults;
mod resume;
