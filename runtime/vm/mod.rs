//! Disposable virtual machines: User Mode Linux with the host's own tools, on the host's root,
//! read-only below an overlay in the guest's memory.
//!
//! An emulated PC (`pc`) boots an installed system and is operated through its console (`dialogue`).
//!
//! Both run in a sandbox (`sandbox`): a machine can only access the parts of the host that are shared
//! with it.
//!
//! `host` starts a machine and reads its console, `guest` is the first process of the machine,
//! `order` contains the data that they exchange.

#[expect(clippy::disallowed_types, reason = "the bootable root is built by a script")]
mod bootable;
mod console;
mod dialogue;
mod error;
#[expect(clippy::disallowed_types, reason = "the first process of the guest starts the others")]
mod guest;
mod host;
mod order;
mod pc;
#[expect(clippy::disallowed_types, reason = "the confined program is started here")]
mod sandbox;
#[expect(clippy::disallowed_types, reason = "the removal runs in a separate process")]
mod sweep;

pub use bootable::{build_bootable, build_stage3};
pub use console::Console;
pub use dialogue::{ConsoleTranscript, Turn};
pub use error::VmError;
pub use guest::guest;
pub use host::{Boot, find_kernel};
pub use order::{GuestReport, Order};
pub use pc::{Firmware, Pc, find_emulator};
pub use sandbox::{Inside, Share, inside, sandbox};
pub use sweep::{Sweeper, sweep};
