//! SSH keys of users.

use super::SystemRule;
use super::people::{PASSWD, lines, named};
use crate::args;
use crate::config::authorized_keys;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::{FileContents, FileStatus};
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, ProgramEffect};
use crate::primitives::edit::{command, system_file};
use crate::primitives::file::{FileRule, replace, text};
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, Mode, Place, UserName};

args! {
    /// Lets SSH keys log in as a user.
    ///
    /// Adds the public keys of a file to `~/.ssh/authorized_keys`; keys that it contains stay. The
    /// directory gets mode 0700, the file 0600, and both belong to the user: sshd ignores keys that
    /// others can change. A private key and a line that is not a key are rejected. Undo restores the
    /// previous file.
    ///
    /// Source: sshd(8), "AUTHORIZED_KEYS FILE FORMAT"; sshd_config(5), `StrictModes`.
    ///
    /// ```
    /// file::write("/run/ada.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGmZ4Xk0n8wq0Qp1ZQ0J5rN1mC0Qb9Xv3o5m8b2qv1aZ ada\n");
    /// system::user("/mnt/old", "ada");
    /// system::authorized_keys("/mnt/old", "ada", "/run/ada.pub");
    /// ```
    "system.authorized_keys" => pub struct AuthorizedKeys {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name of the user.
        pub user: UserName,
        /// A file with public keys, one per line, on the running system.
        pub keys: AbsPath,
        /// The home directory of the user; by default `/root` or `/home/NAME`. Another one in
        /// `/etc/passwd` is an error.
        pub home: Option<AbsPath>,
    }
}

impl AuthorizedKeys {
    /// Returns the keys to add; `None` if a simulation cannot know them.
    fn missing_keys(&self, cx: &Planning<'_>) -> Result<Option<String>> {
        let place = Place::new(&self.keys, None);
        let bytes = match text(&place, cx)? {
            None => return Err(FileRule::Missing { place }.into()),
            Some(FileContents::Unknown(_)) => return Ok(None),
            Some(FileContents::Known(bytes)) => bytes,
        };
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(FileRule::NotText { place }.into());
        };
        match authorized_keys::fault(&text) {
            Some(fault) => Err(SystemRule::NotAKey { place, fault }.into()),
            None => Ok(Some(text)),
        }
    }

    /// Returns the home directory that the call is approved for.
    fn home(&self) -> String {
        match (&self.home, self.user.as_str()) {
            (Some(home), _) => home.to_string(),
            (None, "root") => "/root".to_owned(),
            (None, user) => format!("/home/{user}"),
        }
    }

    /// Returns the directory of the keys, within the root.
    fn directory(&self) -> String {
        format!("{}/.ssh", self.home().trim_end_matches('/'))
    }

    /// Returns the numbers of the user and its group; `None` if a simulation cannot know them.
    fn owner(&self, cx: &Planning<'_>) -> Result<Option<(u32, u32)>> {
        let Some(users) = lines(&self.root, PASSWD, cx)? else {
            return Ok(None);
        };
        let Some(fields) = named(&users, &self.user) else {
            let place = system_file(&self.root, PASSWD);
            return Err(SystemRule::NoUser { user: self.user.to_string(), place }.into());
        };
        let number = |at: usize| fields.get(at)?.parse().ok();
        match fields.get(5).filter(|home| home.starts_with('/')) {
            Some(home) if home.trim_end_matches('/') != self.home().trim_end_matches('/') => {
                let (user, home) = (self.user.to_string(), home.clone());
                Err(SystemRule::OtherHome { user, home, expected: self.home() }.into())
            }
            _ => Ok(number(2).zip(number(3))),
        }
    }

    /// Returns the new content of the file, and the lines to show if it is unknown.
    fn content(&self, old: Option<&FileContents>, cx: &Planning<'_>) -> Result<Added> {
        let wanted = self.missing_keys(cx)?;
        Ok(match (old, wanted) {
            (Some(FileContents::Unknown(why)), wanted) => {
                (FileContents::Unknown(why.clone()), wanted.unwrap_or_default())
            }
            (_, None) => (FileContents::Unknown("the keys are not known".into()), String::new()),
            (old, Some(wanted)) => {
                let old = match old {
                    Some(FileContents::Known(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
                    _ => String::new(),
                };
                (FileContents::Known(authorized_keys::add(&old, &wanted).into()), String::new())
            }
        })
    }
}

/// The content of a file, and the lines to show if it is unknown.
type Added = (FileContents, String);

/// The permission bits of `~/.ssh`.
const PRIVATE_DIRECTORY: Mode = Mode::new(0o700);
/// The permission bits of the file.
const PRIVATE_FILE: Mode = Mode::new(0o600);

impl Action for AuthorizedKeys {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let keys = Place::new(&self.keys, None).to_string();
        let directory = system_file(&self.root, &self.directory()).to_string();
        vec![
            Effect::Files(FilesEffect::Reads { path: keys }),
            Effect::Files(FilesEffect::Writes { path: directory }),
            Effect::Program(ProgramEffect::Runs {
                program: "chown".into(),
                root: self.root.to_string(),
            }),
        ]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let owner = self.owner(cx)?;
        let directory = self.directory();
        let file = format!("{directory}/authorized_keys");
        let (within, place) = (system_file(&self.root, &directory), system_file(&self.root, &file));
        let (above, now) = (cx.look(&within)?, cx.look(&place)?);
        // The user could have chosen the target, which would get new contents and a new owner.
        for (place, status) in [(&within, &above), (&place, &now)] {
            if matches!(status, FileStatus::Link { .. }) {
                return Err(SystemRule::Linked { place: place.clone() }.into());
            }
        }
        let old = if above == FileStatus::Missing { None } else { text(&place, cx)? };
        let (content, sets) = self.content(old.as_ref(), cx)?;
        let is_private = match (&above, &now) {
            (
                FileStatus::Dir { mode: PRIVATE_DIRECTORY, uid, gid, .. },
                FileStatus::File { mode: PRIVATE_FILE, uid: user, gid: group, .. },
            ) => owner == Some((*uid, *gid)) && (uid, gid) == (user, group),
            _ => false,
        };
        if is_private && old.as_ref() == Some(&content) && matches!(content, FileContents::Known(_))
        {
            return Ok(Plan::already(format!("{place} has these keys")));
        }
        let chown = command(&self.root, "chown", cx)?;
        let chown = chown.args(["--no-dereference", &format!("{}:", self.user), &directory, &file]);
        let mut plan = replace(place, old, content, Some(PRIVATE_FILE), sets);
        let made = FilesStep::MakeDir { place: within.clone(), mode: PRIVATE_DIRECTORY };
        let closed = FilesStep::Chmod { place: within.clone(), mode: PRIVATE_DIRECTORY };
        plan.steps.splice(0..0, [made, closed].map(Step::Files));
        // The owner is not a fact of the plan: the number of a new user is known only in the run.
        Ok(plan
            .then(Step::Run(chown))
            .makes(FilesFact::Mode { place: within, mode: PRIVATE_DIRECTORY })
            .always()
            .hint("add the user first: system::user"))
    }
}
