//! Disks: queries, partition tables, signatures and random data.

mod fill;
mod kinds;
mod partition;
mod plan_table;
mod query;
mod wipe;

pub use fill::FillRandom;
pub use kinds::PartKind;
pub(super) use kinds::is_kind;
pub use partition::Partition;
pub use query::{Devices, Holders, Info, List};
pub use wipe::Wipe;
