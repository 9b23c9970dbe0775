//! A recipe at work for real: it runs to its end or to a failure, and from there it can go on.
//!
//! Going on is what `resume` does, in the same process and with everything still open: the script
//! runs again from its beginning, and what is in the journal is not done a second time.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::event::Event;
use crate::failure::{Called, Failure};
use crate::journal::{Journal, RecipeTexts, Record};
use crate::machine::{Fact, Machine};
use crate::plan::approval::{Approval, Approver};
use crate::plan::{Comparison, Tracing};
use crate::run::job::{Job, shared, unwrap};
use crate::run::parts::Parts;
use crate::run::release::release_all;
use crate::run::resume::{Names, Past, Replay, restore};
use crate::run::session::{Gate, ManualAccess, Session, Setup, Tally};
use crate::run::undo::undo;
use crate::run::workbench::Workbench;
use crate::script::{Evaluator, Script, Shared};

/// How a real run ended.
pub struct RunOutcome {
    /// What went wrong, if something did.
    pub error: Option<Failure>,
    /// After a failure: whether everything that was open or mounted has been given back.
    pub clean: bool,
    /// What was done.
    pub tally: Tally,
    /// What it made that outlives a reboot and is still so.
    pub lasting: Vec<Fact>,
    /// The machine afterwards.
    pub machine: Machine,
}

/// See the module.
pub struct Attempt {
    pub(crate) session: Rc<RefCell<Session>>,
    host: Shared,
    /// With the script's variables, as they were when it ended.
    evaluator: Option<Evaluator>,
    pub(crate) error: Option<Failure>,
    /// What a resumed run made before and was still so when it was resumed.
    pub(crate) kept: Vec<Fact>,
    /// What has become of files of the run that is resumed.
    pub remarks: Vec<String>,
    /// Whether what a reboot had ended could be made again; the script has not begun otherwise.
    restored: bool,
    start: Instant,
}

/// How a failed attempt goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// What failed is tried again.
    Retry,
    /// What failed is left out.
    Skip,
    /// The recipe has another text by now.
    Changed,
}

/// A later step that does not work without a skipped one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenCall {
    /// What is called.
    pub call: String,
    /// Why it does not work.
    pub why: String,
}

impl Job<'_> {
    /// Runs the recipe on the real machine, within what was approved.
    pub fn begin(&self, hands: ManualAccess, gate: Gate, journal: Option<Journal>) -> Attempt {
        let gate = self.within_needs(gate, &Names::default());
        let mut attempt = self.attempt(hands, gate, journal);
        attempt.run(self);
        attempt
    }

    /// Makes again what a reboot ended of a run, within what was approved of that. The recipe has not begun.
    pub fn reopen(
        &self,
        hands: ManualAccess,
        gate: Gate,
        journal: Journal,
        past: &Past,
    ) -> Attempt {
        let mut attempt = self.attempt(hands, gate, Some(journal));
        let restored = {
            let mut session = attempt.session.borrow_mut();
            // These are the journal's calls, not the recipe's.
            session.parts().log.trace(Tracing::Off);
            restore(&mut session, past, self.variables)
        };
        attempt.kept = restored.kept;
        attempt.remarks = restored.remarks;
        attempt.error = restored.result.err();
        attempt.restored = attempt.error.is_none();
        attempt
    }

    fn attempt(&self, hands: ManualAccess, gate: Gate, journal: Option<Journal>) -> Attempt {
        let start = Instant::now();
        let setup = hands.setup(gate, journal);
        let (host, session) = shared(Setup { seed: self.seed, terminal: self.terminal, ..setup });
        let (evaluator, error, kept, remarks) = (None, None, Vec::new(), Vec::new());
        Attempt { session, host, evaluator, error, kept, remarks, restored: true, start }
    }

    /// The gate, which lets nothing through that the recipe does not announce.
    pub(crate) fn within_needs(&self, gate: Gate, names: &Names) -> Gate {
        match gate {
            Gate::Enforce(approval, approver) => {
                // Recipe and parameters have the names that devices had at the beginning.
                let needs = self.recipe.front.needs.as_ref();
                let needs = needs.map(|needs| needs.by_names(|name| names.now(name)));
                let params = names.args_now(self.variables);
                Gate::Enforce(approval.for_recipe(needs.as_ref(), &params), approver)
            }
            collect @ Gate::Collect(_) => collect,
        }
    }
}

impl Attempt {
    pub(crate) fn run(&mut self, job: &Job<'_>) {
        if job.terminal {
            self.remembering();
        }
        let Script { language, file, text, variables, modules } = job.script();
        self.error = match Evaluator::with_modules(language, variables, modules, &self.host) {
            Ok(mut evaluator) => {
                let error = evaluator.run(file, text).err();
                self.evaluator = Some(evaluator);
                error
            }
            Err(error) => Some(error),
        };
    }

    /// What went wrong, if something did.
    pub fn error(&self) -> Option<&Failure> {
        self.error.as_ref()
    }

    /// Whether it can go on from where it is.
    pub fn can_continue(&self) -> bool {
        self.restored && self.session.borrow().ledger().has_journal()
    }

    /// Where the devices of a resumed run are now.
    pub fn names(&self) -> Names {
        self.session.borrow().replay().names().clone()
    }

