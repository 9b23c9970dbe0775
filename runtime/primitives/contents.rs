//! The contents of a device, as far as they are known.

use crate::error::Result;
use crate::machine::{Content, Device};
use crate::operation::guard::check_readable;
use crate::types::UUID_AT_RUN_TIME;

/// The contents of a device.
pub(super) enum Contents<'a> {
    /// A signature.
    Known(&'a Content),
    /// No signature.
    Blank,
    /// Anything: in a plan, the device appears only in the run, which opens or starts it.
    AtRunTime,
}

/// Returns the contents of a device. A device that could not be read is an error, because it can
/// hold anything.
pub(super) fn contents(device: &Device) -> Result<Contents<'_>> {
    if let Some(content) = &device.content {
        return Ok(Contents::Known(content));
    }
    check_readable(device)?;
    Ok(match device.is_unseen() {
        true => Contents::AtRunTime,
        false => Contents::Blank,
    })
}

/// Returns the identifier of a filesystem or swap area and its type, for files that name it at boot.
/// What is on the device otherwise is the error, as a description.
pub(super) fn boot_source(
    device: &Device,
) -> Result<std::result::Result<(String, String), Option<String>>> {
    Ok(match contents(device)? {
        Contents::Known(content @ (Content::Filesystem { .. } | Content::Swap { .. })) => {
            match content.identifier() {
                Some(uuid) => Ok((uuid.to_owned(), content.kind().to_owned())),
                None => Err(Some(format!("{content} without a UUID"))),
            }
        }
        Contents::AtRunTime => Ok((UUID_AT_RUN_TIME.to_owned(), "auto".to_owned())),
        Contents::Known(other) => Err(Some(other.to_string())),
        Contents::Blank => Err(None),
    })
}
