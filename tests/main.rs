//! All tests of the program, one file per feature. Unit tests stand beside what they test.
#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where it can't go on")]
#![allow(clippy::disallowed_types, reason = "tests start the program that they test")]

#[global_allocator]
static ALLOCATOR: gscript::script::Counting = gscript::script::Counting;

mod attacks;
mod authors;
mod bad_input;
mod boots;
mod bundled;
mod check;
mod cli;
mod confined;
mod dsl;
mod editors;
mod escapes;
mod examples;
mod faults;
mod fidelity;
mod guide;
mod honesty;
mod installed;
mod lab;
mod languages;
mod layouts;
mod limits;
mod machine_files;
mod modules;
mod net;
mod pictures;
mod plans;
mod probe;
mod real;
mod recipe;
mod resume;
mod rooms;
mod sources;
mod torture;
mod whole;
