//! `libvirt.*`: descriptions of virtual machines for libvirt.

mod domain;
mod rule;

use super::primitive::{Primitive, action};

/// The primitives of the domain.
pub(super) const PRIMITIVES: [Primitive; 1] = [action::<domain::DomainXml>()];
