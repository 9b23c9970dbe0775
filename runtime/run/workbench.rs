//! A person at work: texts are evaluated one by one, on the machine or on a simulation above it.
//!
//! What is done here is planned, guarded, journalled and compared like everything that a recipe does.
//! Its calls have numbers of their own, so that a recipe that goes on afterwards keeps its own.

use std::cell::{Ref, RefCell};
use std::mem;
use std::rc::Rc;

use crate::error::Result;
use crate::failure::{Called, Failure};
use crate::journal::Record;
use crate::machine::{Fact, Machine};
use crate::plan::approval::{Approval, Approver};
use crate::run::ground::Displaced;
use crate::run::job::{shared, unwrap};
use crate::run::ledger::Pages;
use crate::run::manual::ManualAction;
use crate::run::parts::Parts;
use crate::run::release::release_all;
use crate::run::resume::Names;
use crate::run::session::{Gate, Session, Setup};
use crate::run::undo::{undo, undo_steps};
use crate::script::{Evaluator, Language, Shared};
use crate::types::{Map, Value};

/// See the module.
pub struct Workbench {
    session: Rc<RefCell<Session>>,
    host: Shared,
    evaluator: Evaluator,
    /// The other language, since it was spoken.
    other: Option<Evaluator>,
    variables: Map,
    /// The machine when the work began.
    before: Machine,
    /// What is put aside while nothing real is to happen.
    aside: Option<Suspended>,
    /// How calls were agreed to before.
    gate: Option<Gate>,
    /// What the recipe has done, which is not the session's to take back.
    deeds: Option<Vec<ManualAction>>,
}

/// The real thing, while it is only planned.
struct Suspended {
    ground: Displaced,
    ledger: Pages,
}

impl Workbench {
    /// A workbench of its own.
    pub fn new(setup: Setup, language: Language) -> std::result::Result<Self, Failure> {
        let (host, session) = shared(setup);
        let variables = Map::new();
        let evaluator = Evaluator::new(language, &variables, &host)?;
        Ok(Self::with(session, host, evaluator, variables))
    }

    /// A workbench within a run that has come to a stop, with the script's variables.
    pub(crate) fn over(
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
            session.count_by_hand_from(last.unwrap_or_default());
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
        let deeds = session.borrow_mut().parts().ledger.replace_deeds(Some(Vec::new()));
        let (other, aside, gate) = (None, None, None);
        Self { session, host, evaluator, other, variables, before, aside, gate, deeds }
    }

    /// Evaluates a text. A failure ends this text only.
    pub fn run(&mut self, file: &str, text: &str) -> std::result::Result<Value, Failure> {
        self.session.borrow_mut().number_manual_calls();
        let result = self.evaluator.line(file, text);
        self.session.borrow_mut().ready_again();
        result
    }

    /// The language that is spoken.
    pub fn language(&self) -> Language {
        self.evaluator.language()
    }

    /// Speaks the other language; each keeps its own variables.
    pub fn speak(&mut self, language: Language) -> std::result::Result<(), Failure> {
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

    /// The variables that the next text finds.
    pub fn names(&self) -> Vec<String> {
        self.evaluator.names()
    }

    /// Adds a variable, for the language that is spoken.
    pub fn set(&mut self, name: &str, value: Value) -> std::result::Result<(), Failure> {
        self.evaluator.set(name, &value)?;
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value));
        Ok(())
    }

    /// The machine as it is by now.
    pub fn machine(&self) -> Ref<'_, Machine> {
        Ref::map(self.session.borrow(), Session::machine)
    }

    /// The machine when the work began.
    pub fn before(&self) -> &Machine {
        &self.before
    }

    /// Looks at the whole machine anew: others change it, too.
    pub fn look(&mut self) -> Result<()> {
        Ok(self.session.borrow_mut().parts().ground.look()?)
    }

    /// Devices that have other names than in the run.
    pub fn device_names(&self) -> Names {
        self.session.borrow().replay().names().clone()
    }

    /// What scripts talk to.
    pub(super) fn host(&self) -> &Shared {
        &self.host
    }

    /// Evaluates something with calls of its own; a failure ends only that.
    pub(super) fn aside_from_the_run<T>(&self, work: impl FnOnce() -> T) -> T {
        self.session.borrow_mut().number_manual_calls();
        let result = work();
        self.session.borrow_mut().ready_again();
        result
    }

    /// Whether nothing real happens.
    pub fn only_plans(&self) -> bool {
        self.aside.is_some()
    }

    /// From now on everything happens on a simulation above the machine as it is, or for real again.
    pub fn plan_only(&mut self, on: bool) {
        let mut session = self.session.borrow_mut();
        let Parts { ground, ledger, .. } = session.parts();
        if on && self.aside.is_none() {
            self.aside = Some(Suspended { ground: ground.simulate(), ledger: ledger.put_aside() });
        }
        if !on && let Some(aside) = self.aside.take() {
            ground.put_back(aside.ground);
            ledger.put_back(aside.ledger);
        }
    }

    /// What was done by hand and not taken back, in its order.
    pub fn deeds(&self) -> Vec<ManualAction> {
        self.session.borrow().ledger().deeds().to_vec()
    }

    /// The commands that would take back what was done last.
    pub fn undoing(&self) -> Result<Option<(Called, Vec<String>)>> {
        let session = self.session.borrow();
        let Some(deed) = session.ledger().deeds().last() else {
            return Ok(None);
        };
        let steps = undo_steps(session.machine(), deed, &deed.undo)?;
        Ok(Some((deed.call.clone(), steps.iter().map(ToString::to_string).collect())))
    }

    /// Takes back what was done last.
    pub fn undo(&mut self) -> Result<()> {
        undo(&mut self.session.borrow_mut().parts())
    }

    /// Whether something is mounted or open because of this.
    pub fn holds(&self) -> Vec<String> {
        let session = self.session.borrow();
        let releases = session.ledger().made().iter().rev().filter_map(Fact::release);
        let due = releases.flat_map(|release| release.due(session.machine()));
        due.map(|release| release.to_string()).collect()
    }

    /// The end of a workbench within a run.
    pub(crate) fn leave(mut self) -> Evaluator {
        self.plan_only(false);
        let mut session = self.session.borrow_mut();
        let parts = session.parts();
        parts.ledger.replace_deeds(self.deeds.take());
        if let Some(gate) = self.gate.take() {
            *parts.gate = gate;
        }
        drop(session);
        self.evaluator
    }

    /// The end of a workbench of its own: what is mounted or open is given back, where that is wanted.
    ///
    /// Returns whether nothing is left that should not be.
    pub fn end(mut self, release: bool) -> bool {
        self.plan_only(false);
        let Self { session, host, evaluator, other, .. } = self;
        drop((host, evaluator, other));
        let mut session = unwrap(session);
        let mut parts = session.parts();
        let clean = !release || release_all(&mut parts);
        parts.ledger.written(parts.voice, Record::Ended { ok: true });
        clean
    }
}
