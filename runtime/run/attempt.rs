//! A recipe at work for real: it runs to its end or to a failure, and from there it can go on.
//!
//! Going on is what `resume` does, in the same process and with everything still open: the script
//! runs again from its beginning, and what is in the journal is not done a second time.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use crate::error::{Error, Result};
use crate::event::{Event, Listener};
use crate::failure::{Called, Failure};
use crate::journal::{Journal, Record, Story, Texts};
use crate::machine::{Fact, Machine};
use crate::plan::approval::{Approval, Consent};
use crate::plan::{Comparison, Tracing};
use crate::run::job::{Job, shared, unwrap};
use crate::run::resume::{Names, Past, Replay};
use crate::run::session::{Gate, Session, Setup, Tally};
use crate::run::workbench::Workbench;
use crate::script::{Evaluator, Script, Shared};
use crate::system::Real;

/// How a real run ended.
pub struct Outcome {
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
pub struct Miss {
    /// What is called.
    pub call: String,
    /// Why it does not work.
    pub why: String,
}

impl Job<'_> {
    /// Runs the recipe on the real machine, within what was approved.
    pub fn begin(
        &self,
        machine: Machine,
        real: Real,
        gate: Gate,
        listener: Box<dyn Listener>,
        journal: Option<Journal>,
    ) -> Attempt {
        let gate = self.within_needs(gate, &Names::default());
        let mut attempt = self.attempt(machine, real, gate, listener, journal);
        attempt.run(self);
        attempt
    }

    /// Makes again what a reboot ended of a run, within what was approved of that. The recipe has not begun.
    pub fn reopen(
        &self,
        machine: Machine,
        real: Real,
        gate: Gate,
        listener: Box<dyn Listener>,
        journal: Journal,
        past: &Past,
    ) -> Attempt {
        let mut attempt = self.attempt(machine, real, gate, listener, Some(journal));
        // These are the journal's calls, not the recipe's.
        attempt.session.borrow_mut().tracing = Tracing::Off;
        let restored = attempt.session.borrow_mut().restore(past, self.variables);
        attempt.kept = restored.kept;
        attempt.remarks = restored.remarks;
        attempt.error = restored.result.err().map(Into::into);
        attempt.restored = attempt.error.is_none();
        attempt
    }

    fn attempt(
        &self,
        machine: Machine,
        real: Real,
        gate: Gate,
        listener: Box<dyn Listener>,
        journal: Option<Journal>,
    ) -> Attempt {
        let start = Instant::now();
        let (host, session) = shared(Setup {
            system: Box::new(real),
            machine,
            seed: self.seed,
            gate,
            listener,
            interrupts: self.interrupts.clone(),
            journal,
            terminal: self.terminal,
        });
        let (evaluator, error, kept, remarks) = (None, None, Vec::new(), Vec::new());
        Attempt { session, host, evaluator, error, kept, remarks, restored: true, start }
    }

