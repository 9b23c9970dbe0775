//! The options of virtiofsd that depend on its version.

use crate::machine::share::{Daemon, Implementation};
use crate::operation::Planning;
use crate::types::Choice;

/// The map of the guide: all attributes of the virtual machine become attributes in `user.` here.
const ALL: &str = ":map::user.virtiofs.:";

/// Renames only `trusted.`, and protects both names: virtiofsd adds three rules, by which the virtual machine sees its own names
/// only, and reaches all other attributes unchanged.
const TRUSTED: &str = ":map:trusted.:user.virtiofs.:";

/// How long the virtual machine may rely on what it has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareCache {
    /// For a second.
    Auto,
    /// Forever.
    Always,
    /// Not at all.
    Never,
}

impl Choice for ShareCache {
    const NAME: &'static str = "cache policy";
    const WORDS: &'static [&'static str] = &["auto", "always", "never"];
    const ALL: &'static [Self] = &[Self::Auto, Self::Always, Self::Never];
}

/// What confines virtiofsd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareSandbox {
    /// Namespaces of its own.
    Namespace,
    /// chroot(2) only.
    Chroot,
}

impl Choice for ShareSandbox {
    const NAME: &'static str = "sandbox";
    const WORDS: &'static [&'static str] = &["namespace", "chroot"];
    const ALL: &'static [Self] = &[Self::Namespace, Self::Chroot];
}

/// What virtiofsd is told.
pub(super) struct ShareOptions<'a> {
    pub(super) directory: &'a str,
    pub(super) socket: &'a str,
    pub(super) cache: ShareCache,
    pub(super) sandbox: ShareSandbox,
    pub(super) acl: bool,
    pub(super) map: String,
    pub(super) group: Option<&'a str>,
}

/// The virtiofsd of the machine as far as a plan knows it.
pub(in crate::primitives) struct OnDaemon {
    daemon: Daemon,
    /// Whether it is only assumed.
    pub(in crate::primitives) assumed: bool,
}

impl OnDaemon {
    /// Returns the virtiofsd of the machine; an assumed one if it is unknown.
    pub(in crate::primitives) fn of(cx: &Planning<'_>) -> Self {
        let found = cx.machine.share.daemon.clone();
        Self { assumed: found.is_none(), daemon: found.unwrap_or_else(Daemon::assumed) }
    }

    /// Returns the warning that the version is assumed.
    pub(super) fn warning(&self) -> Option<String> {
        self.assumed.then(|| {
            format!("the version of virtiofsd is unknown: {} is assumed", self.daemon.version)
        })
    }

    /// Returns the map with which the owner of everything can change. See [`Daemon::keeps_attributes_of_links`].
    pub(in crate::primitives) fn map(&self) -> &'static str {
        if self.daemon.keeps_attributes_of_links() { ALL } else { TRUSTED }
    }

    /// Returns the options of virtiofsd.
    pub(super) fn options(&self, share: &ShareOptions<'_>) -> Vec<String> {
        let ShareOptions { directory, socket, cache, sandbox, acl, map, group } = share;
        let (cache, sandbox) = (cache.word(), sandbox.word());
        let all = match self.daemon.implementation {
            Implementation::C => {
                let each = [
                    format!("source={directory}"),
                    format!("sandbox={sandbox}"),
                    // The C daemon calls it none.
                    format!("cache={}", if cache == "never" { "none" } else { cache }),
                    "xattr".into(),
                    format!("xattrmap={map}"),
                    if *acl { "posix_acl".into() } else { String::new() },
                ];
                let each = each.into_iter().filter(|option| !option.is_empty());
                each.flat_map(|option| ["-o".to_owned(), option]).collect::<Vec<_>>()
            }
            Implementation::Rust => {
                let mut each = vec![
                    format!("--shared-dir={directory}"),
                    format!("--sandbox={sandbox}"),
                    format!("--cache={cache}"),
                    "--xattr".into(),
                    format!("--xattrmap={map}"),
                ];
                each.extend(acl.then(|| "--posix-acl".to_owned()));
                each
            }
        };
        let group = group.map(|group| format!("--socket-group={group}"));
        [format!("--socket-path={socket}")].into_iter().chain(group).chain(all).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(said: &str, acl: bool) -> String {
        let daemon = Daemon::of(said).expect("a version");
        let on = OnDaemon { daemon, assumed: false };
        let share = ShareOptions {
            directory: "/srv/a",
            socket: "/run/a.sock",
            cache: ShareCache::Never,
            sandbox: ShareSandbox::Chroot,
            acl,
            map: on.map().into(),
            group: None,
        };
        on.options(&share).join(" ")
    }

    #[test]
    fn options_and_map_fit_the_version() {
        assert_eq!(
            options("virtiofsd version 7.2.22 (Debian)", true),
            "--socket-path=/run/a.sock -o source=/srv/a -o sandbox=chroot -o cache=none -o xattr \
             -o xattrmap=:map:trusted.:user.virtiofs.: -o posix_acl"
        );
        assert_eq!(
            options("virtiofsd 1.14.0", true),
            "--socket-path=/run/a.sock --shared-dir=/srv/a --sandbox=chroot --cache=never --xattr \
             --xattrmap=:map::user.virtiofs.: --posix-acl"
        );
        let before = options("virtiofsd 1.13.3", false);
        assert!(before.ends_with("--xattrmap=:map:trusted.:user.virtiofs.:"), "{before}");
    }
}
