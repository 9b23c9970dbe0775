//! `lxc.limits`: the limits of a guest, in its configuration and while it runs.

use super::domain::DOMAIN;
use super::rule::LxcRule;
use crate::args;
use crate::config::lxc::set;
use crate::error::Result;
use crate::machine::cgroup::{CgroupLimit, CgroupLimits, ROOT};
use crate::machine::guest::{GuestEffect, GuestFact, GuestState, cgroup_prefix, lxc};
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning};
use crate::primitives::cgroup::values::{ByteLimit, CountLimit, PercentLimit, Weight};
use crate::primitives::edit::edit;
use crate::primitives::guests::{SeenGuest, directory};
use crate::system::{Cmd, Outcome, Step};
use crate::types::{AbsPath, GuestName, Place};

args! {
    /// Limits a guest.
    ///
    /// The limits are set in the configuration of the guest with the keys of the version of control groups that this system
    /// has, because LXC ignores those of the other one with a warning. A guest that runs is limited at once, and the limits are
    /// read back from the kernel. Limits that are not given are kept.
    ///
    /// All processes of the guest together have these limits. Limits that the guest sets for its own services act only if its
    /// init makes control groups below its own: systemd does, OpenRC as the first process does not.
    ///
    /// Source: lxc.container.conf(5), "CONTROL GROUPS"; cgroups(7); guide LX 3.
    ///
    /// ```
    /// lxc::create("small", #{ template: "busybox" });
    /// lxc::limits("small", #{ memory_max: "512M", pids_max: 200, cpu_quota: 150 });
    /// ```
    "lxc.limits" => pub struct GuestLimits {
        /// The name of the guest.
        pub name: GuestName,
        /// The most memory, including caches.
        pub memory_max: Option<ByteLimit>,
        /// The most swap (version 2).
        pub swap_max: Option<ByteLimit>,
        /// The most processes and threads.
        pub pids_max: Option<CountLimit>,
        /// The share of processor time, compared with other guests; 100 by default.
        pub cpu_weight: Option<Weight>,
        /// The most processor time, in percent of one processor.
        pub cpu_quota: Option<PercentLimit>,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/lxc",
    }
}

impl GuestLimits {
    fn limits(&self) -> CgroupLimits {
        let bytes = |limit: ByteLimit| {
            limit.0.map_or_else(|| CgroupLimit::MemoryMax.initial(), |size| size.get().to_string())
        };
        let count = |limit: CountLimit| {
            limit.0.map_or_else(|| CgroupLimit::PidsMax.initial(), |count| count.to_string())
        };
        let given = [
            (CgroupLimit::MemoryMax, self.memory_max.map(bytes)),
            (CgroupLimit::SwapMax, self.swap_max.map(bytes)),
            (CgroupLimit::PidsMax, self.pids_max.map(count)),
            (
                CgroupLimit::CpuWeight,
                self.cpu_weight.map(|weight| weight.0.unwrap_or(100).to_string()),
            ),
            (
                CgroupLimit::CpuMax,
                self.cpu_quota.map(|limit| CgroupLimit::quota(limit.0.map(u64::from))),
            ),
        ];
        let settled =
            |(limit, value): (CgroupLimit, Option<String>)| Some((limit, limit.settled(&value?)));
        given.into_iter().filter_map(settled).collect()
    }
}

/// Returns whether a limit belongs to version 1 on this machine; an error if the kernel does not have it.
fn is_legacy(limit: CgroupLimit, name: &str, cx: &Planning<'_>) -> Result<bool> {
    let Some(found) = &cx.machine.cgroup.found else { return Ok(false) };
    let controller = limit.controller();
    if found.legacy.contains_key(controller) && !limit.files(true).is_empty() {
        return Ok(true);
    }
    let top = found.groups.get(ROOT);
    match top.is_some_and(|top| top.controllers.contains(controller)) {
        true => Ok(false),
        false => {
            let (name, limit) = (name.to_owned(), limit.file());
            Err(LxcRule::Unavailable { name, limit, controller }.into())
        }
    }
}

