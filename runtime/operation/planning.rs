//! The input of an action while it plans.

use std::time::Duration;

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::error::Result;
use crate::machine::files::{FileStatus, Files};
use crate::machine::{Device, Machine};
use crate::types::{AbsPath, DevicePath, Place};

/// The maximum time to wait for device nodes to appear.
pub const NODE_DEADLINE: Duration = Duration::from_mins(1);

/// A generator of identifiers that are the same whenever the same call is planned in the same run.
#[derive(Debug, Clone)]
pub struct Ids {
    seed: [u8; 32],
    call: u64,
    next: u32,
}

impl Ids {
    /// Creates the generator of the run with this seed.
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed, call: 0, next: 0 }
    }

    /// Starts the identifiers of a call.
    pub fn enter(&mut self, call: u64) {
        self.call = call;
        self.next = 0;
    }

    fn bytes(&mut self) -> [u8; 16] {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(self.call.to_le_bytes());
        hash.update(self.next.to_le_bytes());
        self.next += 1;
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        bytes
    }

    /// Returns the link group of the run, which all links that it creates belong to: it shows that
    /// they are those of the run.
    pub fn link_group(&self) -> u32 {
        let hash = Sha256::new().chain_update(self.seed).chain_update("link group").finalize();
        // The kernel stores a signed number, and group 0 is that of all other links.
        u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]) >> 1 | 1
    }

    /// Returns a pseudorandom UUID.
    pub fn uuid(&mut self) -> Uuid {
        Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// Returns a pseudorandom number, for identifiers that are not UUIDs.
    pub fn number(&mut self) -> u32 {
        let bytes = self.bytes();
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }
}

/// The predicted machine before the action, and the identifiers available to it.
pub struct Planning<'a> {
    /// The model of the machine.
    pub machine: &'a Machine,
    /// The files of the machine.
    pub files: &'a dyn Files,
    /// The generator of identifiers.
    pub ids: &'a mut Ids,
    /// Whether a user is at a terminal that a program may take over.
    pub terminal: bool,
}

impl<'a> Planning<'a> {
    /// Returns the device with this name or alias.
    pub fn device(&self, path: &DevicePath) -> Result<&'a Device> {
        Ok(self.machine.device(path)?)
    }

    /// Returns the canonical path of a device.
    pub fn path(&self, path: &DevicePath) -> Result<String> {
        Ok(self.device(path)?.path.clone())
    }

    /// Returns a new UUID.
    pub fn uuid(&mut self) -> String {
        self.ids.uuid().hyphenated().to_string()
    }

    /// Returns what is at a place.
    pub fn look(&self, place: &Place) -> Result<FileStatus> {
        Ok(self.files.file_status(place)?)
    }

    /// Resolves the symbolic links of a path of the running system.
    pub fn real(&self, path: &AbsPath) -> Result<AbsPath> {
        let place = self.files.resolve_place(&Place::new(path, None), true)?.place;
        Ok(AbsPath::assume_valid(place.outside()))
    }

    /// Returns a place in the running system, or inside `root` if given.
    pub fn place(path: &AbsPath, root: Option<&AbsPath>) -> Place {
        Place::new(path, root)
    }
}
