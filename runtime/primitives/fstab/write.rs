//! Writing a whole `/etc/fstab`.

use super::{FSTAB, FstabEntry, FstabRule};
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::{FileContents, FileStatus};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::primitives::edit::{system_file, writes};
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, Mode, sha256};

args! {
    /// Writes the `/etc/fstab` of an installed system.
    ///
    /// The file is replaced: entries that are not in the list are lost. Devices are named by UUID,
    /// never by a device path that can change. Two entries with the same mount point, and a UUID
    /// that exists on two devices, are rejected. Undo restores the previous file.
    ///
    /// Source: fstab(5); guide ER, "Configuring /etc/fstab".
    ///
    /// ```
    /// fstab::write("/mnt/old", [
    ///     #{ at: "/", device: "/dev/vg_live/data", options: "errors=remount-ro", pass: 1 },
    ///     #{ at: "/boot", device: "/dev/sdc1", options: "noatime", pass: 2 },
    ///     #{ at: "/proc", source: "proc", kind: "proc" },
    /// ]);
    /// ```
    "fstab.write" => pub struct Write {
        /// The mount point of the installed system.
        pub root: AbsPath,
        /// The entries, as maps, in the order of the file.
        pub entries: Vec<FstabEntry>,
    }
}

impl Action for Write {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, FSTAB)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let mut text = String::from(
            "# <what>                                   <where>      <type> <options>            <dump> <pass>\n",
        );
        let mut places: Vec<&str> = Vec::new();
        for entry in &self.entries {
            if &*entry.at != "none" && places.contains(&entry.at.as_str()) {
                return Err(FstabRule::Twice { at: entry.at.to_string() }.into());
            }
            places.push(&entry.at);
            text += &entry.line(cx)?;
        }
        let place = system_file(&self.root, FSTAB);
        let old = match cx.look(&place)? {
            FileStatus::File { .. } => match cx.files.read(&place)? {
                FileContents::Known(bytes) => Some(bytes),
                FileContents::Unknown(_) => None,
            },
            _ => None,
        };
        let undo = match old {
            Some(bytes) => {
                let content = FileContents::Known(bytes);
                Undo::Steps(vec![Step::Files(FilesStep::Write {
                    place: place.clone(),
                    content,
                    mode: None,
                    sets: String::new(),
                })])
            }
            None => Undo::Steps(vec![Step::Files(FilesStep::Remove { place: place.clone() })]),
        };
        let bytes = text.into_bytes();
        let digest = Some(sha256(&bytes));
        let mode = Some(Mode::new(0o644));
        let etc = Step::Files(FilesStep::MakeDir { place: place.parent(), mode: Mode::new(0o755) });
        let write = Step::Files(FilesStep::Write {
            place: place.clone(),
            content: FileContents::Known(bytes),
            mode,
            sets: String::new(),
        });
        let steps = match cx.look(&place.parent())? {
            FileStatus::Missing => vec![etc, write],
            _ => vec![write],
        };
        Ok(Plan::steps(steps).makes(FilesFact::File { place, digest, mode }).undo(undo))
    }
}
