//! Simulated runs: a recipe is planned on a simulated machine, approved, run with injected faults,
//! and cleaned up after a failure.

use std::cell::RefCell;
use std::rc::Rc;

use crate::error::Exit;
use crate::event::{Event, Listener};
use crate::failure::Failure;
use crate::machine::Machine;
use crate::plan::approval::{Approval, NoopApprover};
use crate::plan::report::PlanEntry;
use crate::recipe::bundled::is_bundled;
use crate::recipe::{ParamError, Recipe};
use crate::run::job::{into_session, shared};
use crate::run::release::release_all;
use crate::run::session::{Gate, Session, Setup};
use crate::script::{self};
use crate::system::Sim;
use crate::system::sim::faults::Faults;
use crate::types::Map;

/// The record of a simulated run.
pub struct SimulatedRun {
    /// The recipe.
    pub recipe: Recipe,
    /// Whether the recipe was only planned.
    pub only_planned: bool,
    /// Whether the plan was carried out, completely or in part.
    pub begun: bool,
    /// The error that ended the run before its end.
    pub error: Option<Failure>,
    /// Actions, in order.
    pub calls: Vec<TestedCall>,
    /// Chapters, in order.
    pub chapters: Vec<String>,
    /// The output of the recipe, line by line.
    pub said: Vec<String>,
    /// The warnings of the run.
    pub warnings: Vec<String>,
    /// The commands of the cleanup after a failure, with the error of each that failed.
    pub released: Vec<String>,
    /// The effects that needed approval.
    pub approval: Approval,
    /// The machine before the run.
    pub before: Machine,
    /// The machine after the run.
    pub after: Machine,
    /// The simulated files after the run.
    pub sim: Sim,
}

/// An action that was planned or performed.
#[derive(Debug, Clone, Default)]
pub struct TestedCall {
    /// The name and the object of the action: `luks.format /dev/sda2`.
    pub title: String,
    /// The chapter of the action.
    pub chapter: String,
    /// The steps that were started.
    pub steps: Vec<String>,
    /// The reason why the action was unchanged, if it was.
    pub already: Option<String>,
}

fn title(name: &str, about: &str) -> String {
    format!("{name} {about}").trim_end().to_owned()
}

/// The seed of every test, so that generated identifiers are always the same.
const SEED: [u8; 32] = [7; 32];

/// Runs a recipe on a simulated machine.
pub fn simulate(
    recipe: &Recipe,
    variables: Result<Map, ParamError>,
    before: &Machine,
    sim: Sim,
    faults: &Faults,
    only_plan: bool,
) -> SimulatedRun {
    let mut ran = SimulatedRun {
        recipe: recipe.clone(),
        only_planned: only_plan,
        begun: false,
        error: None,
        calls: Vec::new(),
        chapters: Vec::new(),
        said: Vec::new(),
        warnings: Vec::new(),
        released: Vec::new(),
        approval: Approval::default(),
        before: before.clone(),
        after: before.clone(),
        sim,
    };
    let variables = match variables {
        Ok(variables) => variables,
        Err(error) => {
            ran.error = Some(Failure::of(error));
            return ran;
        }
    };
    ran.plan(&variables);
    if ran.error.is_none()
        && let Some(needs) = &recipe.front.needs
        && let Some(exceeded) = needs.undeclared(ran.approval.effects(), &variables)
    {
        ran.error = Some(exceeded.failure(&recipe.name));
    }
    if ran.error.is_none() && !only_plan {
        ran.perform(&variables, faults);
    }
    ran
}

impl SimulatedRun {
    /// Returns how a run ends that fails with this failure.
    pub fn exit(&self, failure: &Failure) -> Exit {
        match self.begun {
            true => failure.exit().of_a_run(),
            false => failure.exit(),
        }
    }

    fn setup(&self, system: Sim, gate: Gate, listener: Box<dyn Listener>) -> Setup {
        Setup { seed: SEED, gate, listener, ..Setup::plan(Box::new(system), self.before.clone()) }
    }

