//! Portage, the package manager of Gentoo: its settings, package tables and profile, and emerge.

mod emerge;
mod files;
mod make_conf;
mod outcome;
mod profile;
mod rule;
mod tables;

pub use emerge::{Emerge, HasVersion, Resume};
pub(super) use emerge::{EmergeRun, emerge_plan};
pub use make_conf::MakeConf;
pub use profile::Profile;
pub use rule::PortageRule;
pub use tables::{AcceptKeywords, License, PackageUse, UseFlags};
