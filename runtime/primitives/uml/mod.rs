//! Guests of User Mode Linux: kernels that run as programs of an ordinary user.

mod console;
mod domain;
mod image;
mod info;
mod paths;
mod rule;
mod start;
mod stop;

use super::primitive::{Primitive, action, query};

/// The primitives of the domain.
pub(super) const PRIMITIVES: [Primitive; 6] = [
    action::<image::GuestImage>(),
    action::<start::StartUml>(),
    action::<stop::StopUml>(),
    action::<console::UmlCommand>(),
    query::<console::ConsoleQuery>(),
    query::<info::UmlQuery>(),
];
