//! Going on with a run that was cut off: what it has done is played back from its journal, what a
//! reboot ended is made again, and what was half done is looked at.

mod claims;
mod live;
mod names;
mod past;
mod replay;
mod rest;
mod restore;
mod still;
mod traces;

pub use live::{Live, live};
pub use names::{MissingDevice, Names};
pub use past::Past;
pub(crate) use replay::{Begun, Recall, Replay};
pub use rest::Restoring;
pub(crate) use restore::restore;
pub use restore::{left, release_run, shell};
pub(crate) use still::still_answers;
