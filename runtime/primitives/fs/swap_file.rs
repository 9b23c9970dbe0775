//! Swap files.

use super::rule::FsRule;
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::{FileContents, FileStatus};
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::system::{Cmd, FilesStep, Step};
use crate::types::{AbsPath, Mode, Place, Size};

args! {
    /// Creates a swap file and returns its path, for `mount.swap_on`.
    ///
    /// The file has no holes and is readable only by root. On btrfs, copy-on-write is disabled for
    /// it. An existing swap file of this size is kept unchanged. Undo removes the file.
    ///
    /// Source: mkswap(8), swapon(8) "Files with holes", btrfs(5) "SWAPFILE SUPPORT". On btrfs, use
    /// a separate subvolume, which must not have snapshots.
    ///
    /// ```
    /// mount::mount("/dev/sdb1", "/mnt/stick");
    /// let swap = fs::swap_file("/mnt/stick/swapfile", "64M");
    /// ```
    "fs.swap_file" => pub struct SwapFile {
        /// The path of the file, in an existing directory on ext4, xfs or btrfs.
        pub path: AbsPath,
        /// The size, at least 1 MiB; rounded up to whole pages of 4 KiB.
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
            FileStatus::Missing | FileStatus::Unknown(_) => {}
            // The simulation does not record the length of files that it creates.
            FileStatus::File { len, .. } if len == size.get() || len == 0 => {
                if has_swap_signature(&place, cx)? == Some(false) {
                    return Err(FsRule::NoSwapFile { path }.into());
                }
                // After an interruption it is made again: it may lack its signature.
                return Ok(Plan::already(format!("{path} has {size}")).always().returns(path));
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

/// Returns whether a file has the signature of mkswap(8), at the end of the first page, whatever
/// the size of a page is; `None` if that is unknown.
pub fn has_swap_signature(place: &Place, cx: &Planning<'_>) -> Result<Option<bool>> {
    const SIGNATURE: &[u8] = b"SWAPSPACE2";
    const PAGES: [usize; 5] = [4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10];
    let bytes = match cx.files.first_bytes(place, PAGES[PAGES.len() - 1])? {
        FileContents::Known(bytes) => bytes,
        FileContents::Unknown(_) => return Ok(None),
    };
    let ends_with_it =
        |page: usize| bytes.get(..page).is_some_and(|page| page.ends_with(SIGNATURE));
    Ok(Some(PAGES.into_iter().any(ends_with_it)))
}
