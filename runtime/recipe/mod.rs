//! Recipes: guides that can be run.
//!
//! `text` contains a parsed recipe; `front` parses its front matter, `modules` finds its imports,
//! `answers` converts answers to variables, `answers_file` reads them from a file,
//! `template` writes such a file to fill in, `summary` describes the declarations in words. `bundled`
//! contains the recipes of the program, `fork` copies and merges them, and `origin` resolves a
//! command line argument to a recipe.

mod answers;
mod answers_file;
mod bad;
mod block;
pub mod bundled;
mod chapters;
mod declared;
mod files;
mod fork;
mod front;
mod modules;
mod need_lines;
mod origin;
mod param;
mod size;
mod summary;
mod template;
mod text;

pub use answers::Answers;
pub use answers_file::{FileAnswer, answers_of, answers_table, referenced_secret};
pub use bad::BadRecipe;
pub use chapters::Chapter;
pub use fork::{ForkOrigin, Merged, merge};
pub use front::Front;
pub(crate) use modules::{ModuleShelf, bundled_modules_of, modules_of};
pub use origin::{COLLECTION, NamedRecipe, advice};
pub use param::{ParamDecl, ParamError, ParamKind};
pub use summary::{ParamSummary, Summary, summary};
pub use template::answers_template;
pub use text::{Doubt, Origin, Recipe};
