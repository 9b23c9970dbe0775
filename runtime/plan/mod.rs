//! A plan as data.

pub mod approval;
pub mod bound;
pub mod call;
pub(crate) mod directories;
mod edit;
pub mod needs;
mod novelty;
mod reach;
pub mod report;
mod trace;

pub(crate) use novelty::{Different, Novelty};
pub(crate) use reach::Reach;
pub(crate) use trace::{Comparison, Position, Trace, Tracing, Work};