    fn script(&mut self, setup: Setup, variables: &Map) -> Session {
        let (host, session) = shared(setup);
        self.error = script::run(&self.recipe.script(variables), &host).err();
        drop(host);
        into_session(session)
    }

    fn plan(&mut self, variables: &Map) {
        let gate = Gate::Collect(Approval::default());
        let setup = self.setup(self.sim.planning(), gate, Box::new(crate::event::NoopListener));
        // Containers that an earlier run has closed exist, but a plan cannot see their contents.
        let setup = Setup { machine: self.before.as_probed(), ..setup };
        let (entries, approval, after) = self.script(setup, variables).into_plan();
        self.approval = approval;
        if self.error.is_none() && self.only_planned {
            self.after = after;
        }
        for entry in entries {
            match entry {
                PlanEntry::Chapter { title } => self.chapters.push(title),
                PlanEntry::Said { text } => self.said.extend(text.lines().map(str::to_owned)),
                PlanEntry::Call(call) => {
                    self.warnings.extend(call.warnings.iter().cloned());
                    let steps = match call.already {
                        Some(_) => Vec::new(),
                        None => call.steps.iter().map(ToString::to_string).collect(),
                    };
                    self.calls.push(TestedCall {
                        title: title(&call.name, &call.about),
                        chapter: self.chapters.last().cloned().unwrap_or_default(),
                        steps,
                        already: call.already.clone(),
                    });
                }
            }
        }
    }

    fn perform(&mut self, variables: &Map, faults: &Faults) {
        self.begun = true;
        let events = Recorder::default();
        let approval = std::mem::take(&mut self.approval).of_bundled(is_bundled(&self.recipe));
        let approval = approval.for_recipe(self.recipe.front.needs.as_ref(), variables);
        let gate = Gate::Enforce(approval, Box::new(NoopApprover));
        let sim = self.sim.planning().with_faults(faults.clone());
        let setup = self.setup(sim, gate, Box::new(events.clone()));
        let mut session = self.script(setup, variables);
        if self.error.is_some() {
            release_all(&mut session.parts());
        }
        self.after = session.machine().clone();
        let (system, approval) = session.into_system();
        self.approval = approval;
        let sim = system.into_simulation().and_then(|sim| sim.downcast::<Sim>().ok());
        if let Some(sim) = sim {
            self.sim = *sim;
        }
        self.record_events(&events.0.borrow());
    }

    /// Converts the events of the run to its record.
    fn record_events(&mut self, events: &[Event]) {
        self.calls.clear();
        self.chapters.clear();
        self.said.clear();
        self.warnings.clear();
        for event in events {
            match event {
                Event::Chapter { title } => self.chapters.push(title.clone()),
                Event::Began { name, about, .. } => self.calls.push(TestedCall {
                    title: title(name, about),
                    chapter: self.chapters.last().cloned().unwrap_or_default(),
                    ..TestedCall::default()
                }),
                Event::Step { text, .. } => {
                    if let Some(call) = self.calls.last_mut() {
                        call.steps.push(text.clone());
                    }
                }
                Event::Done { already, .. } => {
                    if let Some(call) = self.calls.last_mut() {
                        call.already.clone_from(already);
                    }
                }
                Event::Warning { text } => self.warnings.push(text.clone()),
                Event::Said { text } => self.said.extend(text.lines().map(str::to_owned)),
                Event::Released { text, error } => self.released.push(match error {
                    Some(error) => format!("{text}: {error}"),
                    None => text.clone(),
                }),
                _ => {}
            }
        }
    }
}

/// A listener that stores all events.
#[derive(Clone, Default)]
struct Recorder(Rc<RefCell<Vec<Event>>>);

impl Listener for Recorder {
    fn on_event(&mut self, event: &Event) {
        self.0.borrow_mut().push(event.clone());
    }
}
