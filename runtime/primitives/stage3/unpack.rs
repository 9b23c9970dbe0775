//! `stage3.unpack`: unpacks a stage3 tarball.

use super::{Stage3Rule, must_exist};
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::system::FilesStep;
use crate::types::{AbsPath, Place};

args! {
    /// Unpacks a stage3 tarball into a mounted filesystem.
    ///
    /// Preserves numeric owners, permissions, links, extended attributes and capabilities. Cannot
    /// be undone: the unpacked files are mixed with existing ones; format the filesystem again.
    ///
    /// Source: Gentoo handbook, `tar xpvf stage3-*.tar.xz --xattrs-include='*.*' --numeric-owner`.
    ///
    /// ```
    /// fs::make("/dev/sda1");
    /// mount::mount("/dev/sda1", "/mnt/gentoo");
    /// stage3::unpack("/var/tmp/stage3.tar.xz", "/mnt/gentoo");
    /// ```
    "stage3.unpack" => pub struct Unpack {
        /// The tarball, uncompressed or compressed with xz, zstd, gzip or bzip2.
        pub archive: AbsPath,
        /// The mount point of the new system.
        pub into: AbsPath,
    }
}

impl Action for Unpack {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        // The path of the tarball is part of the approved effects, as for `stage3.verify`.
        let archive = Effect::Files(FilesEffect::Reads { path: self.archive.to_string() });
        vec![archive, Effect::Files(FilesEffect::Writes { path: self.into.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let archive = must_exist("archive", &self.archive, cx)?;
        let into = self.into.to_string();
        if !cx.machine.storage.mounts.iter().any(|mount| mount.at == into) {
            return Err(Stage3Rule::NotMounted { into }.into());
        }
        let etc = Place::new(&AbsPath::assume_valid("/etc"), Some(&self.into));
        Ok(Plan::step(FilesStep::Unpack { archive, into: Place::new(&self.into, None) })
            .makes(FilesFact::Dir { place: etc })
            .always()
            .undo(Undo::Impossible(
                "its files are mixed with existing files; format the \
                filesystem again",
            )))
    }
}
