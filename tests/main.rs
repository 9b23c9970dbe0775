//! Tests of the program that need no virtual machine, one directory per feature. Tests with a
//! virtual machine are in `tests/lab`; unit tests are next to the code that they test.
#![allow(clippy::expect_used, clippy::panic, reason = "a failed test must panic")]
#![allow(clippy::disallowed_types, reason = "tests start the program that they test")]

#[global_allocator]
static ALLOCATOR: gscript::script::Counting = gscript::script::Counting;

mod architecture;
mod attacks;
mod cli;
mod machine;
mod plan;
mod recipe;
mod reference;
mod run;
mod script;
mod support;
