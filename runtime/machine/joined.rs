//! Releases that the parts join.

use super::parts::parts;
use super::state::PartState;
use super::{Machine, Release};

macro_rules! joined {
    ($($module:ident $Part:ident,)*) => {
        /// Returns what releases the same items with fewer commands, in the order of the given releases.
        pub fn joined_releases(
            releases: impl IntoIterator<Item = Release>,
            machine: &Machine,
        ) -> Vec<Release> {
            let mut joined: Vec<Release> = releases.into_iter().collect();
            $(joined = PartState::join(&machine.$module, joined);)*
            joined
        }
    };
}

parts!(joined);