/// The commands that read limits back, and what they should print.
pub(super) struct ReadBack {
    name: String,
    wanted: Vec<(CgroupLimit, String, bool)>,
    pub(super) cmds: Vec<Cmd>,
}

impl ReadBack {
    /// Reads back the limits of a guest that runs.
    pub(super) fn of(
        guest: &str,
        name: &str,
        limits: &CgroupLimits,
        cx: &Planning<'_>,
    ) -> Result<Self> {
        let mut read = Self { name: name.to_owned(), wanted: Vec::new(), cmds: Vec::new() };
        for (limit, value) in limits {
            let legacy = is_legacy(*limit, name, cx)?;
            read.wanted.push((*limit, value.clone(), legacy));
            let ask = |file: &&str| lxc("lxc-cgroup", guest).arg(*file).accept_any_exit_code();
            read.cmds.extend(limit.files(legacy).iter().map(ask));
        }
        Ok(read)
    }

    /// Returns an error if a limit is not the one that was set. The outcomes of the commands are the last ones.
    pub(super) fn check(&self, outcomes: &[Outcome]) -> Result<()> {
        let mut texts = outcomes[outcomes.len().saturating_sub(self.cmds.len())..].iter();
        for (limit, wanted, legacy) in &self.wanted {
            let texts: Vec<&str> = limit
                .files(*legacy)
                .iter()
                .filter_map(|_| texts.next())
                .map(|outcome| outcome.stdout.as_str())
                .collect();
            let found = limit.parse(&texts, *legacy).filter(|found| !found.is_empty());
            if !found.as_ref().is_some_and(|found| limit.same(found, wanted)) {
                let found = found.unwrap_or_else(|| "nothing".into());
                let (name, wanted) = (self.name.clone(), wanted.clone());
                return Err(
                    LxcRule::LimitIgnored { name, limit: limit.file(), wanted, found }.into()
                );
            }
        }
        Ok(())
    }
}

impl Action for GuestLimits {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let guest = directory(&self.name, &self.path);
        let path = format!("{guest}/config");
        vec![GuestEffect::AltersGuest { guest }.into(), FilesEffect::Writes { path }.into()]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let seen = SeenGuest::existing(&DOMAIN, &self.name, &self.path, cx)?;
        let limits = self.limits();
        if limits.is_empty() {
            return Err(LxcRule::NoLimit { name: seen.name }.into());
        }
        let mut lines: Vec<(String, String)> = Vec::new();
        for (limit, value) in &limits {
            let legacy = is_legacy(*limit, &seen.name, cx)?;
            let keys = limit.files(legacy).iter();
            lines.extend(
                keys.map(|file| (*file).to_owned())
                    .zip(limit.texts(value, legacy))
                    .map(|(file, text)| (format!("{}{file}", cgroup_prefix(legacy)), text)),
            );
        }
        let config = Place::here(format!("{}/config", seen.directory));
        let changed = |text: &str| {
            Ok(lines.iter().fold(text.to_owned(), |text, (key, value)| set(&text, key, value)))
        };
        let guest = seen.directory.clone();
        let mut plan = edit(config, cx, changed)?
            .makes(GuestFact::GuestLimited { guest, limits: limits.clone() })
            .warn(seen.unknown());
        if seen.state().is_none_or(|state| state == GuestState::Stopped) {
            return Ok(plan);
        }
        for (key, value) in &lines {
            let file = key
                .trim_start_matches(cgroup_prefix(true))
                .trim_start_matches(cgroup_prefix(false));
            plan = plan.then(Step::Run(lxc("lxc-cgroup", &seen.directory).arg(file).arg(value)));
        }
        let back = ReadBack::of(&seen.directory, &seen.name, &limits, cx)?;
        plan.steps.extend(back.cmds.iter().cloned().map(Step::Run));
        Ok(plan.reads((), move |outcomes| back.check(outcomes)))
    }
}
