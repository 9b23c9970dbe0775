//! Guests of LXC: containers with an init of their own.

mod attach;
mod convert;
mod create;
mod destroy;
mod domain;
mod ids;
mod info;
mod limits;
mod rule;
mod start;
mod stop;

use super::primitive::{Primitive, action, query};

/// The primitives of the domain.
pub(super) const PRIMITIVES: [Primitive; 10] = [
    action::<create::CreateGuest>(),
    action::<convert::ConvertGuest>(),
    action::<limits::GuestLimits>(),
    action::<start::StartGuest>(),
    action::<stop::StopGuest>(),
    action::<stop::FreezeGuest>(),
    action::<stop::ThawGuest>(),
    action::<attach::Attach>(),
    query::<info::GuestQuery>(),
    action::<destroy::DestroyGuest>(),
];
