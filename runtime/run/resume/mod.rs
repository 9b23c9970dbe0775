//! Resumes an interrupted run: completed calls are replayed from the journal, everything that a
//! reboot ended is restored, and interrupted actions are checked.

mod claims;
mod live;
mod names;
mod past;
mod replay;
mod rest;
mod restore;
mod traces;
mod unchanged;
mod undone;

use live::present_actions;
pub use live::{LiveAction, live_actions};
pub use names::{MissingDevice, Names};
pub use past::Past;
pub(crate) use replay::{Recall, Replay, UnfinishedAction};
pub use rest::Restoring;
pub(crate) use restore::restore;
pub use restore::{release_run, remaining_releases, shell};
pub(crate) use unchanged::check_recorded_answer;
pub(crate) use undone::undone_calls;
