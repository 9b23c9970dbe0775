//! A real run of a recipe: it runs to its end or to a failure, from which it can continue.
//!
//! Continuing works like `gscript resume`, but in the same process and with all devices still open:
//! the script runs again from its beginning, and actions in the journal are not executed a second
//! time.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::event::Event;
use crate::failure::{CallInfo, Failure};
use crate::journal::{Journal, RecipeSource, Record};
use crate::machine::{Fact, Machine};
use crate::plan::approval::{Approval, Approver};
use crate::plan::{Comparison, Tracing};
use crate::recipe::bundled::is_bundled;
use crate::run::interactive::InteractiveSession;
use crate::run::job::{Job, into_session, shared};
use crate::run::parts::Parts;
use crate::run::release::release_all;
use crate::run::resume::{Names, Past, Replay, restore, undone_calls};
use crate::run::session::{Gate, RealMachine, Session, Setup, Tally};
use crate::run::undo::undo;
use crate::script::{Evaluator, Script, Shared};

/// The result of a real run.
pub struct RunOutcome {
    /// The failure, if there was one.
    pub error: Option<Failure>,
    /// After a failure: whether everything that was open or mounted has been released.
    pub clean: bool,
    /// The numbers of the run.
    pub tally: Tally,
    /// The facts made by the run that outlive a reboot and still hold.
    pub lasting: Vec<Fact>,
    /// The machine after the run.
    pub machine: Machine,
}

/// A real run that has not ended yet. See the module documentation.
pub struct Attempt {
    pub(crate) session: Rc<RefCell<Session>>,
    host: Shared,
    /// The evaluator, with the variables of the script as they were when it ended.
    evaluator: Option<Evaluator>,
    pub(crate) error: Option<Failure>,
    /// The facts that a resumed run made earlier and that still held when it was resumed.
    pub(crate) kept: Vec<Fact>,
    /// Warnings about files of the resumed run.
    pub file_warnings: Vec<String>,
    /// Whether everything that a reboot ended could be restored; otherwise, the script has not
    /// started.
    restored: bool,
    start: Instant,
}

/// The way in which a failed run continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContinueMode {
    /// Retries the failed action.
    Retry,
    /// Skips the failed action.
    Skip,
    /// Continues with a changed recipe.
    Changed,
}

/// A later call that fails if an action is skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DependentCall {
    /// The call.
    pub call: String,
    /// The error.
    pub why: String,
}

impl Job<'_> {
    /// Runs the recipe on the real machine, within the approved effects.
    pub fn begin(
        &self,
        real_machine: RealMachine,
        gate: Gate,
        journal: Option<Journal>,
    ) -> Attempt {
        let gate = self.within_needs(gate, &Names::default());
        let mut attempt = self.attempt(real_machine, gate, journal);
        attempt.run(self);
        attempt
    }

    /// Restores the open devices and mounts of a run that a reboot ended, within the approved
    /// effects. Does not start the recipe.
    pub fn reopen(
        &self,
        real_machine: RealMachine,
        gate: Gate,
        journal: Journal,
        past: &Past,
    ) -> Attempt {
        let mut attempt = self.attempt(real_machine, gate, Some(journal));
        let restored = {
            let mut session = attempt.session.borrow_mut();
            // These calls come from the journal, not from the recipe.
            session.parts().log.trace(Tracing::Off);
            restore(&mut session, past, self.variables)
        };
        attempt.kept = restored.kept;
        attempt.file_warnings = restored.file_warnings;
        attempt.error = restored.result.err();
        attempt.restored = attempt.error.is_none();
        attempt
    }

    fn attempt(&self, real_machine: RealMachine, gate: Gate, journal: Option<Journal>) -> Attempt {
        let start = Instant::now();
        let setup = real_machine.setup(gate, journal);
        let (host, session) = shared(Setup { seed: self.seed, terminal: self.terminal, ..setup });
        let (evaluator, error, kept, remarks) = (None, None, Vec::new(), Vec::new());
        Attempt {
            session,
            host,
            evaluator,
            error,
            kept,
            file_warnings: remarks,
            restored: true,
            start,
        }
    }

    /// Restricts the gate to the effects that the recipe declares.
    pub(crate) fn within_needs(&self, gate: Gate, names: &Names) -> Gate {
        match gate {
            Gate::Enforce(approval, approver) => {
                // The recipe and its parameters use the device names of the start of the run.
                let needs = self.recipe.front.needs.as_ref();
                let needs = needs.map(|needs| needs.by_names(|name| names.now(name)));
                let params = names.args_now(self.variables);
                let approval = approval.of_bundled(is_bundled(self.recipe));
                Gate::Enforce(approval.for_recipe(needs.as_ref(), &params), approver)
            }
            collect @ Gate::Collect(_) => collect,
        }
    }
}

