//! A recipe: a guide that runs.
//!
//! `text` is a recipe that was read; `front` reads its front matter, `modules` finds what it imports, `answers` turns answers into
//! variables. `bundled` are the recipes of the program, and `origin` tells which one a word means.

mod answers;
mod bad;
mod block;
pub mod bundled;
mod chapters;
mod files;
mod front;
mod modules;
mod origin;
mod param;
mod text;

pub use answers::{Answers, answers_table};
pub use bad::BadRecipe;
pub use chapters::Chapter;
pub use front::Front;
pub(crate) use modules::{bundled_modules_of, modules_of};
pub use origin::{Named, advice};
pub use param::{ParamDecl, ParamError, ParamKind};
pub use text::{Origin, Recipe};
