//! Connecting to a node.

use crate::operation::{Effect, ProgramEffect};
use crate::types::DomainName;

/// Returns the effects of running the wrapper to reach a node.
pub(super) fn reaches(host: &DomainName, wrapper: &str) -> Vec<Effect> {
    let mut effects = vec![Effect::Program(ProgramEffect::Connects { host: host.to_string() })];
    effects.extend(Effect::runs(wrapper, "/"));
    effects
}
