//! Planning a recipe, running it, resuming it, and cleaning up after it.

pub mod attempt;
mod call;
mod gate;
mod ground;
mod host;
pub mod job;
mod ledger;
pub mod manual;
mod parts;
mod plan_log;
mod relay;
pub(crate) mod release;
mod reopen;
pub mod rescue;
pub mod resume;
pub mod saved;
pub mod session;
mod setup;
pub mod trial;
mod undo;
mod voice;
pub mod workbench;
