//! A plan as data.

mod reach;
mod trace;

pub(crate) use reach::Reach;
pub(crate) use trace::{Comparison, Different, Novelty, Position, Trace, Tracing, Work};
