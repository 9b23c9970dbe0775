//! `qemu.*`: virtual machines of QEMU that outlive the run.

mod domain;
mod info;
mod rule;
mod start;
mod stop;
mod tags;

use super::primitive::{Primitive, action, query};

/// The primitives of the domain.
pub(super) const PRIMITIVES: [Primitive; 3] =
    [action::<start::StartVm>(), action::<stop::StopVm>(), query::<info::VmQuery>()];
