//! What users and editors are told of all primitives: loops over the registry.

pub mod complete;
pub mod docs;
pub mod editors;
