//! Runs, as far as they need no virtual machine.

mod faults;
mod resume;
