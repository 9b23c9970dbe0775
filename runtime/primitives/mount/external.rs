//! Mount options that name a second device, which the filesystem uses as well.

use super::rule::MountRule;
use crate::error::Result;
use crate::operation::Planning;
use crate::types::{DevicePath, ParamValue, Value};

/// Options with the path of a device that has the log or journal, and what blkid(8) finds there.
const EXTERNAL_LOGS: [(&str, &str); 2] = [("journal_path", "jbd"), ("logdev", "xfs_external_log")];

/// Options whose device has a number instead of a path, or no signature: what is on it cannot be
/// checked.
const UNCHECKED: [&str; 2] = ["journal_dev", "rtdev"];

/// Returns whether an option names a device of a btrfs filesystem. All of them are found without.
pub(super) fn names_btrfs_device(option: &str) -> bool {
    option.starts_with("device=")
}

/// Rejects a second device that is not a log or journal, and replaces its name by the canonical one.
pub(super) fn check(data: &mut [String], cx: &Planning<'_>) -> Result<()> {
    for option in data {
        let name = option.split('=').next().unwrap_or_default();
        if UNCHECKED.contains(&name) {
            return Err(MountRule::UncheckedDevice { option: option.clone() }.into());
        }
        let Some((kind, path)) = external_log(option) else { continue };
        let Ok(path) = DevicePath::decode(&Value::Text(path.into())) else {
            return Err(MountRule::NotADevice { option: option.clone() }.into());
        };
        let device = cx.device(&path)?;
        let found = device.content.as_ref();
        if found.is_none_or(|content| content.kind() != kind) {
            let (device, found) = (device.path.clone(), found.map(ToString::to_string));
            return Err(MountRule::NotALog { device, found }.into());
        }
        *option = format!("{name}={}", device.path);
    }
    Ok(())
}

/// Returns what has to be on the device that an option names, and its path.
fn external_log(option: &str) -> Option<(&'static str, &str)> {
    let (name, path) = option.split_once('=')?;
    let (_, kind) = *EXTERNAL_LOGS.iter().find(|(known, _)| *known == name)?;
    Some((kind, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_of_btrfs_are_left_out() {
        assert!(names_btrfs_device("device=/dev/sdb1"));
        assert!(!names_btrfs_device("degraded"));
    }
}
