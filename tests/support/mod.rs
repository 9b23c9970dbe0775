//! What tests share.

pub mod dsl;
pub mod skip;
pub mod tap;
