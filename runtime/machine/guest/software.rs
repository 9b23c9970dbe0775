//! What a kind of guests determines.

use super::entry::GuestState;
use crate::machine::Step;

/// What a kind of guests determines.
pub(super) trait Software {
    /// Returns the name of the kind.
    fn name(&self) -> &'static str;

    /// Returns the directory of the directories of its guests, unless another one is given.
    fn path(&self) -> &'static str;

    /// Returns the step that returns a guest, which is named by its directory, to an earlier state. It ends in a limited time.
    fn release(&self, guest: &str, to: GuestState) -> Step;
}