impl Attempt {
    pub(crate) fn run(&mut self, job: &Job<'_>) {
        if job.terminal {
            self.track_performed();
        }
        let Script { language, file, text, variables, modules } = job.script();
        self.error = match Evaluator::with_modules(language, variables, modules, &self.host) {
            Ok(mut evaluator) => {
                let error = evaluator.run(file, text).err();
                self.evaluator = Some(evaluator);
                error.or_else(|| self.session.borrow().unfinished())
            }
            Err(error) => Some(error),
        };
    }

    /// Returns the failure, if there was one.
    pub fn error(&self) -> Option<&Failure> {
        self.error.as_ref()
    }

    /// Returns whether the run can continue.
    pub fn can_continue(&self) -> bool {
        self.restored && self.session.borrow().ledger().has_journal()
    }

    /// Returns the mapping from the device names of the run to the present ones.
    pub fn names(&self) -> Names {
        self.session.borrow().replay().names().clone()
    }

    /// Returns the failed action, which could be skipped.
    pub fn failed_action(&self) -> Option<&CallInfo> {
        self.error.as_ref()?.call.as_ref().filter(|call| call.action)
    }

    /// Continues the run; `at` is the present time for the journal.
    pub fn continue_with(&mut self, job: &Job<'_>, how: ContinueMode, at: String) {
        let skip = match how {
            ContinueMode::Skip => self.failed_action().map(|call| call.number),
            ContinueMode::Retry | ContinueMode::Changed => None,
        };
        let changed = how == ContinueMode::Changed;
        let text = changed.then(|| job.recipe.texts());
        self.evaluator = None;
        {
            let mut session = self.session.borrow_mut();
            let Parts { gate, replay, .. } = session.parts();
            let before = std::mem::replace(gate, Gate::Collect(Approval::default()));
            *gate = job.within_needs(before, replay.names());
        }
        let ready = continue_run(&mut self.session.borrow_mut(), text, skip, at);
        match ready {
            Ok(()) => {
                if changed {
                    self.plan_again(job);
                }
                self.run(job);
            }
            Err(error) => self.error = Some(Failure::of(error)),
        }
    }

    /// Plans the remaining actions of a changed recipe, so that the run can be compared with them.
    ///
    /// If planning fails, every action counts as new and is confirmed one by one.
    fn plan_again(&self, job: &Job<'_>) {
        let replay = self.session.borrow().replay().clone();
        let (host, planned) = self.simulated(job, replay);
        let result = crate::script::run(&job.script(), &host);
        drop(host);
        let (_, approval, _) = into_session(planned).into_plan();
        let mut session = self.session.borrow_mut();
        let tracing = match (session.log().tracing(), result) {
            (Tracing::Off, _) => Tracing::Off,
            (_, Ok(_)) => approval.tracing(),
            (_, Err(_)) => Tracing::Compare(Comparison::new(Rc::default(), false)),
        };
        session.parts().log.trace(tracing);
    }

    /// Creates a simulation of the present machine that replays the completed calls.
    fn simulated(&self, job: &Job<'_>, replay: Replay) -> (Shared, Rc<RefCell<Session>>) {
        let (host, planned) = shared(job.simulated(self.session.borrow().machine()));
        planned.borrow_mut().restart(replay);
        (host, planned)
    }

