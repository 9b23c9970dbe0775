//! The list of the parts of the machine.
//!
//! A part is one kind of item that a machine consists of: its files, its storage, its network. Each
//! part has a directory here, one in `system/real/` and, if its steps change more than facts, one
//! in `system/sim/`. The variants of `Fact`, `Step`, `Effect` and `Release`, the fields of
//! `Machine` and `Scope`, and the calls from them to the parts are generated from this list.

/// Calls another macro with the list: the module and the type name of each part.
macro_rules! parts {
    ($then:ident) => {
        $then! {
            files Files,
            storage Storage,
            net Net,
            cgroup Cgroup,
            guest Guest,
            share Share,
        }
    };
}

pub(crate) use parts;
