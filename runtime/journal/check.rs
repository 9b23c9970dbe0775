//! Checks that the records of a journal are consistent: a journal is input and may have been
//! edited.

use std::collections::BTreeMap;

use super::{Damaged, FIRST_MANUAL_CALL, Record};
use crate::types::{sha256, unhex};

/// The limit of the number of calls of a recipe and of the number of manual calls. No run comes
/// close.
const MAX_CALLS: u64 = 1 << 32;

/// Checks that the records do not contradict each other.
pub(super) fn check(records: &[Record]) -> Result<(), Damaged> {
    let mut begun: BTreeMap<u64, &str> = BTreeMap::new();
    for (record, line) in records.iter().zip(1..) {
        let wrong = |why: String| Err(Damaged { line, why });
        if let Some(call) = record.call()
            && (call == 0 || call >= 2 * FIRST_MANUAL_CALL || call % FIRST_MANUAL_CALL >= MAX_CALLS)
        {
            return wrong(format!("invalid call number {call}"));
        }
        match record {
            Record::Run(head) if line == 1 => {
                // Format 1 had no seed.
                if head.format > 1 && unhex::<32>(&head.seed).is_none() {
                    return wrong("the seed is not 64 hexadecimal digits".into());
                }
                if head.format > 1 && head.digest != head.source().digest() {
                    return wrong("the recipe does not match its digest".into());
                }
            }
            Record::Run(_) => return wrong("a second run starts".into()),
            Record::Begin { call, name, args, digest, .. } => {
                check_digest(args, digest, line)?;
                begun.insert(*call, name);
            }
            Record::Already { args, digest, .. } | Record::Skipped { args, digest, .. } => {
                check_digest(args, digest, line)?;
            }
            Record::Done { call, .. } | Record::Failed { call, .. }
                if !begun.contains_key(call) =>
            {
                return wrong(format!("call {call} ends but was not started"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Checks that the digest matches the arguments. Format 1 has no digest of the arguments.
fn check_digest(args: &serde_json::Value, digest: &str, line: usize) -> Result<(), Damaged> {
    if digest.is_empty() || sha256(args.to_string().as_bytes()) == digest {
        return Ok(());
    }
    Err(Damaged { line, why: "the arguments do not match their digest".into() })
}
