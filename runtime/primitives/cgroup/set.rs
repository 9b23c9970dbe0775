//! `cgroup.set` and `cgroup.get`: the limits of a group.

use serde::Serialize;

use super::create::alters;
use super::rule::CgroupRule;
use super::seen::{SeenGroups, now};
use super::throughput::{DeviceLimits, DeviceLimitsInfo, infos, merged};
use super::values::{ByteLimit, CgroupName, CountLimit, CpuList, PercentLimit, Weight};
use crate::args;
use crate::error::Result;
use crate::machine::cgroup::{
    CgroupFact, CgroupLimit, CgroupLimits, CgroupStep, CgroupWrite, ControlGroup, Throughput,
    has_devices, with_paths,
};
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query, Undo};
use crate::system::Outcome;

args! {
    /// Limits a control group.
    ///
    /// Each limit is read back from the kernel, which rounds memory down to whole pages. Returns
    /// the limits that were set, as `cgroup.get` does. Processes of the group that use more than a
    /// new `memory_max` are killed by the kernel, and lose what they have not saved.
    ///
    /// When the run cleans up, the limits before are restored. Limits end with the group.
    ///
    /// Source: cgroups(7); Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of the kernel.
    ///
    /// ```
    /// cgroup::create("small", #{ controllers: ["memory", "pids", "cpu"] });
    /// cgroup::set("small", #{ memory_max: "512M", pids_max: 100, cpu_quota: 150 });
    /// cgroup::create("slow", #{ controllers: ["io"] });
    /// cgroup::set("slow", #{ io_max: [#{ device: "/dev/sda", rbps: "10M", wiops: 100 }] });
    /// ```
    "cgroup.set" => pub struct SetLimits {
        /// The path of the group.
        pub group: CgroupName,
        /// The most memory, including caches.
        pub memory_max: Option<ByteLimit>,
        /// The memory from which processes are slowed down (version 2).
        pub memory_high: Option<ByteLimit>,
        /// The most swap (version 2).
        pub swap_max: Option<ByteLimit>,
        /// The most processes and threads.
        pub pids_max: Option<CountLimit>,
        /// The share of processor time, compared with groups beside it; 100 by default.
        pub cpu_weight: Option<Weight>,
        /// The most processor time, in percent of one processor.
        pub cpu_quota: Option<PercentLimit>,
        /// The share of the throughput of disks, compared with groups beside it (version 2).
        pub io_weight: Option<Weight>,
        /// The most throughput of devices; in version 1, what passes through the page cache is not
        /// limited when it is written.
        pub io_max: Option<Vec<DeviceLimits>>,
        /// The processors that the group may use.
        pub cpus: Option<CpuList>,
        /// The memory nodes that the group may use.
        pub mems: Option<CpuList>,
    }
}

args! {
    /// Returns the limits of a control group.
    ///
    /// Returns a map with `memory_max`, `memory_high` and `swap_max` (in bytes), `pids_max`,
    /// `cpu_weight`, `cpu_quota` (in percent of one processor), `io_weight`, `io_max` (a list of
    /// maps with `device`, `rbps`, `wbps`, `riops` and `wiops`), `cpus` and `mems`. A limit that is
    /// not set, or that the kernel does not have, is nil.
    ///
    /// Source: cgroups(7).
    ///
    /// ```
    /// let limits = cgroup::get("/");
    /// ```
    "cgroup.get" => pub struct GetLimits {
        /// The path of the group.
        pub group: CgroupName,
    }
}

/// The limits of a group as scripts see them.
#[derive(Debug, Default, Serialize, PartialEq, Eq)]
pub struct LimitsInfo {
    memory_max: Option<u64>,
    memory_high: Option<u64>,
    swap_max: Option<u64>,
    pids_max: Option<u64>,
    cpu_weight: Option<u64>,
    cpu_quota: Option<u64>,
    io_weight: Option<u64>,
    io_max: Option<Vec<DeviceLimitsInfo>>,
    cpus: Option<String>,
    mems: Option<String>,
}

