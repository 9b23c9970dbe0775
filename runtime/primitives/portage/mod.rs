//! Portage, the package manager of Gentoo: its settings, package tables and profile, and emerge.

mod emerge;
mod files;
mod outcome;
mod profile;
mod rule;
mod settings;
mod tables;

pub use emerge::{Emerge, HasVersion, Resume};
pub(super) use emerge::{EmergeRun, emerge_plan};
pub use profile::Profile;
pub use rule::PortageRule;
pub use settings::MakeConf;
pub use tables::{AcceptKeywords, License, PackageUse, UseFlags};
