//! The lab: tests with real tools, a real kernel and virtual disks. `tests/README.md` shows how to
//! add one.
#![allow(clippy::expect_used, clippy::panic, reason = "a failed test must panic")]
#![allow(clippy::disallowed_types, reason = "tests start the program that they test")]

mod boots;
mod checks;
mod confined;
mod guest;
mod harness;
mod proved_actions;
mod script;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "items that this test binary does not use are used by the other one")]
mod support;
mod torture;
mod tried;

use harness::{Test, Unit};
use libtest_mimic::Arguments;

/// Tests that are functions.
const FUNCTIONS: [&[Test]; 13] = [
    boots::gentoo::TESTS,
    boots::hibernation::TESTS,
    boots::keyboard::TESTS,
    boots::matrix::TESTS,
    boots::short::TESTS,
    boots::sources::TESTS,
    boots::systemd::TESTS,
    boots::whole::TESTS,
    confined::TESTS,
    proved_actions::TESTS,
    torture::faults::TESTS,
    torture::power::TESTS,
    tried::TESTS,
];

fn main() {
    let functions = FUNCTIONS.into_iter().flatten().map(Unit::from);
    let units = script::units()
        .into_iter()
        .chain(functions)
        .chain(boots::matrix::units())
        .chain(torture::each::units());
    harness::run(Arguments::from_args(), units.collect()).exit();
}
