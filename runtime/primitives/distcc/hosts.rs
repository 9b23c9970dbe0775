//! `distcc.hosts`: the list of hosts for distcc.

use serde::Serialize;

use super::rule::DistccRule;
use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Planning, Query};
use crate::types::{DomainName, Jobs, UserName};

args! {
    /// A machine that compiles, as `distcc.node_info` and `distcc.compiler` return it.
    pub struct Compiler {
        /// The name or IPv4 address of the machine.
        pub host: DomainName,
        /// The number of processors.
        pub processors: Jobs,
        /// The version of gcc.
        pub version: String,
        /// The target of gcc.
        pub target: String,
        /// Whether compilers are confined.
        pub confined: Option<bool>,
        /// Whether the control group of compilers has limits.
        pub limited: Option<bool>,
    }
}

args! {
    /// Returns the host list of distcc, and the number of jobs for it.
    ///
    /// Returns a map with `hosts` (for `DISTCC_HOSTS`: this machine with `own_jobs` jobs, and each node
    /// with as many jobs as it has processors, but at most `limit`) and `jobs` (their sum, for
    /// `MAKEOPTS`). A node whose gcc has another version or target is refused: its object files would
    /// not fit.
    ///
    /// Source: distcc(1), "HOST SPECIFICATIONS"; guide DS 12 and 13.
    ///
    /// ```
    /// let list = distcc::hosts(distcc::compiler(), [distcc::node_info("node1")], #{ own_jobs: 2 });
    /// ```
    "distcc.hosts" => pub struct HostList {
        /// The front end.
        pub own: Compiler,
        /// The nodes.
        pub nodes: Vec<Compiler>,
        /// The number of jobs on the front end.
        pub own_jobs: Jobs = 2,
        /// The largest number of jobs on a node. A session of SSH is a job, and sshd allows 10 per
        /// connection unless `MaxSessions` sets another number.
        pub limit: Jobs = 10,
        /// The account on the nodes.
        pub user: UserName = "distcc",
    }
}

/// The host list as scripts see it.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct HostListInfo {
    hosts: String,
    jobs: u32,
}

impl Query for HostList {
    type Output = HostListInfo;

    fn answer(&self, _cx: &mut Planning<'_>) -> Result<Answer<HostListInfo>> {
        let kind = |one: &Compiler| format!("{} for {}", one.version, one.target);
        let wanted = kind(&self.own);
        let mut hosts = format!("localhost/{}", self.own_jobs.get());
        let mut jobs = self.own_jobs.get();
        for node in &self.nodes {
            if kind(node) != wanted {
                let (host, found) = (node.host.to_string(), kind(node));
                return Err(DistccRule::OtherCompiler { host, found, wanted }.into());
            }
            let most = node.processors.get().min(self.limit.get());
            hosts += &format!(" {}@{}/{most}", self.user, node.host);
            jobs += most;
        }
        Ok(Answer::Known(HostListInfo { hosts, jobs }))
    }
}
