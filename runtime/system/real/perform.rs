//! Performing steps and probing the machine: each part does its own.

use super::Real;
use crate::machine::files::{FileContents, Files};
use crate::machine::parts::parts;
use crate::machine::{Fact, Machine, Scope};
use crate::system::{FilesStep, Outcome, Step, StepError, System, Watch};
use crate::types::placeholder;

macro_rules! real {
    ($($module:ident $Part:ident,)*) => {
        impl System for Real {
            fn files(&self) -> &dyn Files {
                self
            }

            fn perform(
                &mut self,
                step: &Step,
                watch: &mut dyn Watch,
            ) -> Result<Outcome, StepError> {
                self.check_identity(&step.devices())
                    .map_err(|broken| StepError::new(step, broken))?;
                if let Some(name) = unresolved(step) {
                    let why = format!("the value of {name} is not known");
                    return Err(StepError::kernel(step, why));
                }
                // Only this step uses a directory that the plan has looked at.
                if !matches!(step, Step::Files(FilesStep::Write { .. })) {
                    self.lookups.clear();
                }
                let outcome = match step {
                    Step::Run(cmd) => self.run(cmd, watch),
                    $(Step::$Part(step) => super::$module::perform(self, step, watch),)*
                };
                self.lookups.step_is_over();
                outcome
            }

            fn probe(
                &mut self,
                machine: &mut Machine,
                scope: Option<&Scope>,
            ) -> Result<bool, StepError> {
                // In place, because a copy of hundreds of devices or links takes longer than the probe.
                $(super::$module::look(self, machine, scope)?;)*
                Ok(true)
            }

            fn on_fact(&mut self, _fact: &Fact, _machine: &Machine) {}

            fn is_real(&self) -> bool {
                true
            }
        }
    };
}

parts!(real);

/// Returns the placeholder of a plan in a step: no such name may reach a disk.
fn unresolved(step: &Step) -> Option<&'static str> {
    let content = match step {
        Step::Files(FilesStep::Write { content: FileContents::Known(bytes), .. }) => bytes,
        _ => &Vec::new(),
    };
    placeholder(&step.to_string()).or_else(|| placeholder(&String::from_utf8_lossy(content)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Cmd;
    use crate::types::Place;

    #[test]
    fn a_placeholder_is_found_in_paths_arguments_and_contents() {
        let write = |path: &str, text: &str| {
            Step::Files(FilesStep::Write {
                place: Place::here(path),
                content: FileContents::Known(text.into()),
                mode: None,
                sets: String::new(),
            })
        };
        let run = Step::Run(Cmd::tool("gpg").arg("<kernel-version>"));
        for step in [write("/x", "linux <kernel-version>"), write("/<kernel-version>", ""), run] {
            assert_eq!(unresolved(&step), Some("<kernel-version>"), "{step}");
        }
        assert_eq!(unresolved(&write("/x", "a < b")), None);
    }
}
