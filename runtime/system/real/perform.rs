//! Performing steps and probing the machine: each part does its own.

use super::Real;
use crate::machine::files::Files;
use crate::machine::parts::parts;
use crate::machine::{Fact, Machine, Scope};
use crate::system::{Outcome, Step, StepError, System, Watch};

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
                match step {
                    Step::Run(cmd) => self.run(cmd, watch),
                    $(Step::$Part(step) => super::$module::perform(self, step, watch),)*
                }
            }

            fn probe(
                &mut self,
                known: &Machine,
                scope: Option<&Scope>,
            ) -> Result<Option<Machine>, StepError> {
                let mut machine = known.clone();
                $(super::$module::look(self, &mut machine, scope)?;)*
                Ok(Some(machine))
            }

            fn on_fact(&mut self, _fact: &Fact, _machine: &Machine) {}

            fn is_real(&self) -> bool {
                true
            }
        }
    };
}

parts!(real);
