//! What a plan knows about guests.

use super::rule::UmlRule;
use crate::error::Result;
use crate::machine::guest::{Guest, GuestState, mconsole_socket};
use crate::operation::Planning;
use crate::types::{AbsPath, GuestName};

/// The longest path of a socket: `sun_path` of 108 bytes with a byte after it (unix(7)).
const MOST: usize = 107;

/// A guest of a call.
pub(super) struct SeenGuest<'a> {
    /// The directory of the guest.
    pub(super) directory: String,
    pub(super) name: String,
    path: String,
    /// The guest in the model; `None` if it does not exist, or if guests are unknown.
    pub(super) found: Option<&'a Guest>,
    known: Option<Vec<String>>,
}

/// Returns the directory of a guest.
pub(super) fn directory(name: &GuestName, path: &AbsPath) -> String {
    format!("{}/{name}", path.to_string().trim_end_matches('/'))
}

/// Returns an error if the kernel would split a path on its command line.
pub(super) fn check_path(path: &str) -> Result<()> {
    match path.chars().find(|c| matches!(c, ',' | ':' | '"' | '=') || c.is_whitespace()) {
        Some(found) => Err(UmlRule::Path { path: path.to_owned(), found }.into()),
        None => Ok(()),
    }
}

/// Returns an error if an image is used by a guest that runs, except this one.
pub(super) fn check_unused(image: &str, except: Option<&str>, cx: &Planning<'_>) -> Result<()> {
    let guests = cx.machine.guest.found.iter().flatten();
    let user = guests
        .filter(|(directory, guest)| {
            guest.state != GuestState::Stopped && Some(directory.as_str()) != except
        })
        .find(|(_, guest)| guest.disks.iter().any(|disk| disk == image));
    match user {
        Some((by, _)) => {
            let by = crate::machine::guest::path_and_name(by).1.to_owned();
            Err(UmlRule::InUse { image: image.to_owned(), by }.into())
        }
        None => Ok(()),
    }
}

impl<'a> SeenGuest<'a> {
    pub(super) fn of(name: &GuestName, path: &AbsPath, cx: &Planning<'a>) -> Result<Self> {
        let directory = directory(name, path);
        check_path(&directory)?;
        let (name, path) = (name.to_string(), path.to_string());
        let length = mconsole_socket(&directory).len();
        if length > MOST {
            return Err(UmlRule::PathTooLong { name, path, length, most: MOST }.into());
        }
        let guests = cx.machine.guest.found.as_ref();
        let below = format!("{}/", path.trim_end_matches('/'));
        let known = guests.map(|guests| {
            guests.keys().filter_map(|key| key.strip_prefix(&below)).map(str::to_owned).collect()
        });
        let found = guests.and_then(|guests| guests.get(&directory));
        Ok(Self { directory, name, path, found, known })
    }

    /// Returns a guest that exists, as far as is known.
    pub(super) fn existing(name: &GuestName, path: &AbsPath, cx: &Planning<'a>) -> Result<Self> {
        let seen = Self::of(name, path, cx)?;
        match (&seen.found, &seen.known) {
            (None, Some(known)) => {
                Err(UmlRule::NoSuchGuest { name: seen.name, path: seen.path, known: known.clone() }
                    .into())
            }
            _ => Ok(seen),
        }
    }

    /// Returns a guest that runs, as far as is known.
    pub(super) fn running(name: &GuestName, path: &AbsPath, cx: &Planning<'a>) -> Result<Self> {
        let seen = Self::existing(name, path, cx)?;
        match seen.state() {
            Some(GuestState::Stopped) => Err(UmlRule::Stopped { name: seen.name }.into()),
            _ => Ok(seen),
        }
    }

    /// Returns what the guest does; `None` if it is unknown.
    pub(super) fn state(&self) -> Option<GuestState> {
        self.found.map(|guest| guest.state)
    }

    /// Returns the warning that the guests of the machine are not known.
    pub(super) fn unknown(&self) -> Option<String> {
        self.known.is_none().then(|| {
            format!("the guests of this machine are unknown: {} is assumed to exist", self.name)
        })
    }
}
