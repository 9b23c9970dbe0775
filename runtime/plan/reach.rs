//! The reach of a call: the programs that it starts, the command that it runs in a root, and the
//! devices that it names.

use std::collections::BTreeSet;

use crate::machine::Machine;
use crate::system::Step;
use crate::types::{Map, Value};

/// The parameter of primitives that run a command given by the recipe.
const COMMAND: &str = "argv";

/// The programs, commands and devices of one call, or of all planned calls at one position of a
/// recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CallReach {
    programs: BTreeSet<&'static str>,
    commands: BTreeSet<String>,
    devices: BTreeSet<String>,
}

impl CallReach {
    /// Collects what a call with these arguments and steps reaches.
    pub(crate) fn of(args: &Map, steps: &[Step], machine: &Machine) -> Self {
        let mut reach = Self::default();
        reach.programs.extend(steps.iter().flat_map(Step::tools));
        for (name, value) in args {
            if name == COMMAND {
                reach.commands.insert(value.recorded().to_string());
            } else {
                reach.add_devices(value, machine);
            }
        }
        reach
    }

    fn add_devices(&mut self, value: &Value, machine: &Machine) {
        match value {
            Value::Text(text) if text.starts_with("/dev/") => {
                let path = machine.find(text).map_or(text, |device| &device.path);
                self.devices.insert(path.clone());
            }
            Value::List(items) => items.iter().for_each(|item| self.add_devices(item, machine)),
            Value::Map(map) => map.iter().for_each(|(_, item)| self.add_devices(item, machine)),
            _ => {}
        }
    }

    /// Returns whether the contents of one of the devices are not known yet.
    pub(crate) fn has_unseen(&self, machine: &Machine) -> bool {
        let unseen = |path: &String| machine.find(path).is_some_and(|device| device.unprobed);
        self.devices.iter().any(unseen)
    }

    /// Adds the reach of another call at the same position.
    pub(crate) fn extend(&mut self, other: Self) {
        self.programs.extend(other.programs);
        self.commands.extend(other.commands);
        self.devices.extend(other.devices);
    }

    /// Returns the first program, command or device of `other` that is not in this reach. A device
    /// that lies on one of these devices is in it.
    pub(crate) fn missing(&self, other: &Self, machine: &Machine) -> Option<String> {
        let program = other.programs.iter().find(|program| !self.programs.contains(*program));
        if let Some(program) = program {
            return Some((*program).to_owned());
        }
        if let Some(command) =
            other.commands.iter().find(|command| !self.commands.contains(*command))
        {
            return Some(command.clone());
        }
        let lies_on = |device: &str| self.devices.iter().any(|on| machine.depends_on(device, on));
        let known = |device: &String| self.devices.contains(device) || lies_on(device);
        other.devices.iter().find(|device| !known(device)).cloned()
    }
}
