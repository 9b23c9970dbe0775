//! A plan as data.

pub mod approval;
pub mod bound;
pub mod call;
pub(crate) mod directories;
mod edit;
pub mod needs;
mod reach;
pub mod report;
mod trace;

pub(crate) use reach::Reach;
pub(crate) use trace::{Comparison, Different, Novelty, Position, Trace, Tracing, Work};
