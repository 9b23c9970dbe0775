//! Portage, the package manager of Gentoo: its settings, package tables and profile, and emerge.

mod emerge;
mod outcome;
mod profile;
mod rule;
mod settings;

pub use emerge::{Emerge, HasVersion, Resume};
pub(super) use emerge::{EmergeRun, emerge_plan};
pub use profile::Profile;
pub use rule::PortageRule;
pub use settings::{AcceptKeywords, License, MakeConf, PackageUse};
