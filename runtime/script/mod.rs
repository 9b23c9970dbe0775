//! The two script languages. Each registers the same primitives by a loop over the registry; values
//! are exchanged as plain data ([`crate::types::Value`]).

mod engines;
mod evaluator;
mod hang;
mod host;
mod language;
mod limits;
mod lua;
mod memory;
mod meter;
mod module;
mod names;
mod order;
mod rhai;
mod secrets;
mod size_budget;
pub mod source;
mod time_limit;
mod token;
mod tokens;

pub use evaluator::{Evaluator, Script, is_open, parse, run};
pub use hang::{Abandoned, on_hang, stack_overflowed};
pub use host::{Host, Shared, Tests};
pub use language::Language;
pub(crate) use language::PARAMS;
pub use memory::Counting;
pub use module::{Import, Module, imports};
pub(crate) use names::{domains, suggest_name};
pub use secrets::has_secret;
pub(crate) use token::{Token, TokenKind};
pub(crate) use tokens::{comments, tokens};
