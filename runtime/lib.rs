//! gscript: installation and recovery guides as scripts that can be planned, run, resumed, tested
//! and shared.
//!
//! Reading order: [`types`] and [`spec`] (what a primitive takes), [`machine`] (the model), [`system`]
//! (steps, and who performs them), [`action`] (what a primitive is), `primitives` and [`registry`]
//! (all of them), [`session`] and `dispatch` (the way of a call), [`recipe`] and [`script`] (what
//! people write), [`trial`] (a throw-away virtual machine).

pub mod action;
pub mod approval;
pub mod attempt;
pub mod check;
pub mod complete;
pub mod config;
mod directories;
mod dispatch;
pub mod docs;
pub mod editors;
pub mod error;
pub mod event;
pub mod finding;
mod guard;
pub mod journal;
pub mod library;
pub mod machine;
mod plan;
mod primitives;
pub mod recipe;
pub mod registry;
mod release;
mod reopen;
pub mod report;
pub mod rescue;
pub mod resume;
pub mod run;
pub mod saved;
pub mod script;
pub mod session;
pub mod spec;
pub mod system;
pub mod test;
pub mod trial;
pub mod types;
pub mod workbench;
