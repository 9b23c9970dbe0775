//! `uml.info`: what a guest is and does.

use serde::Serialize;

use super::domain::DOMAIN;
use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Planning, Query};
use crate::primitives::guests::SeenGuest;
use crate::types::{AbsPath, GuestName};

args! {
    /// Returns what a guest is and does.
    ///
    /// Returns a map with `exists`, `state` (`"stopped"` or `"running"`, or nil if it does not exist), `process` (the number of its kernel's process, or
    /// nil), and `disks` (the images that its kernel uses). A guest is a directory with `root.img`, or in which `uml.start` has been used.
    ///
    /// Source: guide UM 11, 14.
    ///
    /// ```
    /// let running = uml::info("web").state == "running";
    /// ```
    "uml.info" => pub struct UmlQuery {
        /// The name of the guest.
        pub name: GuestName,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/uml",
    }
}

/// A guest as scripts see it.
#[derive(Debug, Default, Serialize)]
pub struct UmlInfo {
    exists: bool,
    state: Option<&'static str>,
    process: Option<u32>,
    disks: Vec<String>,
}

impl Query for UmlQuery {
    type Output = UmlInfo;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<UmlInfo>> {
        let seen = SeenGuest::of(&DOMAIN, &self.name, &self.path, cx)?;
        let info = seen.found.map(|guest| UmlInfo {
            exists: true,
            state: Some(guest.state.name()),
            process: guest.init,
            disks: guest.disks.clone(),
        });
        Ok(seen.answer(info.unwrap_or_default()))
    }
}
