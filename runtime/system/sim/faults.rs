//! Things that go wrong in a simulation, on request.

use super::super::{Broken, Step, StepError};

/// One thing that goes wrong, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The step that fails is the one whose text contains this.
    pub matching: String,
    /// How many matching steps succeed before.
    pub after: usize,
    /// How it fails.
    pub broken: Broken,
    /// What the program prints.
    pub says: Vec<String>,
}

/// All that will go wrong.
#[derive(Debug, Clone, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// These.
    pub fn new(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    /// Whether this step fails.
    pub(super) fn strike(&mut self, step: &Step) -> Option<StepError> {
        if self.0.is_empty() {
            return None;
        }
        let text = step.to_string();
        for index in 0..self.0.len() {
            let fault = &mut self.0[index];
            if !text.contains(&fault.matching) {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            let fault = self.0.remove(index);
            let (broken, tail) = (fault.broken, fault.says);
            return Some(StepError { step: text, broken, tail, hint: None });
        }
        None
    }
}
