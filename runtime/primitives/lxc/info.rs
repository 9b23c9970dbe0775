//! `lxc.info`: what a guest is and does.

use serde::Serialize;

use super::domain::DOMAIN;
use crate::args;
use crate::error::Result;
use crate::machine::cgroup::CgroupLimit;
use crate::operation::{Answer, Planning, Query};
use crate::primitives::guests::SeenGuest;
use crate::types::{AbsPath, GuestName};

args! {
    /// Returns what a guest is and does.
    ///
    /// Returns a map with `exists`, `state` (`"stopped"`, `"running"`, `"frozen"`, or nil if it does not exist), `init` (the
    /// number of its first process on this system, or nil), `rootfs` (the directory of its files), and the configured limits
    /// `memory_max` (in bytes), `pids_max` and `cpu_quota` (in percent of one processor), which are nil if there are none.
    ///
    /// Source: lxc-info(1), lxc.container.conf(5).
    ///
    /// ```
    /// let running = lxc::info("web").state == "running";
    /// ```
    "lxc.info" => pub struct GuestQuery {
        /// The name of the guest.
        pub name: GuestName,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/lxc",
    }
}

/// A guest as scripts see it.
#[derive(Debug, Default, Serialize)]
pub struct GuestInfo {
    exists: bool,
    state: Option<&'static str>,
    init: Option<u32>,
    rootfs: Option<String>,
    memory_max: Option<u64>,
    pids_max: Option<u64>,
    cpu_quota: Option<u64>,
}

impl Query for GuestQuery {
    type Output = GuestInfo;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<GuestInfo>> {
        let seen = SeenGuest::of(&DOMAIN, &self.name, &self.path, cx)?;
        let Some(guest) = seen.found else {
            return Ok(seen.answer(GuestInfo::default()));
        };
        let number = |limit| guest.limits.get(&limit).and_then(|text| text.parse().ok());
        let info = GuestInfo {
            exists: true,
            state: Some(guest.state.name()),
            init: guest.init,
            rootfs: guest.rootfs.clone(),
            memory_max: number(CgroupLimit::MemoryMax),
            pids_max: number(CgroupLimit::PidsMax),
            cpu_quota: guest
                .limits
                .get(&CgroupLimit::CpuMax)
                .and_then(|quota| CgroupLimit::percent(quota)),
        };
        Ok(seen.answer(info))
    }
}
