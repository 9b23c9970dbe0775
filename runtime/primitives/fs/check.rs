//! Checking filesystems without changing them.

use std::rc::Rc;

use serde::Serialize;

use super::rule::FsRule;
use crate::args;
use crate::error::Result;
use crate::machine::Content;
use crate::operation::guard::check_unused;
use crate::operation::{Answer, Effect, Planning, Query, StorageEffect};
use crate::primitives::contents::{Contents, contents};
use crate::system::{Cmd, Outcome};
use crate::types::DevicePath;

args! {
    /// Checks an unmounted filesystem for damage, without changing it.
    ///
    /// Returns a map with `clean` (whether the checker exited with code 0) and `report` (its
    /// output). Supports ext2, ext3, ext4, xfs, btrfs, vfat and f2fs.
    ///
    /// Source: e2fsck(8) `-n`, xfs_repair(8) `-n`, btrfs-check(8), fsck.fat(8) `-n`.
    ///
    /// ```
    /// let found = fs::check("/dev/sdb1");
    /// print(found.clean);
    /// ```
    "fs.check" => pub struct Check {
        /// The device that contains the filesystem; it must not be in use.
        pub device: DevicePath,
    }
}

/// The result of `fs.check`.
#[derive(Debug, Serialize)]
pub struct FsCheck {
    clean: bool,
    report: String,
}

fn checker(kind: &str) -> Option<Cmd> {
    Some(match kind {
        "ext2" | "ext3" | "ext4" => Cmd::tool("e2fsck").args(["-n", "-f"]),
        "xfs" => Cmd::tool("xfs_repair").arg("-n"),
        "btrfs" => Cmd::tool("btrfs").args(["check", "--readonly"]),
        "vfat" => Cmd::tool("fsck.vfat").arg("-n"),
        "f2fs" => Cmd::tool("fsck.f2fs").arg("--dry-run"),
        _ => return None,
    })
}

impl Query for Check {
    type Output = FsCheck;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Uses { device: self.device.to_string() })]
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<FsCheck>> {
        let device = cx.device(&self.device)?;
        check_unused(cx.machine, &device.path)?;
        let path = device.path.clone();
        let assumed = FsCheck { clean: true, report: String::new() };
        let kind = match contents(device)? {
            Contents::Known(Content::Filesystem { kind, .. }) => kind.clone(),
            Contents::AtRunTime => return Ok(Answer::Assumed(assumed)),
            Contents::Known(other) => {
                let found = Some(other.to_string());
                return Err(FsRule::None { device: path, found }.into());
            }
            Contents::Blank => return Err(FsRule::None { device: path, found: None }.into()),
        };
        let Some(cmd) = checker(&kind) else { return Err(FsRule::NoChecker { kind }.into()) };
        let read = |outcome: &Outcome| {
            let report = format!("{}{}", outcome.stdout, outcome.stderr);
            Ok(FsCheck { clean: outcome.code == 0, report })
        };
        Ok(Answer::Ask {
            cmd: Box::new(cmd.arg(path).accept_any_exit_code()),
            assumed,
            read: Rc::new(read),
        })
    }
}
