//! gscript: installation and recovery guides as scripts.
pub mod machine;
pub mod spec;
pub mod system;
pub mod types;
