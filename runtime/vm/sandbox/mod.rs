//! The sandbox of a virtual machine's process: code in the guest acts with the privileges of that
//! process.
//!
//! User Mode Linux gives its own privileges to the guest: root in the guest can mount `hostfs` and
//! access every file that the process can access. The process therefore runs without privileges: as
//! a dedicated user, without groups and capabilities, in separate namespaces, and with a root
//! directory that contains only the host's programs, read-only, and the files that were shared with
//! it. `root` builds that directory, `inside` switches to that user. The PC emulator runs in the
//! same way.
//!
//! A sandbox consists of two consecutive programs, both of them this executable: the first (`gscript
//! sandbox`) leaves the host's namespaces and builds the root; the second is the first process of the
//! new PID namespace, so that the kernel kills all other processes in it, in any state, when that
//! process exits.

mod inside;
mod root;
mod spec;
mod user;

pub use inside::{Inside, inside};
pub use root::sandbox;
pub use spec::Share;
pub(super) use spec::{SETUP_FAILED, Sandbox, SandboxStdin};
pub(super) use user::{Owner, change_owner};
