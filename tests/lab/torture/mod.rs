//! Runs that are cut off at every place.

pub mod power;
