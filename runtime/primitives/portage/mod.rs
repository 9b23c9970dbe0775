//! Portage, the package manager of Gentoo: its settings, package tables and profile, and emerge.

mod emerge;
mod env;
mod estimate;
mod explain;
mod files;
mod history;
mod jobserver;
mod logs;
mod make_conf;
mod outcome;
mod profile;
mod report;
mod rule;
mod running;
mod table;
mod tables;

pub use emerge::{Emerge, HasVersion, Resume};
pub(super) use emerge::{EmergeRun, emerge_plan};
pub use env::Env;
pub use estimate::BuildEstimate;
pub use explain::BuildErrorInfo;
pub use history::{BuildErrorQuery, History};
pub use jobserver::Jobserver;
pub use logs::{PackageLog, package_logs};
pub use make_conf::MakeConf;
pub use profile::Profile;
pub use report::BuildReport;
pub use rule::PortageRule;
pub use running::RunningJobs;
pub use tables::{AcceptKeywords, License, Mask, PackageEnv, PackageUse, Unmask, UseFlags};
