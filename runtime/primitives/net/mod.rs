//! Network links.

mod links;
mod name;
mod up;

use super::primitive::{Primitive, action, query};

/// The primitives of the domain.
pub(super) const PRIMITIVES: [Primitive; 2] = [query::<links::Links>(), action::<up::Up>()];
