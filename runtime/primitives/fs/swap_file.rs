//! Swap in a file.

use super::rule::FsRule;
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::Look;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::system::{Cmd, FilesStep, Step};
use crate::types::{AbsPath, Mode, Place, Size};

args! {
    /// Makes a swap file: without holes, readable by root only, and on btrfs in one piece that is
    /// never copied on write. A file of that size which is there already is left alone. Returns its
    /// path, for `mount.swap_on`.
    ///
    /// Source: mkswap(8), swapon(8) "Files with holes", btrfs(5) "SWAPFILE SUPPORT". On btrfs it
    /// belongs into a subvolume of its own, which then has no snapshots.
    ///
    /// ```
    /// mount::mount("/dev/sdb1", "/mnt/stick");
    /// let swap = fs::swap_file("/mnt/stick/swapfile", "64M");
    /// ```
    "fs.swap_file" => pub struct SwapFile {
        /// The file; its folder exists, on ext4, xfs or btrfs.
        pub path: AbsPath,
        /// Its size, at least 1 MiB.
        pub size: Size,
    }
}

impl Action for SwapFile {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Files(FilesEffect::Writes { path: self.path.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let path = self.path.to_string();
        let place = Place::new(&self.path, None);
        let page = 4096;
        let size = Size::bytes(self.size.get().next_multiple_of(page));
        if size.get() < crate::types::MIB {
            return Err(FsRule::SwapFile { path, size }.into());
        }
        match cx.look(&place)? {
            Look::Missing | Look::Unknown(_) => {}
            // The simulation does not know how long a file is that it made.
            Look::File { len, .. } if len == size.get() || len == 0 => {
                return Ok(Plan::already(format!("{path} has {size}")).returns(path));
            }
            _ => return Err(FsRule::Exists { path }.into()),
        }
        let on = cx.machine.mounted_view(&path).map(|mount| mount.kind).unwrap_or_default();
        let uuid = cx.uuid();
        let mode = Some(Mode::new(0o600));
        Ok(Plan::step(FilesStep::Allocate { place: place.clone(), size, nocow: on == "btrfs" })
            .then(Step::Run(Cmd::tool("mkswap").args(["-U", &uuid, &path])))
            .makes(FilesFact::File { place: place.clone(), digest: None, mode })
            .undo(Undo::Steps(vec![Step::Files(FilesStep::Remove { place })]))
            .returns(path))
    }
}
