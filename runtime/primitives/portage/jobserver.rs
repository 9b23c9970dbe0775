//! Job servers, which share one number of jobs between all builds.

use super::make_conf::value;
use crate::args;
use crate::error::Result;
use crate::machine::files::FileStatus;
use crate::operation::{Answer, Planning, Query};
use crate::types::{AbsPath, Place};

args! {
    /// Returns the `MAKEFLAGS` for the job server that builds can use; empty if there is none.
    ///
    /// That is a job server which `MAKEFLAGS` in `make.conf` names, or `/dev/steve` of
    /// sys-devel/steve. All builds then share one number of jobs. `MAKEOPTS` must not have `-j`:
    /// it would switch the job server off for a build.
    ///
    /// Source: make.conf(5), "MAKEOPTS"; GNU make, "POSIX Jobserver Interaction".
    ///
    /// ```
    /// let flags = portage::jobserver("/mnt/old");
    /// ```
    "portage.jobserver" => pub struct Jobserver {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
    }
}

/// The device of sys-devel/steve.
const STEVE: &str = "/dev/steve";

/// The option of make that names a job server.
const OPTION: &str = "--jobserver-auth=";

impl Query for Jobserver {
    type Output = String;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<String>> {
        if let Some(flags) = value(&self.root, "MAKEFLAGS", cx)?
            && flags.contains(OPTION)
        {
            return Ok(Answer::Known(flags));
        }
        Ok(match cx.look(&Place::here(STEVE))? {
            FileStatus::Missing => Answer::Known(String::new()),
            FileStatus::Unknown(_) => Answer::Assumed(String::new()),
            _ => Answer::Known(format!("{OPTION}fifo:{STEVE}")),
        })
    }
}
