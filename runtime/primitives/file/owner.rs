//! Changing owners.

use super::{FileRule, place, writes};
use crate::args;
use crate::error::Result;
use crate::machine::files::{FileContents, FileStatus};
use crate::machine::{Fact, FilesFact};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, Owner, Place};

args! {
    /// Changes the owner of a file, directory or symbolic link.
    ///
    /// Names are looked up in `/etc/passwd` and `/etc/group` of the root directory that the file is
    /// in. Undo restores the previous owner of a file or directory.
    ///
    /// Source: chown(1).
    ///
    /// ```
    /// file::chown("/mnt/key/keyfile.bin", "root:root");
    /// file::chown("/var/db/repos", "250:250", #{ root: "/mnt/old" });
    /// ```
    "file.chown" => pub struct Chown {
        /// The path of the file, directory or link.
        pub path: AbsPath,
        /// The new owner: `user`, `user:group`, or numeric IDs. Without a group, the group is
        /// unchanged.
        pub owner: Owner,
        /// The root directory that the path is relative to; by default that of the running system.
        pub root: Option<AbsPath>,
    }
}

/// Returns the numeric ID of a user or group: the third field of passwd(5) or group(5).
fn number(
    what: &'static str,
    name: &str,
    root: Option<&AbsPath>,
    cx: &Planning<'_>,
) -> Result<Option<u32>> {
    if let Ok(number) = name.parse() {
        return Ok(Some(number));
    }
    let file = if what == "user" { "/etc/passwd" } else { "/etc/group" };
    let place = Place::new(&AbsPath::assume_valid(file), root);
    let bytes = match cx.files.read(&place)? {
        FileContents::Known(bytes) => bytes,
        FileContents::Unknown(_) => return Ok(None),
    };
    let text = String::from_utf8_lossy(&bytes);
    let entry = |line: &str| {
        let mut fields = line.split(':');
        let number = fields.next().filter(|found| *found == name).and_then(|_| fields.nth(1))?;
        number.parse().ok().filter(|number| *number != u32::MAX)
    };
    match text.lines().find_map(entry) {
        Some(number) => Ok(Some(number)),
        None => Err(FileRule::NoSuchName { what, name: name.to_owned(), place }.into()),
    }
}

impl Action for Chown {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        writes(&self.path, self.root.as_ref())
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let root = self.root.as_ref();
        let place = place(&self.path, root);
        let old = match cx.look(&place)? {
            FileStatus::Missing => return Err(FileRule::Missing { place }.into()),
            FileStatus::File { uid, gid, .. } | FileStatus::Dir { uid, gid, .. } => {
                Some((uid, gid))
            }
            _ => None,
        };
        let (user, group) = self.owner.parts();
        let uid = number("user", user, root, cx)?;
        let gid = match group {
            Some(group) => number("group", group, root, cx)?,
            None => old.map(|(_, gid)| gid),
        };
        let undo = match old {
            Some((uid, gid)) => {
                let back = FilesStep::Chown { place: place.clone(), uid, gid, named: None };
                Undo::Steps(vec![Step::Files(back)])
            }
            None => Undo::Impossible("the previous owner is unknown"),
        };
        let is_name = |name: &str| name.parse::<u32>().is_err();
        let named = (is_name(user) || group.is_some_and(is_name)).then(|| self.owner.to_string());
        // Only a simulation leaves an ID unknown; it then assumes 65534 (nobody).
        let (known, uid, gid) =
            (uid.is_some() && gid.is_some(), uid.unwrap_or(65534), gid.unwrap_or(65534));
        let fact = known.then(|| Fact::Files(FilesFact::Owned { place: place.clone(), uid, gid }));
        Ok(Plan::step(FilesStep::Chown { place, uid, gid, named }).makes_all(fact).undo(undo))
    }
}
