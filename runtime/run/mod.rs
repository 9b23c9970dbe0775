//! Planning a recipe, running it, resuming it, and cleaning up after it.

pub mod attempt;
mod call;
mod environment;
mod event_watch;
mod gate;
mod host;
pub mod interactive;
pub mod job;
mod ledger;
mod parts;
pub mod performed;
mod plan_log;
pub(crate) mod release;
mod reopen;
mod reporter;
pub mod rescue;
pub mod resume;
pub mod saved;
pub mod session;
mod setup;
pub mod trial;
mod undo;
