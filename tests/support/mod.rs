//! Code that tests share.

pub mod collection;
pub mod dsl;
pub mod planned;
pub mod skip;
pub mod tap;
