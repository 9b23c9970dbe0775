//! `virtiofs.daemon`: the virtiofsd of this system.

use serde::Serialize;

use super::map::OnDaemon;
use crate::args;
use crate::error::Result;
use crate::machine::share::VIRTIOFSD;
use crate::operation::{Answer, Planning, Query};

args! {
    /// Returns the virtiofsd that gscript uses on this system.
    ///
    /// There are two programs with this name: one in C, part of QEMU until 7.2, and one in Rust. Both are searched for in the search path
    /// and in the directories of Gentoo, Debian and Arch, and are told apart by what they print as their version.
    ///
    /// Returns a map with `path`, `implementation` (`"c"` or `"rust"`) and `version`, which are nil if there is none or if it is unknown, and
    /// `xattrmap`, the map of extended attributes that `virtiofs.share` chooses for it: before 1.14, a map that renames `security.`
    /// makes every change of the owner of a symbolic link fail.
    ///
    /// Source: virtiofsd(1), `--version`; guide VF 2, 9, 13.
    ///
    /// ```
    /// print(virtiofs::daemon().version);
    /// ```
    "virtiofs.daemon" => pub struct DaemonQuery {}
}

/// A virtiofsd as scripts see it.
#[derive(Debug, Serialize)]
pub struct DaemonInfo {
    path: Option<String>,
    implementation: Option<&'static str>,
    version: Option<String>,
    xattrmap: &'static str,
}

impl Query for DaemonQuery {
    type Output = DaemonInfo;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<DaemonInfo>> {
        let on = OnDaemon::of(cx);
        let programs = cx.machine.host.programs.as_ref();
        let found = cx.machine.share.daemon.as_ref();
        let info = DaemonInfo {
            path: programs.and_then(|programs| programs.get(VIRTIOFSD)).cloned(),
            implementation: found.map(|daemon| daemon.implementation.name()),
            version: found.map(|daemon| daemon.version.clone()),
            xattrmap: on.map(),
        };
        Ok(match programs {
            None => Answer::Assumed(info),
            Some(_) => Answer::Known(info),
        })
    }
}
