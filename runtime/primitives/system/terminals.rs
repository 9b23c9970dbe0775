//! `system.pseudo_terminals`: what opening `/dev/ptmx` leads to.

use serde::Serialize;

use crate::args;
use crate::error::Result;
use crate::machine::files::FileStatus;
use crate::machine::probe::parse_mountinfo;
use crate::operation::{Answer, Planning, Query};
use crate::primitives::edit::system_file;
use crate::primitives::file::known_text;
use crate::types::{AbsPath, Place};

args! {
    /// Returns how a system gets its pseudo-terminals.
    ///
    /// Returns a map with `kernel` (the release of the running kernel), `instances` (whether it
    /// makes every mount of devpts an instance of its own, as Linux does since 4.7), `mounted`
    /// (whether devpts is mounted at `/dev/pts`), `mode` (the permission bits of `/dev/pts/ptmx`,
    /// such as `"666"`) and `link` (the target of `/dev/ptmx`, nil unless it is a symbolic link).
    /// What is not known is nil.
    ///
    /// Source: pts(4); Documentation/filesystems/devpts.rst of Linux; guide PT.
    ///
    /// ```
    /// let found = system::pseudo_terminals("/");
    /// print(found.link);
    /// ```
    "system.pseudo_terminals" => pub struct PseudoTerminals {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
    }
}

/// Pseudo-terminals as scripts see them.
#[derive(Debug, Default, Serialize)]
pub struct TerminalsInfo {
    kernel: Option<String>,
    instances: Option<bool>,
    mounted: bool,
    mode: Option<String>,
    link: Option<String>,
}

impl Query for PseudoTerminals {
    type Output = TerminalsInfo;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<TerminalsInfo>> {
        let read = |path: &str| known_text(&Place::here(path), cx);
        let release = read("/proc/sys/kernel/osrelease")?;
        let (Some(release), Some(mounts)) = (release, read("/proc/self/mountinfo")?) else {
            return Ok(Answer::Assumed(TerminalsInfo::default()));
        };
        let at = system_file(&self.root, "/dev/pts").outside().display().to_string();
        let options = devpts_options(&mounts, &at);
        let link = match cx.look(&system_file(&self.root, "/dev/ptmx"))? {
            FileStatus::Link { to } => Some(to.display().to_string()),
            _ => None,
        };
        Ok(Answer::Known(TerminalsInfo {
            instances: has_instances(&release),
            kernel: Some(release.trim().to_owned()),
            mounted: options.is_some(),
            mode: options.and_then(|options| ptmx_mode(&options)),
            link,
        }))
    }
}

/// The first version of Linux in which every mount of devpts is an instance of its own.
const INSTANCES_SINCE: (u32, u32) = (4, 7);

fn has_instances(release: &str) -> Option<bool> {
    let mut numbers = release.trim().split(['.', '-']).map(str::parse::<u32>);
    let version = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(version >= INSTANCES_SINCE)
}

/// Returns the options of the devpts that is mounted last at a path.
fn devpts_options(mountinfo: &str, at: &str) -> Option<String> {
    let mounts = parse_mountinfo(mountinfo.as_bytes()).into_iter().rev();
    let mut found = mounts.filter(|mount| mount.at == at && mount.kind == "devpts");
    found.next().map(|mount| mount.filesystem_options)
}

fn ptmx_mode(options: &str) -> Option<String> {
    options.split(',').find_map(|option| option.strip_prefix("ptmxmode=")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_by_its_version_whether_it_has_instances() {
        for (release, known) in [
            ("6.12.58-gentoo-dist\n", Some(true)),
            ("4.7.0", Some(true)),
            ("4.6.7-gentoo", Some(false)),
            ("2.6.39-r3", Some(false)),
            ("5.0", Some(true)),
            ("next", None),
        ] {
            assert_eq!(has_instances(release), known, "{release}");
        }
    }

    #[test]
    fn the_last_devpts_at_a_path_counts() {
        let mounts = "\
            20 1 0:19 / /dev rw - devtmpfs dev rw,mode=755\n\
            21 20 0:20 / /dev/pts rw,relatime shared:3 - devpts devpts rw,gid=5,mode=620,ptmxmode=000\n\
            22 20 0:21 / /dev/pts rw,relatime - devpts devpts rw,gid=5,mode=620,ptmxmode=666\n\
            23 1 0:22 / /mnt/a\\040b/dev/pts rw - devpts none rw,mode=600,ptmxmode=600\n\
            24 1 0:23 / /mnt/t/dev/pts rw - tmpfs none rw\n";
        let mode = |at: &str| devpts_options(mounts, at).as_deref().and_then(ptmx_mode);
        assert_eq!(mode("/dev/pts").as_deref(), Some("666"));
        assert_eq!(mode("/mnt/a b/dev/pts").as_deref(), Some("600"));
        assert_eq!(devpts_options(mounts, "/mnt/t/dev/pts"), None);
        assert_eq!(devpts_options(mounts, "/dev"), None);
    }
}
