//! An interactive session: lines are evaluated one by one, on the machine or on a simulation of it.
//!
//! Its actions are planned, checked, recorded and compared like those of a recipe. Its calls have
//! numbers of their own, so that a recipe that continues afterwards keeps its numbers.

use std::cell::{Ref, RefCell};
use std::mem;
use std::rc::Rc;

use crate::error::Result;
use crate::failure::{CallInfo, Failure};
use crate::journal::Record;
use crate::machine::{Fact, Machine, joined_releases};
use crate::plan::approval::{Approval, Approver};
use crate::run::environment::ReplacedSystem;
use crate::run::job::{into_session, shared};
use crate::run::ledger::SuspendedLedger;
use crate::run::parts::Parts;
use crate::run::performed::PerformedAction;
use crate::run::release::release_all;
use crate::run::resume::Names;
use crate::run::session::{Gate, Session, Setup};
use crate::run::undo::{undo, undo_steps};
use crate::script::{Evaluator, Language, Shared};
use crate::types::{Map, Value};

/// An interactive session. See the module documentation.
pub struct InteractiveSession {
    session: Rc<RefCell<Session>>,
    host: Shared,
    evaluator: Evaluator,
    /// The evaluator of the other language, once it was used.
    other: Option<Evaluator>,
    variables: Map,
    /// The machine at the start of the session.
    before: Machine,
    /// The real system and ledger, set aside during a simulation.
    suspended: Option<Suspended>,
    /// The gate of the surrounding run.
    gate: Option<Gate>,
    /// The actions of the recipe, which this session must not undo.
    deeds: Option<Vec<PerformedAction>>,
}

/// The real system and ledger during a simulation.
struct Suspended {
    environment: ReplacedSystem,
    ledger: SuspendedLedger,
}

impl InteractiveSession {
    /// Creates a session of its own.
    pub fn new(setup: Setup, language: Language) -> std::result::Result<Self, Failure> {
        let (host, session) = shared(setup);
        let variables = Map::new();
        let evaluator = Evaluator::new(language, &variables, &host)?;
        Ok(Self::with(session, host, evaluator, variables))
    }

    /// Creates a session within a run that has stopped, with the variables of the script.
    pub(crate) fn within_run(
        session: Rc<RefCell<Session>>,
        host: Shared,
        evaluator: Evaluator,
        variables: Map,
        approver: Box<dyn Approver>,
    ) -> Self {
        let asks = Gate::Enforce(Approval::default(), approver);
        let gate = {
            let mut session = session.borrow_mut();
            let transcript = session.ledger().transcript();
            let calls = transcript.iter().flat_map(|transcript| &transcript.records);
            let last = calls.filter_map(Record::call).max();
            session.set_last_manual(last.unwrap_or_default());
            mem::replace(session.parts().gate, asks)
        };
        Self { gate: Some(gate), ..Self::with(session, host, evaluator, variables) }
    }

    fn with(
        session: Rc<RefCell<Session>>,
        host: Shared,
        evaluator: Evaluator,
        variables: Map,
    ) -> Self {
        let before = session.borrow().machine().clone();
        let deeds = session.borrow_mut().parts().ledger.replace_performed(Some(Vec::new()));
        let (other, suspended, gate) = (None, None, None);
        Self { session, host, evaluator, other, variables, before, suspended, gate, deeds }
    }

    /// Evaluates a line. A failure ends only this line.
    pub fn run(&mut self, file: &str, text: &str) -> std::result::Result<Value, Failure> {
        self.session.borrow_mut().number_manual_calls();
        let result = self.evaluator.line(file, text);
        self.session.borrow_mut().finish_manual_line();
        result
    }

    /// Returns the current language.
    pub fn language(&self) -> Language {
        self.evaluator.language()
    }

    /// Switches to the other language; each language has its own variables.
    pub fn switch_language(&mut self, language: Language) -> std::result::Result<(), Failure> {
        if language == self.language() {
            return Ok(());
        }
        let other = match self.other.take() {
            Some(other) => other,
            None => Evaluator::new(language, &self.variables, &self.host)?,
        };
        self.other = Some(mem::replace(&mut self.evaluator, other));
        Ok(())
    }

