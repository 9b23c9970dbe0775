//! All tests of the program, one file per feature. Unit tests stand beside what they test.

mod bad_input;
mod cli;
mod dsl;
mod examples;
mod fidelity;
mod lab;
mod languages;
mod real;
mod recipe;
