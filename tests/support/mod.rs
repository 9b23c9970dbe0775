//! Code that tests share.

pub mod dsl;
pub mod skip;
pub mod tap;
