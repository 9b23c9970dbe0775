//! What a person did by hand.

use crate::failure::Called;
use crate::machine::Fact;
use crate::operation::Undo;
use crate::types::Map;

/// Something that was done by hand.
#[derive(Debug, Clone)]
pub struct ManualAction {
    /// What was called.
    pub call: Called,
    /// Its arguments, as they were given.
    pub args: Map,
    /// How it is taken back.
    pub(crate) undo: Undo,
    /// What is so since then.
    pub(crate) makes: Vec<Fact>,
}
