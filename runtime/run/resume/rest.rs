//! The plan of what is left of a run: what resuming would restore, and what the recipe would do then.
//!
//! A journal is input like any other. What it says was approved counts for nothing: both plans are shown
//! and approved as those of a new run are.

use super::claims::with_claims;
use super::{Past, Replay, Retrace, live};
use crate::error::Error;
use crate::event::NoopListener;
use crate::failure::Failure;
use crate::journal::BY_HAND;
use crate::machine::{Fact, Machine, Release};
use crate::plan::approval::Approval;
use crate::plan::report::{Entry, Report};
use crate::run::attempt::Attempt;
use crate::run::job::{Job, shared, unwrap};
use crate::run::session::{Gate, Session, Setup};
use crate::system::{Real, Sim};

/// What resuming does before the script goes on.
pub struct Restoring {
    /// What is opened, mounted and activated again.
    pub report: Report,
    /// Of its effects, those of calls that the recipe makes: it has to announce them.
    pub announced: Approval,
    /// What the run made and is still so: it is released at the end of a run that fails.
    pub kept: Vec<Release>,
}

impl Job<'_> {
    /// Follows the script as far as the journal has results, without doing or planning anything: what the
    /// journal says was done has to be what this recipe does.
    pub fn retrace(&self, past: &Past) -> Result<(), Failure> {
        let (host, session) = shared(self.simulated(&Machine::empty()));
        let replay = Replay { retrace: Retrace::On, seen: true, ..past.replay() };
        session.borrow_mut().begin_anew(replay);
        let result = crate::script::run(&self.script(), &host);
        drop(host);
        let session = unwrap(session);
        match result {
            // It is the script's own error, and shows where the rest is planned.
            Err(failure) if !failure.is_of_script() && session.replay.retrace != Retrace::Ended => {
                return Err(failure);
            }
            _ => {}
        }
        // What would be restored has to be the work of calls that the recipe makes.
        let called = |call: u64| call >= BY_HAND || !session.replay.played.contains_key(&call);
        match live(&past.story.records).iter().find(|one| one.ended && !called(one.call)) {
            Some(_) => session.replay.all_played().map_err(|error| Failure::of(error).into()),
            None => Ok(()),
        }
    }

    /// Plans what resuming would restore on this machine.
    pub fn plan_restore(&self, past: &Past, machine: &Machine) -> Result<Restoring, Failure> {
        let claimed = with_claims(machine, &past.story, &past.names);
        let mut session = Session::new(self.simulated(&claimed));
        let mut announced = Approval::default();
        let mut kept = Vec::new();
        session.replay.names = past.names.clone();
        for one in past.ended() {
            let facts = past.names.data_now(&one.facts);
            if session.all_so(&facts) {
                if one.ours {
                    kept.extend(facts.iter().rev().filter_map(Fact::release));
                }
                continue;
            }
            let before = session.entries().len();
            session.make_again(&one, past, self.variables)?;
            if one.call < BY_HAND {
                let calls = session.entries()[before..].iter().filter_map(|entry| match entry {
                    Entry::Call(call) => Some(call),
                    _ => None,
                });
                let effects = calls.flat_map(|call| &call.effects);
                effects.for_each(|effect| announced.add(effect.clone(), &session.machine));
            }
        }
        kept.reverse();
        kept.dedup();
        let guesses = session.tally().guesses;
        let (entries, approval, after) = session.into_plan();
        let report = Report { entries, approval, before: machine.clone(), after, guesses };
        Ok(Restoring { report, announced, kept })
    }

    pub(crate) fn simulated(&self, machine: &Machine) -> Setup {
        Setup {
            system: Box::new(Sim::above(Box::new(Real::new(self.interrupts.clone())))),
            machine: machine.clone(),
            seed: self.seed,
            gate: Gate::Collect(Approval::default()),
            listener: Box::new(NoopListener),
            interrupts: self.interrupts.clone(),
            journal: None,
            terminal: self.terminal,
        }
    }
}

impl Attempt {
    /// Plans what is left, on the machine as it is now that everything is open again.
    pub fn plan_rest(&self, job: &Job<'_>) -> Result<Report, Box<(Failure, Report)>> {
        let before = self.session.borrow().machine.clone();
        let (host, planned) = shared(job.simulated(&before));
        {
            let (mut planned, session) = (planned.borrow_mut(), self.session.borrow());
            planned.begin_anew(Replay { seen: true, ..session.replay.clone() });
            planned.made.clone_from(&session.made);
        }
        let result = crate::script::run(&job.script(), &host).map(drop);
        drop(host);
        let session = unwrap(planned);
        let result = result
            .and_then(|()| session.replay.all_played().map_err(|error| Failure::of(error).into()));
        let guesses = session.tally().guesses;
        let (entries, approval, after) = session.into_plan();
        let report = Report { entries, approval, before, after, guesses };
        match result {
            Ok(()) => Ok(report),
            Err(error) => Err(Box::new((error, report))),
        }
    }

    /// Goes on with the recipe within what was approved.
    pub fn go(&mut self, job: &Job<'_>, gate: Gate, past: &Past, at: String) {
        let begun = {
            let mut session = self.session.borrow_mut();
            session.tracing = gate.tracing();
            session.gate = job.within_needs(gate, &past.names);
            session.goes_on(job, past, at)
        };
        match begun {
            Ok(()) => self.run(job),
            Err(error) => self.error = Some(Failure::of(error).into()),
        }
    }

    /// Releases what was restored; what was open before stays, and the journal as it was.
    ///
    /// Returns whether nothing of it is left.
    pub fn abandon(self) -> bool {
        let mut session = self.session.borrow_mut();
        session.journal = None;
        session.made.retain(|fact| !self.kept.contains(fact));
        session.release_all()
    }
}

impl Session {
    fn goes_on(&mut self, job: &Job<'_>, past: &Past, at: String) -> Result<(), Error> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        let texts = past.changed.then(|| job.recipe.texts());
        journal.resumed(at, texts, past.names.pairs().to_vec())
    }
}