    /// Undoes the last action, so that it runs again. Returns `None` if there is none.
    pub fn undo_last(&mut self) -> Result<Option<CallInfo>> {
        let mut session = self.session.borrow_mut();
        let last = session.ledger().performed().last().map(|deed| deed.call.clone());
        session.clear_stop();
        undo(&mut session.parts())?;
        Ok(last)
    }

    /// From here on, remembers how to undo the actions of the recipe.
    fn track_performed(&self) {
        self.session.borrow_mut().parts().ledger.track_performed();
    }

    /// Runs an interactive shell with the variables of the script and all devices still open.
    pub fn run_interactively(
        &mut self,
        job: &Job<'_>,
        approver: Box<dyn Approver>,
        work: impl FnOnce(&mut InteractiveSession),
    ) -> std::result::Result<(), Failure> {
        let evaluator = match self.evaluator.take() {
            Some(evaluator) => evaluator,
            None => {
                let Script { language, variables, modules, .. } = job.script();
                Evaluator::with_modules(language, variables, modules, &self.host)?
            }
        };
        let (session, host) = (Rc::clone(&self.session), Rc::clone(&self.host));
        let mut bench = InteractiveSession::within_run(
            session,
            host,
            evaluator,
            job.variables.clone(),
            approver,
        );
        work(&mut bench);
        self.evaluator = Some(bench.into_evaluator());
        Ok(())
    }

    /// Returns the calls that would fail if the failed action were skipped, as far as a plan on the
    /// present machine shows them.
    pub fn dependent_calls(&self, job: &Job<'_>) -> Vec<DependentCall> {
        const MAX_CALLS: usize = 20;
        let mut dependent_calls = Vec::new();
        let Some(failed) = self.failed_action() else { return dependent_calls };
        let session = self.session.borrow();
        let transcript = session.ledger().transcript();
        let Ok(mut replay) =
            transcript.map(|transcript| session.replay().with_transcript(&transcript, false))
        else {
            return dependent_calls;
        };
        replay.skip(failed.number);
        while dependent_calls.len() < MAX_CALLS {
            let (host, _planned) = self.simulated(job, replay.clone());
            let Err(failure) = crate::script::run(&job.script(), &host) else { break };
            let Some(call) = &failure.call else { break };
            let why = failure.error.to_string();
            dependent_calls.push(DependentCall { call: call.to_string(), why });
            // A failing query ends the script, so later calls cannot be planned.
            if !call.action || !replay.skip(call.number) {
                break;
            }
        }
        dependent_calls
    }

    /// Ends the run: after a failure, everything that ends with a reboot is released.
    pub fn end(self) -> RunOutcome {
        let Self { session, host, evaluator, error, start, .. } = self;
        drop((host, evaluator));
        let mut session = into_session(session);
        let ok = error.is_none();
        let clean = ok || release_all(&mut session.parts());
        let tally = session.tally();
        end(&mut session.parts(), ok, start.elapsed());
        let lasting = session.parts().ledger.take_lasting();
        let lasting = session.environment().split_by_holding(lasting).0;
        let machine = session.machine().clone();
        RunOutcome { error, clean, tally, lasting, machine }
    }
}

/// Prepares the script to run again: probes the machine and reads the journal.
fn continue_run(
    session: &mut Session,
    text: Option<RecipeSource>,
    skip: Option<u64>,
    at: String,
) -> Result<()> {
    session.parts().environment.probe_all()?;
    let mut transcript = session.ledger().transcript()?;
    for undone in undone_calls(&transcript.records, session.machine()) {
        let Parts { ledger, reporter, .. } = session.parts();
        ledger.record(reporter, true, || undone.clone())?;
        transcript.records.push(undone);
    }
    let mut replay = session.replay().with_transcript(&transcript, text.is_some());
    if let Some(call) = skip {
        replay.skip(call);
    }
    session.parts().ledger.resumed(at, text, Vec::new())?;
    session.restart(replay);
    Ok(())
}

fn end(parts: &mut Parts<'_>, ok: bool, took: Duration) {
    let Parts { ledger, reporter, .. } = parts;
    ledger.record_or_warn(reporter, Record::Ended { ok });
    let Tally { changed, already, .. } = ledger.tally();
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    reporter.emit(&Event::Ended { ok, changed, already, millis });
}
