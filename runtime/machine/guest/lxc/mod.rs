//! Guests of LXC: containers with an init of their own, which LXC's programs start and stop.

mod config;

use super::entry::{GuestState, path_and_name};
use super::software::Software;
use crate::machine::Step;
use crate::machine::cmd::Cmd;

pub use config::{cgroup_prefix, config_of};

/// The directory of LXC's guests, unless another one is given.
pub const LXC_PATH: &str = "/var/lib/lxc";

/// How long a guest may take to stop when a run cleans up, in seconds. Then it is killed.
const PATIENCE: &str = "10";

/// Returns a program of LXC that acts on a guest, which is named by its directory.
pub fn lxc(program: &'static str, guest: &str) -> Cmd {
    let (path, name) = path_and_name(guest);
    Cmd::tool(program).args(["-P", path, "-n", name])
}

/// LXC.
pub(super) struct Lxc;

impl Software for Lxc {
    fn name(&self) -> &'static str {
        "lxc"
    }

    fn path(&self) -> &'static str {
        LXC_PATH
    }

    /// A frozen guest cannot end by itself, so stopping it without thawing it would have to wait in vain.
    fn release(&self, guest: &str, to: GuestState) -> Step {
        Step::Run(match to {
            GuestState::Stopped => lxc("lxc-stop", guest).args(["-t", PATIENCE]),
            GuestState::Running | GuestState::Frozen => lxc("lxc-unfreeze", guest),
        })
    }
}
