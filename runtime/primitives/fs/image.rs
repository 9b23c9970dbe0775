//! Image files that contain a filesystem.

use super::make::{NewFilesystem, check_size, mkfs_command};
use super::rule::FsRule;
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::FileStatus;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, FsKind, Label, Place, Size};

args! {
    /// Creates an image file that contains a filesystem and returns the UUID of the filesystem.
    ///
    /// A virtual machine can use the file as a disk. The file is sparse: it takes up only the space
    /// that has been written to. Undo removes the file.
    ///
    /// Source: guide UM, "root image".
    ///
    /// ```
    /// fs::image("/var/lib/machines/root.img", "3G");
    /// ```
    "fs.image" => pub struct Image {
        /// The path of the file, which must not exist yet.
        pub path: AbsPath,
        /// The size of the image.
        pub size: Size,
        /// The type of the filesystem.
        pub kind: FsKind = "ext4",
        /// The label of the filesystem; see `fs.make` for the limits.
        pub label: Option<Label>,
    }
}

impl Action for Image {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Files(FilesEffect::Writes { path: self.path.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let place = Place::new(&self.path, None);
        let path = self.path.to_string();
        match cx.look(&place)? {
            FileStatus::Missing | FileStatus::Unknown(_) => {}
            _ => return Err(FsRule::Exists { path }.into()),
        }
        check_size(self.kind, &path, self.size.get())?;
        let label = self.label.as_ref().map(Label::as_str);
        let NewFilesystem { uuid, cmd } = mkfs_command(self.kind, &path, label, cx)?;
        Ok(Plan::step(FilesStep::MakeImage { place: place.clone(), size: self.size })
            .then(Step::Run(cmd))
            .makes(FilesFact::File { place: place.clone(), digest: None, mode: None })
            .undo(Undo::Steps(vec![Step::Files(FilesStep::Remove { place })]))
            .returns(uuid))
    }
}
