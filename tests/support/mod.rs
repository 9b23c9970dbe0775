//! Code that tests share.

pub mod dsl;
pub mod planned;
pub mod skip;
pub mod tap;
