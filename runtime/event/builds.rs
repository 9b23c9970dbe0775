//! The state of the packages that emerge builds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The origin of the state of a run of emerge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuildSource {
    /// The socket of `FEATURES="observability"` (make.conf(5)).
    Socket,
    /// The log of emerge.
    Log,
}

impl fmt::Display for BuildSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Socket => "status socket of Portage",
            Self::Log => "emerge.log",
        })
    }
}

/// The state of a run of emerge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BuildStatus {
    /// The origin of this state.
    pub source: BuildSource,
    /// The number of packages that are installed.
    pub done: u64,
    /// The number of packages in the list.
    pub total: u64,
    /// The number of packages that failed.
    pub failed: u64,
    /// The packages that are being built or installed, in the order in which they began.
    pub running: Vec<RunningBuild>,
    /// The seconds since emerge began.
    pub seconds: u64,
    /// The estimated seconds until everything is installed; `None` without earlier builds of most
    /// packages.
    pub left: Option<u64>,
    /// The load average of the last minute (proc_loadavg(5)).
    pub load: Option<f64>,
    /// The process for which emerge waits, usually another emerge: `None` if it waits for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<LockHolder>,
}

/// A process that holds a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// Its ID.
    pub process: u32,
    /// The name of its program.
    pub name: String,
}

/// A package that is being built or installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningBuild {
    /// The package as `category/name-version`.
    pub name: String,
    /// The phase of the ebuild, such as `compile`; `merge` while the package is installed.
    pub phase: String,
    /// The seconds since the package was begun.
    pub seconds: u64,
    /// The seconds that earlier builds took; `None` if there are none.
    pub expected: Option<u64>,
    /// The peak memory of its processes so far in bytes, with `FEATURES="cgroup"`.
    pub memory: Option<u64>,
}
