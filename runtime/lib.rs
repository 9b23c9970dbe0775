//! gscript: installation and recovery guides as scripts that can be planned, run, resumed, tested
//! and shared.
//!
//! Reading order, which is also the order of imports: [`types`] (values), [`machine`] (the model),
//! [`system`] (steps, and who performs them), [`operation`] (what a primitive is) and `primitives` (all of
//! them), [`plan`] and [`journal`] (a plan and a run as data), [`recipe`] and [`script`] (what people
//! write), [`run`] (planning, running, resuming), [`check`], [`test`] and [`reference`] (above all that).

pub mod check;
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
