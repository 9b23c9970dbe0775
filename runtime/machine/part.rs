//! What a part of the machine consists of.

/// The types of one part. `Part` in the directory of the part implements it.
pub trait MachinePart {
    /// What the model knows of it; `()` where that is nothing.
    type State;
    /// What of it has to be probed again.
    type Scope;
    /// What can become true of it.
    type Fact;
    /// What can be done to it.
    type Step;
    /// What of it has to be approved before it is done.
    type Effect;
    /// What gives a piece of it back.
    type Release;

    /// The primitives that are called again after a reboot, to make again what ended with it.
    const RESTORED_BY: &'static [&'static str] = &[];
}
