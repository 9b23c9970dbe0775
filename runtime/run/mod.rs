//! A run: planning a recipe, carrying it out, resuming it, and cleaning up after it.

pub mod attempt;
mod call;
pub mod deed;
mod host;
pub mod job;
mod release;
mod reopen;
pub mod rescue;
pub mod resume;
pub mod saved;
pub mod session;
pub mod trial;
pub mod workbench;
