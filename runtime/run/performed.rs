//! Actions that the user can undo.

use crate::failure::CallInfo;
use crate::machine::Fact;
use crate::operation::Undo;
use crate::types::Map;

/// An action that was executed and can be undone.
#[derive(Debug, Clone)]
pub struct PerformedAction {
    /// The call.
    pub call: CallInfo,
    /// The arguments, as given.
    pub args: Map,
    /// How the action is undone.
    pub(crate) undo: Undo,
    /// The facts that hold since the action.
    pub(crate) makes: Vec<Fact>,
}
