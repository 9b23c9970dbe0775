//! gscript: installation and recovery guides as scripts that can be planned, run, resumed, tested
//! and shared.
//!
//! Reading order, which is also the import order: [`types`] (values), [`machine`] (the model),
//! [`system`] (steps and the code that performs them), [`operation`] (the definition of a
//! primitive) and `primitives` (all primitives), [`plan`] and [`journal`] (a plan and a run as
//! data), [`recipe`] and [`script`] (user-written files), [`run`] (planning, running, resuming),
//! and [`check`], [`test`] and [`reference`], which use all of the above.

pub mod check;
pub mod collection;
pub mod config;
pub mod error;
pub mod event;
pub mod failure;
pub mod finding;
pub mod journal;
pub mod machine;
pub mod operation;
pub mod plan;
pub mod primitives;
pub mod recipe;
pub mod reference;
pub mod run;
pub mod script;
pub mod system;
pub mod test;
pub mod types;
pub mod vm;
