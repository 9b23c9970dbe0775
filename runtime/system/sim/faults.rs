//! Faults of a test run: programs that fail, hang or print something, devices that are busy, late
//! or gone.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::super::{Cmd, FailureKind, Outcome, Step, StepError};
use crate::system::{FilesStep, StorageStep};
use crate::types::Pattern;

/// The kind of a fault.
#[derive(Debug, Clone, PartialEq)]
pub enum FaultEvent {
    /// The step fails in this way, after its program has printed these lines.
    Fails {
        /// The pattern of the step.
        step: Pattern,
        /// The failure.
        broken: FailureKind,
        /// The lines that the program prints.
        says: Vec<String>,
    },
    /// The program of the step runs until it is killed at its time limit.
    Hangs {
        /// The pattern of the step.
        step: Pattern,
    },
    /// The program of the step succeeds, or exits with this code if the step accepts any code.
    Prints {
        /// The pattern of the step.
        step: Pattern,
        /// The standard output.
        text: String,
        /// The exit code.
        code: i32,
    },
    /// A device that is to be overwritten, or a mount point that is to be unmounted, is in use.
    Busy {
        /// The device or mount point.
        what: String,
        /// The descriptions of its users.
        holders: Vec<String>,
    },
    /// The node of a device appears too late.
    Late {
        /// The device.
        device: String,
        /// The delay.
        by: Duration,
    },
    /// The name refers to another disk, or to none, when the disk is to be overwritten.
    Gone {
        /// The disk.
        disk: String,
    },
}

/// A fault, which occurs once.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// The kind of the fault.
    pub event: FaultEvent,
    /// The number of matching steps that are spared first.
    pub after: usize,
    /// Whether the fault has occurred.
    pub injected: bool,
}

/// The faults of a run; clones share their state, so that the test can check whether each occurred.
#[derive(Debug, Clone, Default)]
pub struct Faults(Rc<RefCell<Vec<Fault>>>);

/// The result of a step in which a fault occurred.
type StepResult = Result<Outcome, StepError>;

impl Faults {
    /// Adds a fault.
    pub fn add(&self, event: FaultEvent, after: usize) {
        self.0.borrow_mut().push(Fault { event, after, injected: false });
    }

    /// Returns whether each fault has occurred, in the order in which they were added.
    pub fn injected(&self) -> Vec<bool> {
        self.0.borrow().iter().map(|fault| fault.injected).collect()
    }

    /// Returns the result of a step, if a fault occurs in it.
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
        let broken = |broken: FailureKind, tail: &[String]| {
            Some(Err(StepError { tail: tail.to_vec(), ..StepError::new(text, broken) }))
        };
        match (self, step) {
            // The check of a device is not a step that could be typed in a shell.
            (
                Self::Fails { .. } | Self::Hangs { .. } | Self::Prints { .. },
                Step::Storage(StorageStep::Claim { .. }),
            ) => None,
            (Self::Fails { step, broken: how, says }, any) if step.is_in(text) => match any {
                Step::Run(Cmd { any_code: true, .. }) if let FailureKind::Exit(code) = how => {
                    Some(Ok(printed(&says.join("\n"), *code)))
                }
                _ => broken(how.clone(), says),
            },
            (
                Self::Hangs { step },
                Step::Run(cmd)
                | Step::Files(FilesStep::SaveOutput { cmd, .. } | FilesStep::SaveHeader { cmd, .. }),
            ) if step.is_in(text) => {
                // A program without a time limit runs until Ctrl-C is pressed.
                let ended = if cmd.works_long { FailureKind::Idle } else { FailureKind::TimedOut };
                broken(cmd.limit.map_or(FailureKind::Interrupted, ended), &[])
            }
            (Self::Prints { step, text: out, code }, _) if step.is_in(text) => {
                Some(Ok(printed(out, *code)))
            }
            (
                Self::Busy { what, holders },
                Step::Storage(StorageStep::Claim { device: at, .. } | StorageStep::Unmount { at }),
            ) if what == at => {
                broken(FailureKind::Busy { at: at.clone(), holders: holders.clone() }, &[])
            }
            (Self::Late { device, by }, Step::Storage(StorageStep::WaitFor { nodes, limit }))
                if nodes.contains(device) =>
            {
                match by > limit {
                    true => broken(FailureKind::node_missing(device, *limit), &[]),
                    false => Some(Ok(Outcome::default())),
                }
            }
            (Self::Gone { disk }, Step::Storage(StorageStep::Claim { disks, .. }))
                if disks.contains(disk) =>
            {
                broken(FailureKind::Changed { disk: disk.clone() }, &[])
            }
            _ => None,
        }
    }
}

fn printed(text: &str, code: i32) -> Outcome {
    Outcome { code, stdout: text.to_owned(), ..Outcome::default() }
}
