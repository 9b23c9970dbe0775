//! What tests share.

pub mod dsl;
