//! Going on with a run that was cut off: what it has done is played back from its journal, what a
//! reboot ended is made again, and what was half done is looked at.

mod claims;
mod live;
mod names;
mod replay;
mod rest;
mod restore;
mod still;
mod traces;

pub use live::{Live, live};
pub use names::{Gone, Names};
pub use replay::{Begun, Diverged, Ending, Played, Replay, Retrace};
pub(crate) use replay::{NoAnswer, Retraced};
pub use rest::Restoring;
pub use restore::{Hands, Past, left, release_run, shell};
pub use traces::Traces;