impl LimitsInfo {
    fn of(limits: &CgroupLimits) -> Self {
        let number = |limit: CgroupLimit| limits.get(&limit).and_then(|text| text.parse().ok());
        let list = |limit: CgroupLimit| limits.get(&limit).filter(|text| !text.is_empty()).cloned();
        Self {
            memory_max: number(CgroupLimit::MemoryMax),
            memory_high: number(CgroupLimit::MemoryHigh),
            swap_max: number(CgroupLimit::SwapMax),
            pids_max: number(CgroupLimit::PidsMax),
            cpu_weight: number(CgroupLimit::CpuWeight),
            cpu_quota: limits.get(&CgroupLimit::CpuMax).and_then(|text| CgroupLimit::percent(text)),
            io_weight: number(CgroupLimit::IoWeight),
            io_max: list(CgroupLimit::IoMax).map(|value| infos(&value)),
            cpus: list(CgroupLimit::Cpus),
            mems: list(CgroupLimit::Mems),
        }
    }
}

impl SetLimits {
    /// Returns the limits of the call, in the format of the model.
    fn limits(&self) -> CgroupLimits {
        let bytes = |limit: ByteLimit| {
            limit.0.map_or_else(|| CgroupLimit::MemoryMax.initial(), |size| size.get().to_string())
        };
        let count = |limit: CountLimit| {
            limit.0.map_or_else(|| CgroupLimit::PidsMax.initial(), |count| count.to_string())
        };
        let weight = |weight: Weight| weight.0.unwrap_or(100).to_string();
        let list = |list: &Option<CpuList>| list.as_ref().map(|list| list.0.clone());
        let given = [
            (CgroupLimit::MemoryMax, self.memory_max.map(bytes)),
            (CgroupLimit::MemoryHigh, self.memory_high.map(bytes)),
            (CgroupLimit::SwapMax, self.swap_max.map(bytes)),
            (CgroupLimit::PidsMax, self.pids_max.map(count)),
            (CgroupLimit::CpuWeight, self.cpu_weight.map(weight)),
            (
                CgroupLimit::CpuMax,
                self.cpu_quota.map(|limit| CgroupLimit::quota(limit.0.map(u64::from))),
            ),
            (CgroupLimit::IoWeight, self.io_weight.map(weight)),
            (CgroupLimit::Cpus, list(&self.cpus)),
            (CgroupLimit::Mems, list(&self.mems)),
        ];
        given.into_iter().filter_map(|(limit, value)| Some((limit, value?))).collect()
    }

    /// Returns an error if the group cannot have a limit.
    fn check(
        &self,
        limits: &CgroupLimits,
        seen: &SeenGroups<'_>,
        found: Option<&ControlGroup>,
    ) -> Result<()> {
        let group = || self.group.as_str().to_owned();
        if limits.is_empty() {
            return Err(CgroupRule::NoLimit { group: group() }.into());
        }
        for limit in limits.keys() {
            let controller = limit.controller();
            if limit.files(seen.all.legacy.contains_key(controller)).is_empty() {
                let instead = match limit {
                    CgroupLimit::IoWeight => "mount the controller io in version 2",
                    _ => "use memory_max, or mount the controller memory in version 2",
                };
                return Err(CgroupRule::OnlyUnified { limit: limit.file(), instead }.into());
            }
            if found.is_some_and(|found| !found.controllers.contains(controller)) {
                let controller = controller.to_owned();
                return Err(CgroupRule::LacksController { group: group(), controller }.into());
            }
        }
        Ok(())
    }
}

/// Returns what is written to set a limit.
fn writes(
    seen: &SeenGroups<'_>,
    group: &CgroupName,
    limit: CgroupLimit,
    (old, value): (&str, &str),
) -> Vec<CgroupWrite> {
    let Some((directory, legacy)) = seen.all.directory_of(limit.controller(), group.as_str())
    else {
        return Vec::new();
    };
    if limit == CgroupLimit::IoMax {
        return Throughput::parse(old).writes(&Throughput::parse(value), &directory, legacy);
    }
    let files = limit.files(legacy).iter().map(|file| format!("{directory}/{file}"));
    files.zip(limit.texts(value, legacy)).map(|(file, text)| CgroupWrite { file, text }).collect()
}

