//! What a call leaves in the journal and tells the listeners.

use std::time::Duration;

use super::current::{Call, about};
use crate::error::Result;
use crate::event::Event;
use crate::journal::{BY_HAND, Record};
use crate::machine::Fact;
use crate::operation::{Effect, Plan};
use crate::plan::call::TakeBack;
use crate::run::deed::Deed;
use crate::run::session::Session;
use crate::types::{Map, Value};

impl Call {
    pub(super) fn recorded_args(&self) -> serde_json::Value {
        Value::Map(self.args.clone()).recorded()
    }
}

impl Session {
    /// A call has readable arguments.
    pub(super) fn arrived(&mut self, call: &mut Call, args: Map) {
        call.about = about(call.spec, &args);
        if self.journal.is_some() || !self.replay.played.is_empty() {
            call.digest = crate::journal::digest(&args);
        }
        call.args = args;
        if call.number < BY_HAND {
            call.position = self.tracing.arrive(&call.site, call.spec.name, &call.args);
        }
    }

    /// An action is going to run, if there is something to do.
    pub(super) fn begin(&mut self, call: &Call, plan: &Plan<Value>) -> Result<()> {
        if plan.already.is_none() && self.journal.is_some() {
            let begin = Record::Begin {
                call: call.number,
                name: call.spec.name.to_owned(),
                args: call.recorded_args(),
                digest: call.digest.clone(),
                makes: self.replay.names.data_then(&plan.makes),
                undo: TakeBack::of(&plan.undo, &plan.makes),
                site: call.site.clone(),
            };
            self.record(true, || begin)?;
        }
        self.tell_began(call);
        Ok(())
    }

    pub(super) fn tell_began(&mut self, call: &Call) {
        self.tell(&Event::Began {
            call: call.number,
            name: call.spec.name.to_owned(),
            about: call.about.clone(),
            site: call.site.clone(),
        });
    }

    /// An action ended, or had nothing to do.
    pub(super) fn finish(
        &mut self,
        call: &Call,
        plan: &Plan<Value>,
        effects: Vec<Effect>,
        took: Duration,
        result: Result<Value>,
    ) -> Result<Value> {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let number = call.number;
        match &result {
            Ok(value) => {
                self.done_by_hand(call, plan);
                match plan.already {
                    Some(_) => self.tally.already += 1,
                    None => self.tally.changed += 1,
                }
                self.ended_well(call, &plan.makes, plan.already.as_deref(), value, millis)?;
                let already = plan.already.clone();
                self.tell(&Event::Done { call: number, millis, already });
            }
            Err(error) => {
                let error = error.to_string();
                let failed = || Record::Failed { call: number, error: error.clone(), millis };
                // What went wrong first is what a person has to know.
                if let Err(unwritten) = self.record(true, failed) {
                    self.tell(&Event::Warning { text: unwritten.to_string() });
                }
                self.tell(&Event::Failed { call: number, millis, error });
            }
        }
        if self.planning() {
            // A plan may be a hundred thousand of these: no room is kept that nobody will need.
            let mut steps = std::mem::take(&mut self.planned);
            steps.shrink_to_fit();
            self.note(call.planned(plan, steps, effects));
        }
        result.map(|value| self.replay.names.value_then(&value))
    }

    /// A person may want to take it back, or to keep it as a recipe.
    fn done_by_hand(&mut self, call: &Call, plan: &Plan<Value>) {
        let planning = self.planning();
        if let (Some(deeds), None, false) = (&mut self.deeds, &plan.already, planning) {
            deeds.push(Deed {
                call: call.called(),
                args: call.args.clone(),
                undo: plan.undo.clone(),
                makes: plan.makes.clone(),
            });
        }
    }

    /// The next `begin` brings these lines to the disk with it: only the order matters.
    pub(super) fn ended_well(
        &mut self,
        call: &Call,
        makes: &[Fact],
        already: Option<&str>,
        value: &Value,
        millis: u64,
    ) -> Result<()> {
        if self.journal.is_none() {
            return Ok(());
        }
        let names = &self.replay.names;
        let facts = names.data_then(&makes.to_vec());
        let output = names.value_then(value).recorded();
        let record = match already {
            None => Record::Done { call: call.number, facts, output, millis },
            Some(why) => Record::Already {
                call: call.number,
                name: call.spec.name.to_owned(),
                args: call.recorded_args(),
                digest: call.digest.clone(),
                facts,
                output,
                why: why.to_owned(),
                site: call.site.clone(),
            },
        };
        self.record(false, || record)
    }

    /// A question has its answer, or none.
    pub(super) fn answered(&mut self, call: &Call, answer: Result<Value>) -> Result<Value> {
        let answer = answer.map(|value| self.replay.names.value_then(&value));
        self.record(false, || Record::Answer {
            call: call.number,
            name: call.spec.name.to_owned(),
            digest: call.digest.clone(),
            output: answer.as_ref().map_or(serde_json::Value::Null, Value::recorded),
            error: answer.as_ref().err().map(ToString::to_string),
        })?;
        answer
    }
}
