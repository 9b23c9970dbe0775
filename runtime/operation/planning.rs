//! What an action sees while it plans.

use std::time::Duration;

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::error::Result;
use crate::machine::files::{Files, Look};
use crate::machine::{Device, Machine};
use crate::types::{AbsPath, DevicePath, Place};

/// How long device nodes may take to appear.
pub const NODE_DEADLINE: Duration = Duration::from_mins(1);

/// Identifiers that are the same whenever the same call is planned in the same run.
#[derive(Debug, Clone)]
pub struct Ids {
    seed: [u8; 32],
    call: u64,
    next: u32,
}

impl Ids {
    /// Identifiers of the run with this seed.
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed, call: 0, next: 0 }
    }

    /// Begins the identifiers of a call.
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

    /// A random UUID.
    pub fn uuid(&mut self) -> Uuid {
        Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// A random number, for identifiers that are not UUIDs.
    pub fn number(&mut self) -> u32 {
        let bytes = self.bytes();
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }
}

/// The machine as it will be when the action runs, and the identifiers it may use.
pub struct Planning<'a> {
    /// The model.
    pub machine: &'a Machine,
    /// The files.
    pub files: &'a dyn Files,
    /// Identifiers.
    pub ids: &'a mut Ids,
    /// Whether a person sits at a terminal that a program could take over.
    pub terminal: bool,
}

impl<'a> Planning<'a> {
    /// The device, by any of its names.
    pub fn device(&self, path: &DevicePath) -> Result<&'a Device> {
        Ok(self.machine.device(path)?)
    }

    /// The canonical path of a device.
    pub fn path(&self, path: &DevicePath) -> Result<String> {
        Ok(self.device(path)?.path.clone())
    }

    /// A UUID, chosen now.
    pub fn uuid(&mut self) -> String {
        self.ids.uuid().hyphenated().to_string()
    }

    /// What is at a place.
    pub fn look(&self, place: &Place) -> Result<Look> {
        Ok(self.files.look(place)?)
    }

    /// The path that one of the running system leads to.
    pub fn real(&self, path: &AbsPath) -> Result<AbsPath> {
        let place = self.files.reach(&Place::new(path, None), true)?.place;
        Ok(AbsPath::known(place.outside()))
    }

    /// A place of the running system, or inside the root that was given.
    pub fn place(path: &AbsPath, root: Option<&AbsPath>) -> Place {
        Place::new(path, root)
    }
}