impl Action for SetLimits {
    type Output = LimitsInfo;

    fn effects(&self) -> Vec<Effect> {
        vec![alters(self.group.as_str())]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<LimitsInfo>> {
        let seen = SeenGroups::of(cx)?;
        let found = seen.below_top(&self.group, "limited")?;
        let mut limits = self.limits();
        if let Some(given) = &self.io_max {
            let before = found.and_then(|found| found.limits.get(&CgroupLimit::IoMax));
            limits.insert(CgroupLimit::IoMax, merged(before, given, cx)?);
        }
        self.check(&limits, &seen, found)?;
        let old = |limit: &CgroupLimit| {
            let set = found.and_then(|found| found.limits.get(limit).cloned());
            set.unwrap_or_else(|| limit.initial())
        };
        let before: CgroupLimits = limits.keys().map(|limit| (*limit, old(limit))).collect();
        let change = |limit: &CgroupLimit, from: &str, to: &str| {
            writes(&seen, &self.group, *limit, (from, to))
        };
        let revert = before.iter().flat_map(|(limit, old)| change(limit, &limits[limit], old));
        let revert = revert.collect();
        let used = !seen.processes(cx, &self.group).is_empty();
        let memory = self.memory_max.is_some_and(|limit| limit.0.is_some()) && used;
        let kills = || {
            let group = self.group.as_str();
            format!("processes of control group {group} that use more memory than that are killed")
        };
        let mut plan = Plan::steps(Vec::new()).undo(Undo::Release);
        for (limit, value) in &limits {
            plan = plan.then(CgroupStep::Write { writes: change(limit, &before[limit], value) });
        }
        let settled = limits.iter().map(|(limit, value)| (*limit, limit.settled(value))).collect();
        let (group, set) = (self.group.as_str().to_owned(), limits.clone());
        let legacy = |limit: &CgroupLimit| seen.all.legacy.contains_key(limit.controller());
        let read: Vec<(CgroupLimit, bool)> = limits.keys().map(|l| (*l, legacy(l))).collect();
        Ok(plan
            .warn(seen.unknown(&self.group))
            .warn(memory.then(kills))
            .makes(CgroupFact::CgroupLimited { group, limits: set, before, revert })
            .reads(LimitsInfo::of(&settled), move |outcomes| Ok(read_back(&read, outcomes))))
    }
}

/// Returns the limits that the kernel has after they were written.
fn read_back(limits: &[(CgroupLimit, bool)], outcomes: &[Outcome]) -> LimitsInfo {
    let read = limits.iter().zip(outcomes).filter_map(|((limit, legacy), outcome)| {
        let texts: Vec<&str> = outcome.stdout.lines().collect();
        Some((*limit, limit.parse(&texts, *legacy)?))
    });
    LimitsInfo::of(&read.collect())
}

impl Query for GetLimits {
    type Output = LimitsInfo;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<LimitsInfo>> {
        let seen = SeenGroups::of(cx)?;
        let Some(found) = seen.group(&self.group)? else {
            return Ok(Answer::Assumed(LimitsInfo::default()));
        };
        if !cx.files.is_this_machine() {
            return Ok(Answer::Known(LimitsInfo::of(&found.limits)));
        }
        let mut limits = CgroupLimits::new();
        for limit in CgroupLimit::ALL {
            let place = seen.all.directory_of(limit.controller(), self.group.as_str());
            let Some((directory, legacy)) = place else { continue };
            let files = limit.files(legacy).iter();
            let read = |file: &&str| match now(cx, &format!("{directory}/{file}")) {
                Some(text) if has_devices(file) => Some(with_paths(&text, &|path| now(cx, path))),
                text => text,
            };
            let texts: Option<Vec<String>> = files.map(read).collect();
            let texts = texts.unwrap_or_default();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            if let Some(value) =
                limit.parse(&texts, legacy).filter(|value| *value != limit.initial())
            {
                limits.insert(limit, value);
            }
        }
        Ok(Answer::Known(LimitsInfo::of(&limits)))
    }
}
