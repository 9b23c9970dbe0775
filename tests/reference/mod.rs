//! Files generated from the program: documentation, and files for editors, shells and man.

mod editors;
pub mod examples;