    /// The action that failed, and could be left out.
    pub fn failed_action(&self) -> Option<&Called> {
        self.error.as_ref()?.call.as_ref().filter(|call| call.action)
    }

    /// Goes on with the recipe, at this time.
    pub fn again(&mut self, job: &Job<'_>, how: Again, at: String) {
        let skip = match how {
            Again::Skip => self.failed_action().map(|call| call.number),
            Again::Retry | Again::Changed => None,
        };
        let changed = how == Again::Changed;
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

    /// Plans what another text of the recipe has left to do, for the run to be compared with.
    ///
    /// Where it can't be planned, every action is new, and confirmed one by one.
    fn plan_again(&self, job: &Job<'_>) {
        let replay = self.session.borrow().replay().clone();
        let (host, planned) = self.simulated(job, replay);
        let result = crate::script::run(&job.script(), &host);
        drop(host);
        let (_, approval, _) = unwrap(planned).into_plan();
        let mut session = self.session.borrow_mut();
        let tracing = match (session.log().tracing(), result) {
            (Tracing::Off, _) => Tracing::Off,
            (_, Ok(_)) => approval.tracing(),
            (_, Err(_)) => Tracing::Compare(Comparison::new(Rc::default())),
        };
        session.parts().log.trace(tracing);
    }

    /// The script above the machine as it is, with what is done already.
    fn simulated(&self, job: &Job<'_>, replay: Replay) -> (Shared, Rc<RefCell<Session>>) {
        let (host, planned) = shared(job.simulated(self.session.borrow().machine()));
        planned.borrow_mut().begin_anew(replay);
        (host, planned)
    }

    /// Takes back the last action, so that it comes again; nothing where there is none.
    pub fn back(&mut self) -> Result<Option<Called>> {
        let mut session = self.session.borrow_mut();
        let last = session.ledger().deeds().last().map(|deed| deed.call.clone());
        session.forget_ending();
        undo(&mut session.parts())?;
        Ok(last)
    }

    /// Remembers from here on how what the recipe does is taken back.
    fn remembering(&self) {
        self.session.borrow_mut().parts().ledger.remember_deeds();
    }

    /// Lets a person work by hand, with the script's variables and everything open.
    pub fn work(
        &mut self,
        job: &Job<'_>,
        approver: Box<dyn Approver>,
        work: impl FnOnce(&mut Workbench),
    ) -> std::result::Result<(), Failure> {
        let evaluator = match self.evaluator.take() {
            Some(evaluator) => evaluator,
            None => {
                let Script { language, variables, modules, .. } = job.script();
                Evaluator::with_modules(language, variables, modules, &self.host)?
            }
        };
        let (session, host) = (Rc::clone(&self.session), Rc::clone(&self.host));
        let mut bench = Workbench::over(session, host, evaluator, job.variables.clone(), approver);
        work(&mut bench);
        self.evaluator = Some(bench.leave());
        Ok(())
    }

    /// What would not work any more if the failed action were left out, as far as planning shows it:
    /// on the machine as it is, with what is done already.
    pub fn misses(&self, job: &Job<'_>) -> Vec<BrokenCall> {
        const MOST: usize = 20;
        let mut misses = Vec::new();
        let Some(failed) = self.failed_action() else { return misses };
        let session = self.session.borrow();
        let transcript = session.ledger().transcript();
        let Ok(mut replay) = transcript.map(|transcript| session.replay().anew(&transcript, false))
        else {
            return misses;
        };
        replay.skip(failed.number);
        while misses.len() < MOST {
            let (host, _planned) = self.simulated(job, replay.clone());
            let Err(failure) = crate::script::run(&job.script(), &host) else { break };
            let Some(call) = &failure.call else { break };
            let why = failure.error.to_string();
            misses.push(BrokenCall { call: call.to_string(), why });
            // A question without an answer ends the script here and then.
            if !call.action || !replay.skip(call.number) {
                break;
            }
        }
        misses
    }

    /// The end: after a failure everything that ends with a reboot is given back.
    pub fn end(self) -> RunOutcome {
        let Self { session, host, evaluator, error, start, .. } = self;
        drop((host, evaluator));
        let mut session = unwrap(session);
        let ok = error.is_none();
        let clean = ok || release_all(&mut session.parts());
        let tally = session.tally();
        end(&mut session.parts(), ok, start.elapsed());
        let lasting = session.parts().ledger.take_lasting();
        let lasting = session.ground().sort(lasting).0;
        let machine = session.machine().clone();
        RunOutcome { error, clean, tally, lasting, machine }
    }
}

/// Gets ready for the script to run again: the machine is looked at, the journal is read.
fn continue_run(
    session: &mut Session,
    text: Option<RecipeTexts>,
    skip: Option<u64>,
    at: String,
) -> Result<()> {
    let transcript = session.ledger().transcript()?;
    let mut replay = session.replay().anew(&transcript, text.is_some());
    if let Some(call) = skip {
        replay.skip(call);
    }
    session.parts().ledger.resumed(at, text, Vec::new())?;
    session.begin_anew(replay);
    session.parts().ground.look()?;
    Ok(())
}

fn end(parts: &mut Parts<'_>, ok: bool, took: Duration) {
    let Parts { ledger, voice, .. } = parts;
    ledger.written(voice, Record::Ended { ok });
    let Tally { changed, already, .. } = ledger.tally();
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    voice.tell(&Event::Ended { ok, changed, already, millis });
}
