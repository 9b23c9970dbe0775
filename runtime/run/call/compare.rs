//! A call of a run and the planned one.

use super::current::Call;
use crate::error::{Exit, Result, Rule};
use crate::event::{Event, Site};
use crate::operation::{Effect, Plan};
use crate::plan::bound::Bound;
use crate::plan::call::PlannedStep;
use crate::plan::{Different, Novelty, Position, Work};
use crate::run::session::{Gate, Session, Tally};
use crate::system::Step;
use crate::types::Value;

/// The recipe does what its plan did not show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OffPlan {
    /// An action that was not confirmed.
    #[error("{site}: {call} is not in the approved plan: {why}")]
    New {
        /// Where it is called.
        site: Site,
        /// The primitive and what it acts on.
        call: String,
        /// What the plan has instead.
        why: Novelty,
    },
    /// A query that the plan did not make.
    #[error(
        "{site}: the recipe diverges from the approved plan: the plan has no {call} at this point"
    )]
    Query {
        /// Where it is called.
        site: Site,
        /// The primitive and what it asks about.
        call: String,
    },
    /// Another answer.
    #[error("{site}: the result of {call} differs from the plan{different}")]
    Answer {
        /// Where it is called.
        site: Site,
        /// The primitive and what it asks about.
        call: String,
        /// The two results.
        different: Different,
    },
}

impl Rule for OffPlan {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::New { .. } => {
                "review the action on a terminal, or plan again: run the recipe once more".into()
            }
            Self::Query { .. } | Self::Answer { .. } => {
                "the machine or the recipe has changed: run the recipe again to see its new plan"
                    .into()
            }
        })
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn ends_the_run(&self) -> bool {
        true
    }
}

impl Session {
    /// Refuses a query that the plan did not make, unless the recipe may have taken another way.
    pub(super) fn expected(&self, call: &Call) -> Result<()> {
        if self.tracing.expects(call.position) {
            return Ok(());
        }
        Err(OffPlan::Query { site: call.site.clone(), call: call.called().to_string() }.into())
    }

    /// Holds the answer of a call against the planned one.
    pub(super) fn compared(
        &mut self,
        call: &Call,
        before: Tally,
        answer: Result<Value>,
    ) -> Result<Value> {
        if call.position == Position::Untraced
            || answer.as_ref().is_err_and(crate::error::Error::ends_the_run)
        {
            return answer;
        }
        let assumed = self.tally.guesses > before.guesses;
        let idle = self.tally.already > before.already;
        match self.tracing.answer(call.position, &call.args, &answer, assumed, idle) {
            None => answer,
            Some(different) => Err(OffPlan::Answer {
                site: call.site.clone(),
                call: call.called().to_string(),
                different,
            }
            .into()),
        }
    }

    /// Notes what an action would do that has nothing to do.
    pub(super) fn note_idle(&mut self, call: &Call, steps: &[Step]) {
        let (args, machine) = (&call.args, &self.machine);
        let work = Work { args, steps, machine, announces: &[], covered: false };
        self.tracing.idle(&call.site, call.spec.name, call.position, &work);
    }

    /// Holds an action that has something to do against the planned one. A new one is confirmed first.
    pub(super) fn hold_against_plan(
        &mut self,
        call: &Call,
        plan: &Plan<Value>,
        named: &[Step],
        effects: &[Effect],
    ) -> Result<()> {
        let covered = match &self.gate {
            Gate::Collect(_) => false,
            Gate::Enforce(approval, _) => {
                effects.iter().all(|effect| approval.covers(effect, &self.machine))
            }
        };
        let (args, steps, announces) = (&call.args, named, &plan.announces[..]);
        let work = Work { args, steps, machine: &self.machine, announces, covered };
        let novelty = self.tracing.act(&call.site, call.spec.name, call.position, &work);
        let Some(why) = novelty else { return Ok(()) };
        // What only ends what this run has made needs no place of its own once the way may differ.
        if effects.is_empty() && self.tracing.branches() {
            return Ok(());
        }
        let files = self.system.files();
        let steps = plan.steps.iter().map(|step| PlannedStep::of(step, files)).collect();
        let shown = call.planned(plan, steps, effects.to_vec());
        let Gate::Enforce(approval, consent) = &mut self.gate else { return Ok(()) };
        let more = effects.iter().filter(|effect| !approval.covers(effect, &self.machine));
        let more: Vec<Bound> =
            more.map(|effect| Bound::new(effect.clone(), &self.machine)).collect();
        self.listener.hear(&Event::Terminal { taken: true });
        let approved = consent.approve_new(&shown, &why.to_string(), &more);
        self.listener.hear(&Event::Terminal { taken: false });
        if !approved {
            let (site, call) = (call.site.clone(), call.called().to_string());
            return Err(OffPlan::New { site, call, why }.into());
        }
        self.approve(more)
    }
}
