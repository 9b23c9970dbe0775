//! Scripts in both languages: what they can do, and what they cannot.

mod escapes;
mod languages;
mod limits;
pub mod modules;
