//! Things that happen in a test run on request: programs that fail, hang or print something, devices
//! that are busy, late or gone.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::super::{Broken, Cmd, Outcome, Step, StepError};
use crate::system::{FilesStep, StorageStep};
use crate::types::Pattern;

/// What happens.
#[derive(Debug, Clone, PartialEq)]
pub enum FaultEvent {
    /// The step fails like this, after its program has printed these lines.
    Fails {
        /// The step.
        step: Pattern,
        /// How.
        broken: Broken,
        /// What the program prints.
        says: Vec<String>,
    },
    /// The program of the step runs until it is killed at its time limit.
    Hangs {
        /// The step.
        step: Pattern,
    },
    /// The program of the step ends well (or, if any code is an answer, with this one).
    Prints {
        /// The step.
        step: Pattern,
        /// On standard output.
        text: String,
        /// Its exit code.
        code: i32,
    },
    /// Somebody holds a device that is to be overwritten, or a mount point that is to be unmounted.
    Busy {
        /// The device or mount point.
        what: String,
        /// Who holds it.
        holders: Vec<String>,
    },
    /// The node of a device appears so long after it should.
    Late {
        /// The device.
        device: String,
        /// How long.
        by: Duration,
    },
    /// The name stands for another disk, or none, when it is to be overwritten.
    Gone {
        /// The disk.
        disk: String,
    },
}

/// One thing that happens, once.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// What.
    pub event: FaultEvent,
    /// How many steps that it could happen to are spared before.
    pub after: usize,
    /// Whether it has happened.
    pub injected: bool,
}

/// All that will happen; shared with whoever wants to know whether it did.
#[derive(Debug, Clone, Default)]
pub struct Faults(Rc<RefCell<Vec<Fault>>>);

/// How a step ends to which something happened.
type StepResult = Result<Outcome, StepError>;

impl Faults {
    /// Something more will happen.
    pub fn add(&self, event: FaultEvent, after: usize) {
        self.0.borrow_mut().push(Fault { event, after, injected: false });
    }

    /// Whether each has happened, in the order in which they were added.
    pub fn injected(&self) -> Vec<bool> {
        self.0.borrow().iter().map(|fault| fault.injected).collect()
    }

    /// What happens to this step, if anything does.
    pub(super) fn inject(&self, step: &Step) -> Option<StepResult> {
        let mut faults = self.0.borrow_mut();
        let text = (!faults.is_empty()).then(|| step.to_string())?;
        for fault in faults.iter_mut().filter(|fault| !fault.injected) {
            let Some(ended) = fault.event.on(step, &text) else { continue };
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            fault.injected = true;
            return Some(ended);
        }
        None
    }
}

impl FaultEvent {
    fn on(&self, step: &Step, text: &str) -> Option<StepResult> {
        let broken = |broken: Broken, tail: &[String]| {
            Some(Err(StepError { tail: tail.to_vec(), ..StepError::new(text, broken) }))
        };
        match (self, step) {
            // A look at a device is no step that anybody would have typed.
            (
                Self::Fails { .. } | Self::Hangs { .. } | Self::Prints { .. },
                Step::Storage(StorageStep::Claim { .. }),
            ) => None,
            (Self::Fails { step, broken: how, says }, any) if step.is_in(text) => match any {
                Step::Run(Cmd { any_code: true, .. }) if let Broken::Exit(code) = how => {
                    Some(Ok(printed(&says.join("\n"), *code)))
                }
                _ => broken(how.clone(), says),
            },
            (
                Self::Hangs { step },
                Step::Run(cmd)
                | Step::Files(FilesStep::Keep { cmd, .. } | FilesStep::SaveHeader { cmd, .. }),
            ) if step.is_in(text) => {
                // Without a limit of its own, somebody has to press Ctrl-C.
                let ended = if cmd.works_long { Broken::Idle } else { Broken::TimedOut };
                broken(cmd.limit.map_or(Broken::Interrupted, ended), &[])
            }
            (Self::Prints { step, text: out, code }, _) if step.is_in(text) => {
                Some(Ok(printed(out, *code)))
            }
            (
                Self::Busy { what, holders },
                Step::Storage(StorageStep::Claim { device: at, .. } | StorageStep::Unmount { at }),
            ) if what == at => {
                broken(Broken::Busy { at: at.clone(), holders: holders.clone() }, &[])
            }
            (Self::Late { device, by }, Step::Storage(StorageStep::WaitFor { nodes, limit }))
                if nodes.contains(device) =>
            {
                match by > limit {
                    true => broken(Broken::not_there(device, *limit), &[]),
                    false => Some(Ok(Outcome::default())),
                }
            }
            (Self::Gone { disk }, Step::Storage(StorageStep::Claim { disks, .. }))
                if disks.contains(disk) =>
            {
                broken(Broken::Changed { disk: disk.clone() }, &[])
            }
            _ => None,
        }
    }
}

fn printed(text: &str, code: i32) -> Outcome {
    Outcome { code, stdout: text.to_owned(), ..Outcome::default() }
}
