//! The `[needs]` of a recipe, and their comparison with its plan.
//!
//! A kind of need is a variant of [`NeedKind`]. To add one: the variant, its key and its rules in
//! `machine/effect.rs`, a field of [`Needs`] with a line in `list` and `list_mut`, a row in
//! `docs/recipes.md` and a sentence in `recipe/summary.rs`.

mod compare;
mod entry;
mod missing;
mod table;

pub use entry::NeedEntry;
pub(crate) use table::Undeclared;
pub use table::{Needs, UndeclaredEffects};