    /// The gate, which lets nothing through that the recipe does not announce.
    pub(crate) fn within_needs(&self, gate: Gate, names: &Names) -> Gate {
        match gate {
            Gate::Enforce(approval, consent) => {
                // Recipe and parameters have the names that devices had at the beginning.
                let needs = self.recipe.front.needs.as_ref();
                let needs = needs.map(|needs| needs.by_names(|name| names.now(name)));
                let params = names.args_now(self.variables);
                Gate::Enforce(approval.for_recipe(needs.as_ref(), &params), consent)
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
    pub fn can_go_on(&self) -> bool {
        self.restored && self.session.borrow().journal.is_some()
    }

    /// Where the devices of a resumed run are now.
    pub fn names(&self) -> Names {
        self.session.borrow().replay.names.clone()
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
            let gate = std::mem::replace(&mut session.gate, Gate::Collect(Approval::default()));
            session.gate = job.within_needs(gate, &session.replay.names);
        }
        let roused = self.session.borrow_mut().go_on(text, skip, at);
        match roused {
            Ok(()) => {
                if changed {
                    self.plan_again(job);
                }
                self.run(job);
            }
            Err(error) => self.error = Some(Failure::of(error).into()),
        }
    }

    /// Plans what another text of the recipe has left to do, for the run to be compared with.
    ///
    /// Where it can't be planned, every action is new, and confirmed one by one.
    fn plan_again(&self, job: &Job<'_>) {
        let replay = self.session.borrow().replay.clone();
        let (host, planned) = self.simulated(job, replay);
        let result = crate::script::run(&job.script(), &host);
        drop(host);
        let (_, approval, _) = unwrap(planned).into_plan();
        let mut session = self.session.borrow_mut();
        session.tracing = match (&session.tracing, result) {
            (Tracing::Off, _) => Tracing::Off,
            (_, Ok(_)) => approval.tracing(),
            (_, Err(_)) => Tracing::Compare(Comparison::new(Rc::default())),
        };
    }

    /// The script above the machine as it is, with what is done already.
    fn simulated(&self, job: &Job<'_>, replay: Replay) -> (Shared, Rc<RefCell<Session>>) {
        let (host, planned) = shared(job.simulated(&self.session.borrow().machine));
        planned.borrow_mut().begin_anew(replay);
        (host, planned)
    }

    /// Takes back the last action, so that it comes again; nothing where there is none.
    pub fn back(&mut self) -> Result<Option<Called>> {
        let mut session = self.session.borrow_mut();
        let last = session.deeds.as_ref().and_then(|deeds| deeds.last()).map(|d| d.call.clone());
        session.forget_ending();
        session.undo()?;
        Ok(last)
    }

    /// Remembers from here on how what the recipe does is taken back.
    fn remembering(&self) {
        self.session.borrow_mut().deeds.get_or_insert_default();
    }

    /// Lets a person work by hand, with the script's variables and everything open.
    pub fn work(
        &mut self,
        job: &Job<'_>,
        consent: Box<dyn Consent>,
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
        let mut bench = Workbench::over(session, host, evaluator, job.variables.clone(), consent);
        work(&mut bench);
        self.evaluator = Some(bench.leave());
        Ok(())
    }

    /// What would not work any more if the failed action were left out, as far as planning shows it:
    /// on the machine as it is, with what is done already.
    pub fn misses(&self, job: &Job<'_>) -> Vec<Miss> {
        const MOST: usize = 20;
        let mut misses = Vec::new();
        let Some(failed) = self.failed_action() else { return misses };
        let session = self.session.borrow();
        let Ok(mut replay) = session.story().map(|story| session.replay_of(&story, false)) else {
            return misses;
        };
        replay.skip.insert(failed.number);
        while misses.len() < MOST {
            let (host, _planned) = self.simulated(job, replay.clone());
            let Err(failure) = crate::script::run(&job.script(), &host) else { break };
            let Some(call) = &failure.call else { break };
            let why = failure.error.to_string();
            misses.push(Miss { call: call.to_string(), why });
            // A question without an answer ends the script here and then.
            if !call.action || !replay.skip.insert(call.number) {
                break;
            }
        }
        misses
    }

    /// The end: after a failure everything that ends with a reboot is given back.
    pub fn end(self) -> Outcome {
        let Self { session, host, evaluator, error, start, .. } = self;
        drop((host, evaluator));
        let mut session = unwrap(session);
        let ok = error.is_none();
        let clean = ok || session.release_all();
        let tally = session.tally();
        session.end(ok, start.elapsed());
        let lasting = session.lasting();
        let machine = session.machine().clone();
        Outcome { error, clean, tally, lasting, machine }
    }
}

impl Session {
    /// What the journal says by now.
    fn story(&self) -> Result<Story> {
        match &self.journal {
            Some(journal) => Ok(Story::read(journal.path())?),
            // Without a record there is nothing to go on from.
            None => Err(Error::Interrupted),
        }
    }

    fn replay_of(&self, story: &Story, changed: bool) -> Replay {
        let seen = true;
        let again = self.replay.again.clone();
        Replay { again, seen, ..Replay::of(story, self.replay.names.clone(), changed) }
    }

    /// Gets ready for the script to run again: the machine is looked at, the journal is read.
    fn go_on(&mut self, text: Option<Texts>, skip: Option<u64>, at: String) -> Result<()> {
        let changed = text.is_some();
        let mut replay = self.replay_of(&self.story()?, changed);
        replay.skip.extend(skip);
        if let Some(journal) = &mut self.journal {
            journal.resumed(at, text, Vec::new())?;
        }
        self.begin_anew(replay);
        if let Some(machine) = self.system.probe(&self.machine, None)? {
            self.machine = machine;
        }
        Ok(())
    }

    fn lasting(&mut self) -> Vec<Fact> {
        let facts = std::mem::take(&mut self.lasting);
        self.sort(facts).0
    }

    fn end(&mut self, ok: bool, took: std::time::Duration) {
        self.written(Record::Ended { ok });
        let Tally { changed, already, .. } = self.tally;
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.tell(&Event::Ended { ok, changed, already, millis });
    }
}
