//! A person at work: texts are evaluated one by one, on the machine or on a simulation above it.
//!
//! What is done here is planned, guarded, journalled and compared like everything that a recipe does.
//! Its calls have numbers of their own, so that a recipe that goes on afterwards keeps its own.

use std::cell::{Ref, RefCell};
use std::mem;
use std::rc::Rc;

use crate::error::{Result, Rule};
use crate::event::Event;
use crate::failure::Called;
use crate::journal::{BY_HAND, Journal, Record, Story};
use crate::machine::{Fact, Machine};
use crate::operation::Undo;
use crate::plan::approval::{Approval, Consent};
use crate::run::deed::Deed;
use crate::run::job::{shared, unwrap};
use crate::run::rescue::{Finding, look};
use crate::run::resume::Names;
use crate::run::session::{Gate, Session, Setup};
use crate::script::{Evaluator, Language, ScriptError, Shared};
use crate::system::{Interrupts, Real, Sim, Step, System};
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
    aside: Option<Aside>,
    /// How calls were agreed to before.
    gate: Option<Gate>,
    /// What the recipe has done, which is not the session's to take back.
    deeds: Option<Vec<Deed>>,
}

/// The real thing, while it is only planned.
struct Aside {
    system: Box<dyn System>,
    machine: Machine,
    journal: Option<Journal>,
    made: Vec<Fact>,
}

impl Workbench {
    /// A workbench of its own.
    pub fn new(setup: Setup, language: Language) -> std::result::Result<Self, ScriptError> {
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
        consent: Box<dyn Consent>,
    ) -> Self {
        let asks = Gate::Enforce(Approval::default(), consent);
        let gate = {
            let mut session = session.borrow_mut();
            let story = session.journal.as_ref().map(|journal| Story::read(journal.path()));
            let calls = story.iter().flatten().flat_map(|story| &story.records);
            session.by_hand = calls.filter_map(Record::call).max().unwrap_or_default();
            mem::replace(&mut session.gate, asks)
        };
        Self { gate: Some(gate), ..Self::with(session, host, evaluator, variables) }
    }

    fn with(
        session: Rc<RefCell<Session>>,
        host: Shared,
        evaluator: Evaluator,
        variables: Map,
    ) -> Self {
        let before = session.borrow().machine.clone();
        let deeds = session.borrow_mut().deeds.replace(Vec::new());
        let (other, aside, gate) = (None, None, None);
        Self { session, host, evaluator, other, variables, before, aside, gate, deeds }
    }

    /// Evaluates a text. A failure ends this text only.
    pub fn run(&mut self, file: &str, text: &str) -> std::result::Result<Value, ScriptError> {
        self.session.borrow_mut().calls_by_hand();
        let result = self.evaluator.line(file, text);
        self.session.borrow_mut().ready_again();
        result
    }

    /// The language that is spoken.
    pub fn language(&self) -> Language {
        self.evaluator.language()
    }

