//! Queries for UUIDs and labels.

use super::rule::FsRule;
use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Planning, Query};
use crate::types::DevicePath;

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
        let uuid = device.content.as_ref().and_then(|content| content.uuid());
        match uuid.filter(|uuid| !uuid.is_empty()) {
            Some(uuid) => Ok(Answer::Known(uuid.to_owned())),
            None => Err(FsRule::None {
                device: device.path.clone(),
                found: device.content.as_ref().map(ToString::to_string),
            }
            .into()),
        }
    }
}

impl Query for LabelOf {
    type Output = Option<String>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let content = cx.device(&self.device)?.content.as_ref();
        Ok(Answer::Known(content.and_then(|content| content.label()).map(str::to_owned)))
    }
}
