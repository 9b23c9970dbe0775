//! The machine with and without the contents of closed containers.

use crate::machine::{Content, Device, Machine};

impl Device {
    /// Returns whether the contents are only known at run time, because the run opens or starts the
    /// device.
    pub fn is_unseen(&self) -> bool {
        // A drive without a medium has no size.
        self.content.is_none() && self.unprobed && self.unreadable.is_none() && self.size > 0
    }
}

impl Machine {
    /// Returns the content that the header in this file describes, if this run saved it.
    pub fn saved_header(&self, file: &str) -> Option<&Content> {
        self.storage.hidden.headers.get(file)
    }

    pub(in crate::machine) fn save_header(&mut self, file: String, content: Content) {
        self.storage.hidden.headers.insert(file, content);
    }

    /// Returns the machine as a probe sees it, without the contents of closed containers.
    #[must_use]
    pub fn as_probed(&self) -> Self {
        let mut machine = self.clone();
        machine.storage.hidden = machine.storage.hidden.headers_only();
        machine
    }

    /// Returns the machine with all closed containers open whose contents are known, for diagrams
    /// of the result of a run, which closes them at its end.
    #[must_use]
    pub fn with_containers_open(&self) -> Self {
        let mut machine = self.clone();
        let mut closed: Vec<Device> = self.storage.hidden.devices.values().cloned().collect();
        loop {
            let below = |device: &mut Device| {
                let parents = machine.parents(device);
                !parents.is_empty() && parents.iter().all(|parent| machine.find(parent).is_some())
            };
            let ready: Vec<Device> = closed.extract_if(.., below).collect();
            if ready.is_empty() {
                return machine;
            }
            for device in ready {
                let key = machine.hidden_key(&device).unwrap_or_else(|| device.path.clone());
                let mut groups = machine.storage.hidden.take_groups(&key, &device.path);
                machine.storage.groups.append(&mut groups);
                machine.insert(device);
            }
        }
    }
}
