//! A throw-away virtual machine with the host's own tools: User Mode Linux on the host's root,
//! read-only below an overlay in the guest's memory.
//!
//! And an emulated PC (`pc`), which boots what was installed, with somebody at its console (`talk`).
//!
//! Both run confined (`cell`): what is in a machine has nothing of the host but what it was given.
//!
//! `host` starts it and listens to its console, `guest` is its first process, `order` is what the
//! one tells the other.

#[expect(clippy::disallowed_types, reason = "what it boots is put together by a script")]
mod bootable;
#[expect(clippy::disallowed_types, reason = "what is confined is a program")]
mod cell;
mod console;
mod error;
#[expect(clippy::disallowed_types, reason = "the first process starts the others")]
mod guest;
mod host;
mod order;
#[expect(clippy::disallowed_types, reason = "an emulator is a program of its own kind")]
mod pc;
#[expect(clippy::disallowed_types, reason = "what removes the rest is a process of its own")]
mod sweep;
mod talk;

pub use bootable::{build_bootable, build_stage3};
pub use cell::{Inside, Share, cell, inside};
pub use console::Console;
pub use error::VmError;
pub use guest::guest;
pub use host::{Boot, find_kernel};
pub use order::{GuestReport, Order};
pub use pc::{Firmware, Pc, find_emulator};
pub use sweep::{Sweeper, sweep};
pub use talk::{Said, Turn};
