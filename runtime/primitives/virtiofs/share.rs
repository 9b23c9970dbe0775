//! `virtiofs.share`: shares a directory with a virtual machine.

use super::map::{OnDaemon, ShareCache, ShareOptions, ShareSandbox};
use super::rule::ShareRule;
use crate::args;
use crate::error::Result;
use crate::machine::files::FileStatus;
use crate::machine::share::{ShareEffect, ShareFact, ShareStep};
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::types::{AbsPath, Place, UserName, XattrMap};

args! {
    /// Shares a directory with one virtual machine by virtiofsd, until that machine ends.
    ///
    /// Starts virtiofsd in the background with the options of the version that is there, waits for the socket, and returns its path, for
    /// `qemu.start`. The virtual machine can change all files in the directory, but cannot leave it. It gets extended attributes, ACLs, and a
    /// map of attributes with which capabilities of files and changes of owner work (see `virtiofs.daemon`). Messages of virtiofsd are in
    /// `SOCKET.log`; the last lines are shown if it does not start.
    ///
    /// The root of the running system is refused, as is a filesystem without extended attributes. A directory that is shared
    /// on this socket is unchanged. When the run cleans up, virtiofsd is ended and its socket removed.
    ///
    /// Source: virtiofsd(1), xattr(7); guide VF 1, 2, 9.
    ///
    /// ```
    /// file::make_dir("/srv/web");
    /// let socket = virtiofs::share("/srv/web", "/run/virtiofs/web.sock");
    /// ```
    "virtiofs.share" => pub struct ShareDirectory {
        /// The directory.
        pub directory: AbsPath,
        /// The socket that virtiofsd makes.
        pub socket: AbsPath,
        /// How long the virtual machine may rely on what it has read: `auto` for a moment, `always` if nothing else changes the
        /// files, `never` for not at all.
        pub cache: ShareCache = "auto",
        /// What confines virtiofsd to the directory: namespaces of its own, or only chroot(2), for a system that allows no namespaces.
        pub sandbox: ShareSandbox = "namespace",
        /// Whether the virtual machine has ACLs (acl(5)).
        pub acl: bool = true,
        /// The map of extended attributes, in place of the one for the version of virtiofsd.
        pub xattrmap: Option<XattrMap>,
        /// The group that may open the socket besides root: that of the user of `qemu.start`.
        pub group: Option<UserName>,
    }
}

/// Directories of the kernel and of the running system as a whole.
const RUNNING: [&str; 5] = ["/", "/dev", "/proc", "/run", "/sys"];

/// Filesystems without owners or without extended attributes.
const WITHOUT_ATTRIBUTES: [&str; 6] = ["exfat", "fuseblk", "iso9660", "msdos", "ramfs", "vfat"];

/// The longest path of a socket (unix(7)).
const MOST: usize = 107;

impl ShareDirectory {
    fn log(&self) -> String {
        format!("{}.log", self.socket)
    }

    fn check(&self, directory: &str, cx: &Planning<'_>) -> Result<()> {
        let (named, socket) = (|| directory.to_owned(), self.socket.to_string());
        if RUNNING.contains(&directory) {
            return Err(ShareRule::Running { directory: named() }.into());
        }
        if directory.contains(',') {
            return Err(ShareRule::Comma { directory: named() }.into());
        }
        if socket.len() > MOST {
            let length = socket.len();
            return Err(ShareRule::TooLong { socket, length, most: MOST }.into());
        }
        if cx.look(&Place::here(directory))? == FileStatus::Missing {
            return Err(ShareRule::NoDirectory { directory: named() }.into());
        }
        let around = cx.machine.storage.mounts.iter().filter(|mount| mount.covers(directory));
        match around.max_by_key(|mount| mount.at.len()) {
            Some(mount) if WITHOUT_ATTRIBUTES.contains(&mount.kind.as_str()) => {
                let kind = mount.kind.clone();
                Err(ShareRule::NoAttributes { directory: named(), kind }.into())
            }
            _ => Ok(()),
        }
    }
}

impl Action for ShareDirectory {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![
            ShareEffect::SharesDirectory { directory: self.directory.to_string() }.into(),
            FilesEffect::Writes { path: self.socket.to_string() }.into(),
            FilesEffect::Writes { path: self.log() }.into(),
        ]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let directory = cx.real(&self.directory)?.to_string();
        let socket = self.socket.to_string();
        self.check(&directory, cx)?;
        let found = cx.machine.share.found.as_ref().and_then(|found| found.get(&socket));
        if let Some(found) = found.filter(|found| found.is_served() && found.directory != directory)
        {
            return Err(ShareRule::Taken { socket, found: found.directory.clone() }.into());
        }
        let on = OnDaemon::of(cx);
        let map = self.xattrmap.as_ref().map_or_else(|| on.map().to_owned(), ToString::to_string);
        let options = on.options(&ShareOptions {
            directory: &directory,
            socket: &socket,
            cache: self.cache,
            sandbox: self.sandbox,
            acl: self.acl,
            map,
            group: self.group.as_ref().map(UserName::as_str),
        });
        let fact =
            ShareFact::DirectoryShared { socket: socket.clone(), directory: directory.clone() };
        let step = ShareStep::Start { directory, socket: socket.clone(), log: self.log(), options };
        Ok(Plan::step(step)
            .makes(fact)
            .warn(on.warning())
            .undo(Undo::Release)
            .hint("add sandbox: \"chroot\" where namespaces are not allowed")
            .returns(socket))
    }
}
