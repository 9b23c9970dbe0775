//! What the parts list besides the drawing of the storage.

use super::Machine;
use super::part::MachinePart;
use super::parts::parts;
use super::state::PartState;

macro_rules! listing {
    ($($module:ident $Part:ident,)*) => {
        /// Describes what runs of gscript create besides storage, one item on each line; `before` is
        /// the machine at the beginning.
        pub fn listing(machine: &Machine, before: &Machine) -> Vec<String> {
            let mut lines = Vec::new();
            $(lines.extend(
                <super::$module::Part as MachinePart>::State::list(machine, before),
            );)*
            lines
        }
    };
}

parts!(listing);
