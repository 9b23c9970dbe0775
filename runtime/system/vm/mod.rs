//! A throw-away virtual machine with the host's own tools: User Mode Linux on the host's root,
//! read-only below an overlay in the guest's memory.
//!
//! And an emulated PC (`pc`), which boots what was installed, with somebody at its console (`talk`).
//!
//! `host` starts it and listens to its console, `guest` is its first process, `order` is what the
//! one tells the other.

#[expect(clippy::disallowed_types, reason = "what it boots is put together by a script")]
mod bootable;
#[expect(clippy::disallowed_types, reason = "the first process starts the others")]
mod guest;
#[expect(clippy::disallowed_types, reason = "a virtual machine is a program of its own kind")]
mod host;
mod order;
#[expect(clippy::disallowed_types, reason = "an emulator is a program of its own kind")]
mod pc;
mod talk;

pub use bootable::build_bootable;
pub use guest::guest;
pub use host::{Boot, Console, VmError, find_kernel};
pub use order::{Order, Report};
pub use pc::{Firmware, Pc, find_emulator};
pub use talk::{Said, Turn};