    /// Speaks the other language; each keeps its own variables.
    pub fn speak(&mut self, language: Language) -> std::result::Result<(), ScriptError> {
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
    pub fn set(&mut self, name: &str, value: Value) -> std::result::Result<(), ScriptError> {
        self.evaluator.set(name, &value)?;
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value));
        Ok(())
    }

    /// The machine as it is by now.
    pub fn machine(&self) -> Ref<'_, Machine> {
        Ref::map(self.session.borrow(), |session| &session.machine)
    }

    /// The machine when the work began.
    pub fn before(&self) -> &Machine {
        &self.before
    }

    /// Looks at the whole machine anew: others change it, too.
    pub fn look(&mut self) -> Result<()> {
        self.session.borrow_mut().look()
    }

    /// Devices that have other names than in the run.
    pub fn device_names(&self) -> Names {
        self.session.borrow().replay.names.clone()
    }

    /// What keeps the machine from being used, with its root at this place.
    pub fn rescue(&self, root: &str) -> Vec<Finding> {
        let session = self.session.borrow();
        look(&session.machine, session.system.files(), root)
    }

    /// Whether nothing real happens.
    pub fn only_plans(&self) -> bool {
        self.aside.is_some()
    }

    /// From now on everything happens on a simulation above the machine as it is, or for real again.
    pub fn plan_only(&mut self, on: bool) {
        let mut session = self.session.borrow_mut();
        if on && self.aside.is_none() {
            let below = Box::new(Real::new(Interrupts::default()));
            let system = mem::replace(&mut session.system, Box::new(Sim::above(below)));
            self.aside = Some(Aside {
                system,
                machine: session.machine.clone(),
                journal: session.journal.take(),
                made: session.made.clone(),
            });
        }
        if !on && let Some(Aside { system, machine, journal, made }) = self.aside.take() {
            session.system = system;
            session.machine = machine;
            session.journal = journal;
            session.made = made;
        }
    }

    /// What was done by hand and not taken back, in its order.
    pub fn deeds(&self) -> Vec<Deed> {
        self.session.borrow().deeds.clone().unwrap_or_default()
    }

    /// The commands that would take back what was done last.
    pub fn undoing(&self) -> Result<Option<(Called, Vec<String>)>> {
        let session = self.session.borrow();
        let Some(deed) = session.deeds.as_ref().and_then(|deeds| deeds.last()) else {
            return Ok(None);
        };
        let steps = session.undo_steps(deed, &deed.undo)?;
        Ok(Some((deed.call.clone(), steps.iter().map(ToString::to_string).collect())))
    }

    /// Takes back what was done last.
    pub fn undo(&mut self) -> Result<()> {
        self.session.borrow_mut().undo()
    }

    /// Whether something is mounted or open because of this.
    pub fn holds(&self) -> Vec<String> {
        let session = self.session.borrow();
        let releases = session.made.iter().rev().filter_map(Fact::release);
        let due = releases.flat_map(|release| release.due(&session.machine));
        due.map(|release| release.to_string()).collect()
    }

    /// The end of a workbench within a run.
    pub(crate) fn leave(mut self) -> Evaluator {
        self.plan_only(false);
        let mut session = self.session.borrow_mut();
        session.deeds = self.deeds.take();
        if let Some(gate) = self.gate.take() {
            session.gate = gate;
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
        let clean = !release || session.release_all();
        session.written(Record::Ended { ok: true });
        clean
    }
}

impl Session {
    /// The next calls are a person's.
    fn calls_by_hand(&mut self) {
        self.ready_again();
        self.calls = self.by_hand.max(BY_HAND);
    }

    /// A failure ends only the text in which it happens.
    fn ready_again(&mut self) {
        self.forget_ending();
        self.by_hand = self.by_hand.max(self.calls);
    }

    /// Whatever ended a text or a script is over.
    pub(crate) fn forget_ending(&mut self) {
        self.interrupts.clear();
        self.forget_failure();
    }

    fn look(&mut self) -> Result<()> {
        if let Some(machine) = self.system.probe(&self.machine, None)? {
            self.machine = machine;
        }
        Ok(())
    }

    fn undo_steps(&self, deed: &Deed, undo: &Undo) -> Result<Vec<Step>> {
        match undo {
            Undo::Nothing => Ok(Vec::new()),
            Undo::Impossible(why) => Err(CantUndo { call: deed.call.to_string(), why }.into()),
            Undo::Steps(steps) => Ok(steps.clone()),
            Undo::Each(undos) => {
                let each = undos.iter().map(|undo| self.undo_steps(deed, undo));
                Ok(each.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
            }
            Undo::Release => {
                let releases = deed.makes.iter().rev().filter_map(Fact::release);
                let due = releases.flat_map(|release| release.due(&self.machine));
                let mut steps: Vec<Step> = Vec::new();
                for step in due.map(|release| release.step(self.machine.host.udev)) {
                    if !steps.contains(&step) {
                        steps.push(step);
                    }
                }
                Ok(steps)
            }
        }
    }

    pub(crate) fn undo(&mut self) -> Result<()> {
        let Some(deed) = self.deeds.as_ref().and_then(|deeds| deeds.last()).cloned() else {
            return Ok(());
        };
        for step in self.undo_steps(&deed, &deed.undo)? {
            let text = step.to_string();
            let result = self.perform_quietly(&step);
            let error = result.as_ref().err().map(ToString::to_string);
            self.tell(&Event::Released { text, error });
            if let Err(error) = result {
                self.look()?;
                return Err(error);
            }
        }
        self.look()?;
        self.made.retain(|fact| !deed.makes.contains(fact));
        self.lasting.retain(|fact| !deed.makes.contains(fact));
        if let Some(deeds) = &mut self.deeds {
            deeds.pop();
        }
        self.written(Record::Undone { call: deed.call.number });
        Ok(())
    }

    /// Writes a record that nothing depends on.
    pub(crate) fn written(&mut self, record: Record) {
        if let Err(error) = self.record(true, || record) {
            self.tell(&Event::Warning { text: error.to_string() });
        }
    }
}

/// Something that can't be taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call} can't be taken back: {why}")]
struct CantUndo {
    call: String,
    why: &'static str,
}

impl Rule for CantUndo {
    fn remedy(&self) -> Option<String> {
        None
    }
}
