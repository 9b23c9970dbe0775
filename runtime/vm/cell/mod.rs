//! The confinement of a virtual machine's process: what is in it acts with the rights of that process.
//!
//! User Mode Linux hands its own rights to the guest: root in the guest can mount `hostfs` and reach every file that the process
//! reaches. So the process has nothing to give away. It runs as a user of its own, without groups and capabilities, in
//! namespaces of its own, and its root is a directory with the host's programs, read-only, and with the few files that it was
//! given. `root` makes that directory, `inside` becomes that user. The emulator of a PC runs in the same way.
//!
//! It takes two programs in a row, both this one: the first (`gscript cell`) leaves the namespaces of the host and makes the
//! root; the second is the first process of the new process namespace, so that the kernel ends everything else in it together
//! with this process, whatever state it is in.

mod inside;
mod root;
mod spec;
mod user;

pub use inside::{Inside, inside};
pub use root::cell;
pub use spec::Share;
pub(super) use spec::{Cell, Stdin, UNMADE};
pub(super) use user::{Owner, give};
