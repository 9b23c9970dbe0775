//! Network links, and the servers behind them.

mod head;
mod links;
mod name;
mod up;

pub(in crate::primitives) use head::downloader;

use super::primitive::{Primitive, action, query};

/// The primitives of the domain.
pub(super) const PRIMITIVES: [Primitive; 3] =
    [query::<links::Links>(), action::<up::Up>(), query::<head::HeadQuery>()];
