//! Plans the rest of a run: the resources that resuming would restore, and the remaining calls of
//! the recipe.
//!
//! A journal is input; approvals in it do not count. Both plans are shown and approved like those
//! of a new run.

use super::claims::with_claims;
use super::restore::restore_call;
use super::{Past, Replay, live_actions};
use crate::failure::Failure;
use crate::journal::FIRST_MANUAL_CALL;
use crate::machine::{Fact, Machine, Release};
use crate::plan::approval::Approval;
use crate::plan::report::{PlanEntry, Report};
use crate::run::attempt::Attempt;
use crate::run::job::{Job, into_session, shared};
use crate::run::parts::Parts;
use crate::run::release::release_all;
use crate::run::session::{Gate, Session};

/// The plan of restoring what a reboot ended, before the script continues.
pub struct Restoring {
    /// The plan of opening, mounting and activating.
    pub report: Report,
    /// The effects of the calls that the recipe makes, which the recipe has to declare.
    pub announced: Approval,
    /// The resources of the run that are still open; they are released if the run fails.
    pub kept: Vec<Release>,
}

impl Job<'_> {
    /// Replays the script up to the end of the journal, without running or planning anything. Fails
    /// if the journal does not match the recipe.
    pub fn retrace(&self, past: &Past) -> Result<(), Failure> {
        let (host, session) = shared(self.simulated(&Machine::empty()));
        session.borrow_mut().restart(past.replay().retracing());
        let result = crate::script::run(&self.script(), &host);
        drop(host);
        let session = into_session(session);
        match result {
            // An error of the script itself is reported when the rest is planned.
            Err(failure) if !failure.is_of_script() && !session.replay().is_retraced() => {
                return Err(failure);
            }
            _ => {}
        }
        // Only results of calls that the recipe makes may be restored.
        let called = |call: u64| call >= FIRST_MANUAL_CALL || !session.replay().has(call);
        match live_actions(&past.transcript.records)
            .iter()
            .find(|one| one.ended && !called(one.call))
        {
            Some(_) => session.replay().check_all_requested().map_err(Failure::of),
            None => Ok(()),
        }
    }

    /// Plans what resuming would restore on this machine.
    pub fn plan_restore(&self, past: &Past, machine: &Machine) -> Result<Restoring, Failure> {
        let claimed = with_claims(machine, &past.transcript, &past.names);
        let mut session = Session::new(self.simulated(&claimed));
        let mut announced = Approval::default();
        let mut kept = Vec::new();
        *session.parts().replay = Replay::named(past.names.clone());
        for one in past.ended(machine) {
            let facts = past.names.data_now(&one.facts);
            if session.environment().all_hold(&facts) {
                if one.owned {
                    kept.extend(facts.iter().rev().filter_map(Fact::release));
                }
                continue;
            }
            let before = session.log().entries().len();
            restore_call(&mut session, &one, past, self.variables)?;
            if one.call < FIRST_MANUAL_CALL {
                let calls =
                    session.log().entries()[before..].iter().filter_map(|entry| match entry {
                        PlanEntry::Call(call) => Some(call),
                        _ => None,
                    });
                let effects = calls.flat_map(|call| &call.effects);
                effects.for_each(|effect| announced.add(effect.clone(), session.machine()));
            }
        }
        kept.reverse();
        kept.dedup();
        let report = session.into_report(machine.clone());
        Ok(Restoring { report, announced, kept })
    }
}

impl Attempt {
    /// Plans the rest of the recipe on the present machine, with everything restored.
    pub fn plan_rest(&self, job: &Job<'_>) -> Result<Report, Box<(Failure, Report)>> {
        let before = self.session.borrow().machine().clone();
        let (host, planned) = shared(job.simulated(&before));
        {
            let (mut planned, session) = (planned.borrow_mut(), self.session.borrow());
            planned.restart(session.replay().clone().into_seen());
            planned.parts().ledger.adopt_all(session.ledger());
        }
        let result = crate::script::run(&job.script(), &host).map(drop);
        drop(host);
        let session = into_session(planned);
        let result =
            result.and_then(|()| session.replay().check_all_requested().map_err(Failure::of));
        let report = session.into_report(before);
        match result {
            Ok(()) => Ok(report),
            Err(error) => Err(Box::new((error, report))),
        }
    }

    /// Continues the recipe within the approved effects.
    pub fn continue_recipe(&mut self, job: &Job<'_>, gate: Gate, past: &Past, at: String) {
        let begun = {
            let mut session = self.session.borrow_mut();
            let Parts { ledger, gate: held, log, .. } = session.parts();
            *held = job.within_needs(gate, &past.names);
            log.trace(held.tracing());
            let texts = past.changed.then(|| job.recipe.texts());
            ledger.resumed(at, texts, past.names.pairs().to_vec())
        };
        match begun {
            Ok(()) => self.run(job),
            Err(error) => self.error = Some(Failure::of(error)),
        }
    }

    /// Releases everything that was restored. Resources that were open before stay open, and the
    /// journal is unchanged.
    ///
    /// Returns whether every release succeeded.
    pub fn abandon(self) -> bool {
        let mut session = self.session.borrow_mut();
        let mut parts = session.parts();
        drop(parts.ledger.close());
        parts.ledger.remove_releasable(&self.kept);
        release_all(&mut parts)
    }
}
