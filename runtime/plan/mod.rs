//! A plan as data.

pub mod approval;
pub mod bound;
pub mod call;
pub mod control;
mod deviation;
pub(crate) mod directories;
mod edit;
mod hash;
pub mod needs;
mod reach;
pub mod report;
mod trace;

pub(crate) use deviation::{Deviation, ResultDifference};
pub(crate) use reach::CallReach;
pub(crate) use trace::{CallWork, Comparison, Position, Trace, Tracing};
