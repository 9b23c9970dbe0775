//! The parts of the machine, listed once.
//!
//! A part is a kind of things that a machine consists of: its files, its storage, its network. Each has a directory
//! of its own here, in `system/real/`, and, where its steps leave more than facts, in `system/sim/`. What all
//! parts have is generated from this list: the variants of `Fact`, `Step`, `Effect` and `Release`, the fields of
//! `Machine` and `Scope`, and the ways from them to the part.

/// Calls another macro with the list: the directory and the name of each part.
macro_rules! parts {
    ($then:ident) => {
        $then! {
            files Files,
            storage Storage,
            net Net,
        }
    };
}

pub(crate) use parts;
