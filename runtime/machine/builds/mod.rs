//! What emerge builds: its log, its status socket, and how long builds take.
//!
//! `locks` finds the process for which emerge waits, `emerge_log` reads the log of earlier runs,
//! `progress` the log and the output of a running one, `snapshot` the messages of its status socket,
//! `durations` and `schedule` estimate the rest.

mod durations;
pub mod emerge_log;
mod locks;
mod progress;
mod schedule;
mod snapshot;

pub use durations::Durations;
pub use emerge_log::package_name;
pub use locks::lock_holder;
pub use progress::LoggedBuilds;
pub use schedule::{PlannedBuild, Schedule, schedule};
pub use snapshot::{BuildSnapshot, SnapshotTask, resume_list, snapshots};
