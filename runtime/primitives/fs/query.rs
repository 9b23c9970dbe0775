//! Queries for UUIDs and labels.

use super::rule::FsRule;
use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Planning, Query};
use crate::primitives::contents::{Contents, contents};
use crate::types::{DevicePath, UUID_AT_RUN_TIME};

args! {
    /// Returns the UUID of a filesystem, swap area, LUKS container or physical volume.
    ///
    /// Source: blkid(8); guide ER, "Determining All Partitions' UUIDs".
    ///
    /// ```
    /// let uuid = fs::uuid("/dev/sdb1");
    /// ```
    "fs.uuid" => pub struct Uuid {
        /// The device.
        pub device: DevicePath,
    }
}

args! {
    /// Returns the label of the filesystem or swap area on a device, or nil if it has none.
    ///
    /// ```
    /// print(fs::label("/dev/sdb1"));
    /// ```
    "fs.label" => pub struct LabelOf {
        /// The device.
        pub device: DevicePath,
    }
}

impl Query for Uuid {
    type Output = String;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<String>> {
        let device = cx.device(&self.device)?;
        let found = match contents(device)? {
            Contents::AtRunTime => return Ok(Answer::Assumed(UUID_AT_RUN_TIME.to_owned())),
            Contents::Known(content) => match content.uuid().filter(|uuid| !uuid.is_empty()) {
                Some(uuid) => return Ok(Answer::Known(uuid.to_owned())),
                None => Some(content.to_string()),
            },
            Contents::Blank => None,
        };
        Err(FsRule::None { device: device.path.clone(), found }.into())
    }
}

impl Query for LabelOf {
    type Output = Option<String>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        Ok(match contents(cx.device(&self.device)?)? {
            Contents::Known(content) => Answer::Known(content.label().map(str::to_owned)),
            Contents::Blank => Answer::Known(None),
            Contents::AtRunTime => Answer::Assumed(None),
        })
    }
}
