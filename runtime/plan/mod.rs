//! A plan as data.

pub mod approval;
pub(crate) mod directories;
pub(crate) mod needs;
mod reach;
pub mod report;
mod trace;

pub(crate) use reach::Reach;
pub(crate) use trace::{Comparison, Different, Novelty, Position, Trace, Tracing, Work};
