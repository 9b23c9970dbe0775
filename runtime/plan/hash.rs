//! Hashes of arguments and answers: a plan keeps these instead of the values.

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::types::{Map, Value};

/// A truncated SHA-256, long enough to tell values apart.
pub(super) type Hash = [u8; 16];

pub(super) fn hash(bytes: &[u8]) -> Hash {
    let mut hash = [0; 16];
    hash.copy_from_slice(&Sha256::digest(bytes)[..16]);
    hash
}

pub(super) fn hash_args(args: &Map) -> Hash {
    hash(Value::Map(args.clone()).recorded().to_string().as_bytes())
}

/// Hashes an answer. The message of an error may differ between a simulation and the machine, but
/// not its presence.
pub(super) fn hash_answer(answer: &Result<Value>) -> Hash {
    match answer {
        Ok(value) => hash(value.recorded().to_string().as_bytes()),
        Err(_) => hash(b"error"),
    }
}
