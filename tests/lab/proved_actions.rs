//! The simulation is accurate: every action has been run for real and ended as predicted.
//!
//! The scripts of the lab run their recipes with `--prove`, which compares the whole machine with
//! the plan, and record the names of the actions. This test checks the records.

use std::collections::BTreeSet;
use std::fs;

use gscript::primitives::registry::{PRIMITIVES, Read};
use gscript::vm::find_kernel;

use crate::guest::{build, proved};
use crate::harness::{Missing, Test, Tier};

/// Runs after all others, in `make lab`.
pub const TESTS: &[Test] = &[Test {
    name: "honesty: every action ended for real as it was predicted",
    tier: Tier::Lab,
    takes: 0,
    run: every_action,
}];

fn every_action() -> Result<(), Missing> {
    find_kernel().map_err(|error| Missing(error.to_string()))?;
    let files = fs::read_dir(proved()).expect("what the tests of the lab left").flatten();
    let lists: Vec<String> =
        files.map(|file| fs::read_to_string(file.path()).expect("a list")).collect();
    let build = build();
    let of_this_program = lists.iter().filter_map(|list| list.strip_prefix(build.as_str()));
    let seen: BTreeSet<&str> = of_this_program.flat_map(str::lines).collect();
    let without: Vec<&str> = PRIMITIVES
        .iter()
        .filter(|primitive| matches!(primitive.read, Read::Action(_)))
        .map(|primitive| primitive.spec.name)
        .filter(|name| !seen.contains(name))
        .collect();
    println!("{} actions are proved; without a case: {without:?}", seen.len());
    assert!(without.is_empty(), "actions without a case: {without:?}");
    Ok(())
}
