//! A plan as data.

pub mod approval;
mod assumed;
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
mod traced;

pub(crate) use deviation::{Deviation, ResultDifference};
pub(crate) use reach::CallReach;
pub(crate) use trace::{CallWork, Comparison, Position, Tracing};
pub(crate) use traced::Trace;
