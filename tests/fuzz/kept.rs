//! The kept inputs, `corpus/TARGET/`, and damaged copies of them.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use super::targets::TARGETS;

/// Calls every target with its inputs; reports all that fail.
pub fn check() -> ExitCode {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let mut failed = 0;
    for (name, target) in TARGETS {
        let inputs = inputs(&corpus.join(name));
        let bad =
            inputs.iter().find(|input| catch_unwind(AssertUnwindSafe(|| target(input))).is_err());
        match bad {
            None if inputs.is_empty() => eprintln!("{name}: no inputs in {}", corpus.display()),
            None => eprintln!("{name}: {} inputs, ok", inputs.len()),
            Some(input) => eprintln!("{name}: failed with {:?}", String::from_utf8_lossy(input)),
        }
        failed += usize::from(bad.is_some() || inputs.is_empty());
    }
    let known: BTreeSet<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    for entry in fs::read_dir(&corpus).expect("a directory").flatten() {
        let name = entry.file_name();
        if !known.contains(name.to_string_lossy().as_ref()) {
            eprintln!("{}: there is no such target", name.display());
            failed += 1;
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn inputs(directory: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<_> =
        fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    let kept: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).expect("an input")).collect();
    let damaged: Vec<Vec<u8>> = kept.iter().flat_map(|input| damaged(input)).collect();
    kept.into_iter().chain(damaged).collect()
}

/// Returns an input shortened, with a byte changed, and repeated.
fn damaged(input: &[u8]) -> Vec<Vec<u8>> {
    let step = (input.len() / 64).max(1);
    let places = || (0..input.len()).step_by(step);
    let mut all: Vec<Vec<u8>> = places().map(|length| input[..length].to_vec()).collect();
    for at in places() {
        for byte in [0, b'"', b'\\', b'#', b'\n', b' ', 0xff] {
            let mut changed = input.to_vec();
            changed[at] = byte;
            all.push(changed);
        }
    }
    all.push(input.repeat(2));
    all
}
