//! What a plan knows about guests.

use super::rule::LxcRule;
use crate::error::Result;
use crate::machine::guest::{Guest, GuestState};
use crate::operation::Planning;
use crate::types::{AbsPath, GuestName};

/// The longest name of a socket in the abstract namespace: `sun_path` of 108 bytes with a byte before and after it (unix(7)).
/// LXC uses a hash of a longer name.
const MOST: usize = 106;

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
pub(in crate::primitives) fn directory(name: &GuestName, path: &AbsPath) -> String {
    format!("{}/{name}", path.to_string().trim_end_matches('/'))
}

impl<'a> SeenGuest<'a> {
    pub(super) fn of(name: &GuestName, path: &AbsPath, cx: &Planning<'a>) -> Result<Self> {
        let directory = directory(name, path);
        let (name, path) = (name.to_string(), path.to_string());
        let length = directory.len() + "/command".len();
        if length > MOST {
            return Err(LxcRule::PathTooLong { name, path, length, most: MOST }.into());
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
                Err(LxcRule::NoSuchGuest { name: seen.name, path: seen.path, known: known.clone() }
                    .into())
            }
            _ => Ok(seen),
        }
    }

    /// Returns what the guest does; `None` if it is unknown.
    pub(super) fn state(&self) -> Option<GuestState> {
        self.found.map(|guest| guest.state)
    }

    /// Returns an error if the guest is in this state.
    pub(super) fn refuse(&self, state: GuestState, help: &'static str) -> Result<()> {
        match self.state() == Some(state) {
            true => {
                let name = self.name.clone();
                Err(LxcRule::InState { name, state: state.name(), help }.into())
            }
            false => Ok(()),
        }
    }

    /// Returns the warning that the guests of the machine are not known.
    pub(super) fn unknown(&self) -> Option<String> {
        self.known.is_none().then(|| {
            format!("the guests of this machine are unknown: {} is assumed to exist", self.name)
        })
    }
}