    /// Returns the names of the variables.
    pub fn names(&self) -> Vec<String> {
        self.evaluator.names()
    }

    /// Adds a variable to the current language.
    pub fn set(&mut self, name: &str, value: Value) -> std::result::Result<(), Failure> {
        self.evaluator.set(name, &value)?;
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value));
        Ok(())
    }

    /// Returns the present model of the machine.
    pub fn machine(&self) -> Ref<'_, Machine> {
        Ref::map(self.session.borrow(), Session::machine)
    }

    /// Returns the machine at the start of the session.
    pub fn before(&self) -> &Machine {
        &self.before
    }

    /// Probes the whole machine, because other programs change it, too.
    pub fn probe_machine(&mut self) -> Result<()> {
        Ok(self.session.borrow_mut().parts().environment.probe_all()?)
    }

    /// Returns the mapping from the device names of the run to the present ones.
    pub fn device_names(&self) -> Names {
        self.session.borrow().replay().names().clone()
    }

    /// Returns the host of the scripts.
    pub(super) fn host(&self) -> &Shared {
        &self.host
    }

    /// Evaluates code whose calls are numbered as manual calls; a failure ends only this code.
    pub(super) fn with_manual_numbers<T>(&self, work: impl FnOnce() -> T) -> T {
        self.session.borrow_mut().number_manual_calls();
        let result = work();
        self.session.borrow_mut().finish_manual_line();
        result
    }

    /// Returns whether actions are only simulated.
    pub fn only_plans(&self) -> bool {
        self.suspended.is_some()
    }

    /// Switches to a simulation of the present machine, or back to the real one.
    pub fn plan_only(&mut self, on: bool) {
        let mut session = self.session.borrow_mut();
        let Parts { environment, ledger, .. } = session.parts();
        if on && self.suspended.is_none() {
            self.suspended =
                Some(Suspended { environment: environment.simulate(), ledger: ledger.suspend() });
        }
        if !on && let Some(suspended) = self.suspended.take() {
            environment.restore(suspended.environment);
            ledger.restore(suspended.ledger);
        }
    }

    /// Returns the actions of this session that were not undone, oldest first.
    pub fn performed_actions(&self) -> Vec<PerformedAction> {
        self.session.borrow().ledger().performed().to_vec()
    }

    /// Returns the last action and the commands that would undo it.
    pub fn undo_preview(&self) -> Result<Option<(CallInfo, Vec<String>)>> {
        let session = self.session.borrow();
        let Some(deed) = session.ledger().performed().last() else {
            return Ok(None);
        };
        let steps = undo_steps(session.machine(), deed, &deed.undo)?;
        Ok(Some((deed.call.clone(), steps.iter().map(ToString::to_string).collect())))
    }

    /// Undoes the last action.
    pub fn undo(&mut self) -> Result<()> {
        undo(&mut self.session.borrow_mut().parts())
    }

    /// Returns the commands that release everything that this session opened or mounted.
    pub fn pending_releases(&self) -> Vec<String> {
        let session = self.session.borrow();
        let releases = session.ledger().releasable().iter().rev().filter_map(Fact::release);
        let releases = joined_releases(releases, session.machine());
        let due = releases.iter().flat_map(|release| release.pending(session.machine()));
        due.map(|release| release.to_string()).collect()
    }

    /// Ends a session within a run.
    pub(crate) fn into_evaluator(mut self) -> Evaluator {
        self.plan_only(false);
        let mut session = self.session.borrow_mut();
        let parts = session.parts();
        parts.ledger.replace_performed(self.deeds.take());
        if let Some(gate) = self.gate.take() {
            *parts.gate = gate;
        }
        drop(session);
        self.evaluator
    }

    /// Ends a session of its own and releases what it opened or mounted, if `release` is set.
    ///
    /// Returns whether every release succeeded.
    pub fn end(mut self, release: bool) -> bool {
        self.plan_only(false);
        let Self { session, host, evaluator, other, .. } = self;
        drop((host, evaluator, other));
        let mut session = into_session(session);
        let mut parts = session.parts();
        let clean = !release || release_all(&mut parts);
        parts.ledger.record_or_warn(parts.reporter, Record::Ended { ok: true });
        clean
    }
}
