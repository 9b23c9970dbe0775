//! `uml.image`: creates the image of a disk of a guest.

use super::paths::{check_path, check_unused};
use super::rule::UmlRule;
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::FileStatus;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::primitives::guests::GuestRule;
use crate::primitives::system::people::{PASSWD, lines, named};
use crate::system::{Cmd, FilesStep, Step};
use crate::types::{AbsPath, MIB, Place, Size, UserName};

args! {
    /// Creates an image of a disk of a guest, and returns the UUID of what is in it.
    ///
    /// The image has an ext4 filesystem with the files of a directory, with their owners and modes, or swap space. Nothing is mounted. The file is
    /// sparse: it takes up only the space that has been written to. A file that exists is refused. Undo removes the file.
    ///
    /// Source: mke2fs(8), mkswap(8); guide UM 1.
    ///
    /// ```
    /// uml::image("/var/lib/uml/web/root.img", "3G", #{ tree: "/mnt/old" });
    /// uml::image("/var/lib/uml/web/swap.img", "512M", #{ swap: true });
    /// ```
    "uml.image" => pub struct GuestImage {
        /// The path of the file, which must not exist yet.
        pub path: AbsPath,
        /// The size of the image.
        pub size: Size,
        /// The directory with the files of the filesystem; without one it is empty.
        pub tree: Option<AbsPath>,
        /// Whether the image has swap space instead of a filesystem.
        pub swap: bool = false,
        /// The owner of the file, which is the user of the guest; by default the user that runs the program.
        pub owner: Option<UserName>,
    }
}

impl GuestImage {
    fn make(&self, uuid: &str) -> Cmd {
        let path = self.path.to_string();
        match &self.tree {
            _ if self.swap => Cmd::tool("mkswap").args(["-q", "-U", uuid, &path]),
            Some(tree) => Cmd::tool("mkfs.ext4")
                .args(["-q", "-F", "-U", uuid, "-d", &tree.to_string(), &path])
                .is_long_running(),
            None => Cmd::tool("mkfs.ext4").args(["-q", "-F", "-U", uuid, &path]),
        }
    }

    fn chown(&self, cx: &Planning<'_>) -> Result<Option<Step>> {
        let Some(owner) = &self.owner else { return Ok(None) };
        let place = Place::new(&self.path, None);
        let name = Some(owner.to_string());
        let Some(users) = lines(&AbsPath::assume_valid("/"), PASSWD, cx)? else {
            // Only a simulation does not know the number; it assumes 65534 (nobody).
            return Ok(Some(
                FilesStep::Chown { place, uid: 65534, gid: 65534, named: name }.into(),
            ));
        };
        let number = |at: usize| named(&users, owner)?.get(at)?.parse().ok();
        match (number(2), number(3)) {
            (Some(uid), Some(gid)) => {
                Ok(Some(FilesStep::Chown { place, uid, gid, named: name }.into()))
            }
            _ => {
                let of = self.path.to_string();
                Err(GuestRule::NoUser { of, user: owner.to_string() }.into())
            }
        }
    }
}

impl Action for GuestImage {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Files(FilesEffect::Writes { path: self.path.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let (path, size) = (self.path.to_string(), self.size.get());
        check_path(&path)?;
        if self.swap && self.tree.is_some() {
            return Err(UmlRule::SwapTree { path }.into());
        }
        if size < MIB {
            return Err(UmlRule::TooSmall { path, size }.into());
        }
        check_unused(&path, None, cx)?;
        let place = Place::new(&self.path, None);
        match cx.look(&place)? {
            FileStatus::Missing | FileStatus::Unknown(_) => {}
            _ => return Err(UmlRule::Exists { path }.into()),
        }
        let uuid = cx.uuid();
        let mut plan = Plan::step(FilesStep::MakeImage { place: place.clone(), size: self.size })
            .then(Step::Run(self.make(&uuid)))
            .makes(FilesFact::File { place: place.clone(), digest: None, mode: None })
            .undo(Undo::Steps(vec![Step::Files(FilesStep::Remove { place })]))
            .hint("the files of the tree may need more space: give a larger size");
        plan.steps.extend(self.chown(cx)?);
        Ok(plan.returns(uuid))
    }
}
