//! The types that define a part of the machine.

/// The types of a part, implemented by `Part` in the directory of the part.
pub trait MachinePart {
    /// The state of the part in the model; `()` if there is none.
    type State;
    /// The items of the part that have to be probed again.
    type Scope;
    /// A fact about the part.
    type Fact;
    /// A step that changes the part.
    type Step;
    /// An effect on the part, which has to be approved.
    type Effect;
    /// An act that releases an item of the part.
    type Release;

    /// Primitives that are called again after a reboot to restore what ended with it.
    const RESTORED_BY: &'static [&'static str] = &[];
}
