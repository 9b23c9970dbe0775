//! What is inside containers that are closed: no probe can see it, but a simulated run that closes
//! and opens again has to find it where it left it.

use std::collections::BTreeMap;

use super::{Content, Group};

/// What is known about the inside of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Inside {
    Blank,
    Holds(Content),
}

/// Contents of closed containers and groups that went away with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hidden {
    contents: BTreeMap<String, Inside>,
    groups: BTreeMap<String, BTreeMap<String, Group>>,
}

impl Hidden {
    pub(super) fn keep(&mut self, key: String, content: Option<Content>) {
        self.contents.insert(key, content.map_or(Inside::Blank, Inside::Holds));
    }

    /// What is inside; nothing at all if nobody knows.
    pub(super) fn take(&mut self, key: &str) -> Option<Inside> {
        self.contents.remove(key)
    }

    pub(super) fn forget(&mut self, key: &str) {
        self.contents.remove(key);
    }

    pub(super) fn keep_groups(&mut self, device: &str, groups: BTreeMap<String, Group>) {
        if !groups.is_empty() {
            self.groups.insert(device.to_owned(), groups);
        }
    }

    pub(super) fn take_groups(&mut self, device: &str) -> BTreeMap<String, Group> {
        self.groups.remove(device).unwrap_or_default()
    }
}
