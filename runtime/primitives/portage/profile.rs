//! The profile of a system.

use serde::Serialize;

use super::PortageRule;
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::{FileContents, FileStatus};
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query, Undo};
use crate::primitives::edit::{exists, system_file, writes};
use crate::primitives::file::text;
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, Keyword, Mode, ProfileName, nearest};

args! {
    /// Sets the Portage profile of a system by its name.
    ///
    /// Links `/etc/portage/make.profile` to the profile, like `eselect profile set`, which need not
    /// be installed. An unknown name is rejected with a list of similar names. Undo restores the
    /// previous link.
    ///
    /// Source: eselect(1), profile module; portage(5), "make.profile".
    ///
    /// ```
    /// portage::profile("/mnt/old", "default/linux/amd64/23.0");
    /// ```
    "portage.profile" => pub struct Profile {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name of the profile, relative to `profiles` in the repository.
        pub name: ProfileName,
        /// The path of the ebuild repository in the system.
        pub repository: AbsPath = "/var/db/repos/gentoo",
    }
}

args! {
    /// Returns the profiles that a repository offers for an architecture.
    ///
    /// Each is a map with `name` and `status` (`"stable"`, `"dev"` or `"exp"`), in the order of
    /// `profiles.desc`.
    ///
    /// Source: eselect(1), profile module; `profiles/profiles.desc` of the repository.
    ///
    /// ```
    /// let profiles = portage::profile_list("/mnt/old", #{ arch: "amd64" });
    /// ```
    "portage.profile_list" => pub struct ProfileList {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// Only profiles of this architecture; by default all.
        pub arch: Option<Keyword>,
        /// The path of the ebuild repository in the system.
        pub repository: AbsPath = "/var/db/repos/gentoo",
    }
}

/// A profile as scripts see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProfileInfo {
    name: String,
    status: String,
}

impl Query for ProfileList {
    type Output = Vec<ProfileInfo>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let place = system_file(&self.root, &format!("{}/profiles/profiles.desc", self.repository));
        let desc = match text(&place, cx)? {
            Some(FileContents::Known(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            Some(FileContents::Unknown(_)) => return Ok(Answer::Assumed(Vec::new())),
            None => {
                let place = system_file(&self.root, &self.repository.to_string());
                return Err(PortageRule::NoRepository { place }.into());
            }
        };
        let arch = self.arch.as_ref().map(Keyword::as_str);
        let profile = |line: &str| {
            let mut words = line.split('#').next()?.split_whitespace();
            let (of, name, status) = (words.next()?, words.next()?, words.next()?);
            let (name, status) = (name.to_owned(), status.to_owned());
            arch.is_none_or(|arch| arch == of).then_some(ProfileInfo { name, status })
        };
        Ok(Answer::Known(desc.lines().filter_map(profile).collect()))
    }
}

const MAKE_PROFILE: &str = "/etc/portage/make.profile";

/// Returns the names in profiles.desc that are similar to a name, at most six.
fn proposed(wanted: &str, desc: &str) -> Vec<String> {
    let lines = desc.lines().filter(|line| !line.starts_with('#'));
    let known: Vec<&str> = lines.filter_map(|line| line.split_whitespace().nth(1)).collect();
    let last = wanted.rsplit('/').next().unwrap_or(wanted);
    let like = known.iter().filter(|one| one.contains(last) || one.starts_with(wanted));
    let closest = nearest(wanted, known.iter().copied());
    let mut found: Vec<String> = closest.into_iter().chain(like.copied()).map(Into::into).collect();
    found.dedup();
    found.truncate(6);
    found
}

impl Action for Profile {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, MAKE_PROFILE)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let name = self.name.as_str();
        let directory = system_file(&self.root, &format!("{}/profiles", self.repository));
        if exists(&directory, cx)? == Some(false) {
            let place = system_file(&self.root, &self.repository.to_string());
            return Err(PortageRule::NoRepository { place }.into());
        }
        let mut profile = directory.clone();
        profile.path.push(name);
        if exists(&profile, cx)? == Some(false) {
            let mut desc = directory;
            desc.path.push("profiles.desc");
            let list = match text(&desc, cx)? {
                Some(FileContents::Known(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
                _ => String::new(),
            };
            let (name, proposed) = (name.to_owned(), proposed(name, &list));
            return Err(PortageRule::NoProfile { name, place: profile, proposed }.into());
        }
        let place = system_file(&self.root, MAKE_PROFILE);
        let to = format!("../..{}/profiles/{name}", self.repository);
        let undo = match cx.look(&place)? {
            FileStatus::Link { to } => {
                let to = to.to_string_lossy().into_owned();
                Undo::Steps(vec![Step::Files(FilesStep::Link { place: place.clone(), to })])
            }
            _ => Undo::Steps(vec![Step::Files(FilesStep::Remove { place: place.clone() })]),
        };
        let above = place.parent();
        let mut steps = vec![Step::Files(FilesStep::Link { place: place.clone(), to: to.clone() })];
        if exists(&above, cx)? == Some(false) {
            steps.insert(
                0,
                Step::Files(FilesStep::MakeDir { place: above, mode: Mode::new(0o755) }),
            );
        }
        Ok(Plan::steps(steps).makes(FilesFact::Link { place, to }).undo(undo))
    }
}
