//! Plans and runs a recipe: the same script, twice, with the same seed.

use crate::failure::Failure;
use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::rc::Rc;

use crate::error::Result;
use crate::event::{Event, Listener};
use crate::journal::{JOURNAL_FORMAT, Journal, Record, RunHead};
use crate::machine::files::Files;
use crate::machine::{Fact, Machine, Release, layout, restored_after_reboot};
use crate::operation::{Effect, FilesEffect};
use crate::plan::approval::{Approval, Approver, NoopApprover};
use crate::plan::bound::BoundEffect;
use crate::plan::report::Report;
use crate::primitives::registry::{PRIMITIVES, primitive};
use crate::recipe::Recipe;
use crate::run::release::{release_all, release_each};
use crate::run::session::{Gate, RealMachine, Session, Setup};
use crate::script::{self, Evaluator, Script, Shared};
use crate::system::{Interrupts, Real, Sim};
use crate::types::{Map, Secret, Value, hex};

/// The input for planning and running a recipe.
#[derive(Clone)]
pub struct Job<'a> {
    /// The recipe.
    pub recipe: &'a Recipe,
    /// The variables of the recipe.
    pub variables: &'a Map,
    /// The seed from which identifiers are derived.
    pub seed: [u8; 32],
    /// The state of Ctrl-C.
    pub interrupts: Interrupts,
    /// Whether a user is at a terminal.
    pub terminal: bool,
}

impl Job<'_> {
    pub(crate) fn script(&self) -> Script<'_> {
        self.recipe.script(self.variables)
    }

    /// Runs the recipe on a simulation of the machine, on top of these files.
    pub fn plan(
        &self,
        machine: &Machine,
        below: Box<dyn Files>,
    ) -> std::result::Result<Report, Box<(Failure, Report)>> {
        let (host, session) = shared(self.setup(Sim::on_top_of(below), machine));
        let result = script::run(&self.script(), &host);
        drop(host);
        let session = into_session(session);
        let result = result.and_then(|value| session.unfinished().map_or(Ok(value), Err));
        let report = session.into_report(machine.clone());
        match result {
            Ok(_) => Ok(report),
            Err(error) => Err(Box::new((error, report))),
        }
    }

    /// Creates the setup for a plan on this simulation, with the seed of the run.
    fn setup(&self, sim: Sim, machine: &Machine) -> Setup {
        Setup {
            seed: self.seed,
            interrupts: self.interrupts.clone(),
            terminal: self.terminal,
            ..Setup::plan(Box::new(sim), machine.clone())
        }
    }

    /// Creates the setup for a plan on top of the files of the real machine.
    pub(crate) fn simulated(&self, machine: &Machine) -> Setup {
        self.setup(Sim::on_top_of(Box::new(Real::new(self.interrupts.clone()))), machine)
    }
}

/// Creates a session, and the same session as the host of a script.
pub(crate) fn shared(setup: Setup) -> (Shared, Rc<RefCell<Session>>) {
    let session = Rc::new(RefCell::new(Session::new(setup)));
    (Rc::clone(&session) as Shared, session)
}

/// Returns the session once the script engine, which holds the other handles, has been dropped.
pub(crate) fn into_session(session: Rc<RefCell<Session>>) -> Session {
    match Rc::try_unwrap(session) {
        Ok(session) => session.into_inner(),
        Err(_) => unreachable!("a script engine outlived its run"),
    }
}

/// An approver that allows opening and mounting what was open before, but nothing that destroys
/// data.
struct OpeningOnly;

impl Approver for OpeningOnly {
    fn ask(&mut self, wanted: &BoundEffect) -> bool {
        wanted.effect.restores()
    }
}

/// The result of restoring a run after a reboot.
pub struct Reopened {
    /// The failure, if there was one.
    pub failure: Option<Box<crate::failure::Failure>>,
    /// The lasting facts that still hold.
    pub unchanged: Vec<Fact>,
    /// The lasting facts that no longer hold.
    pub lost: Vec<Fact>,
    /// The number of facts about files on filesystems that the run does not leave mounted.
    pub unmounted: usize,
}

/// Restores what a reboot ended, checks the lasting facts, and releases everything.
pub fn reopen(
    records: &[Record],
    secrets: &dyn Fn(&str) -> Option<Secret>,
    real_machine: RealMachine,
) -> Reopened {
    // The mount points were approved in the original run; nothing else is allowed.
    let gate = Gate::Enforce(Approval::default(), Box::new(OpeningOnly));
    let mut session = Session::new(real_machine.setup(gate, None));
    session.chapter("Reopen devices and mounts");
    let mut failure = None;
    let calls = crate::run::reopen::calls(records, secrets);
    for again in calls.into_iter().filter(|again| restored_after_reboot(&again.name)) {
        let Some(primitive) = primitive(&again.name) else { continue };
        if let Err(error) = session.call_by_name(primitive, again.site, again.args) {
            failure = Some(Box::new(error));
            break;
        }
    }
    let (facts, unmounted) = crate::run::reopen::lasting_at_end(records);
    let (unchanged, lost) = match &failure {
        Some(_) => (Vec::new(), Vec::new()),
        None => session.environment().split_by_holding(facts),
    };
    let text = layout(session.machine(), &[]);
    session.parts().reporter.emit(&Event::Layout { text });
    session.chapter("Close what was opened");
    release_all(&mut session.parts());
    Reopened { failure, unchanged, lost, unmounted }
}

/// Executes releases in order until one fails. Returns whether all succeeded, and the machine
/// afterwards.
pub fn execute_releases(releases: &[Release], real_machine: RealMachine) -> (bool, Machine) {
    let gate = Gate::Enforce(Approval::default(), Box::new(NoopApprover));
    let mut session = Session::new(real_machine.setup(gate, None));
    let done = release_each(&mut session.parts(), releases);
    (done, session.machine().clone())
}

/// Evaluates an expression, without a machine.
pub fn evaluate(
    language: script::Language,
    text: &str,
    listener: Box<dyn Listener>,
) -> std::result::Result<Value, Failure> {
    let domains = named_domains(language, text);
    let host = shared(Setup { listener, ..empty_machine() }).0;
    // Destroying an engine takes a fifth of the time of `gscript -e`, and the process ends next.
    let mut evaluator = ManuallyDrop::new(match domains {
        Some(domains) => Evaluator::for_expression(language, domains, &host)?,
        None => Evaluator::new(language, &Map::new(), &host)?,
    });
    evaluator.line("-e", text)
}

/// Evaluates an expression on this machine, which is only read: every action is refused.
pub fn evaluate_on(
    language: script::Language,
    text: &str,
    machine: RealMachine,
) -> std::result::Result<Value, Failure> {
    let mut approval = Approval::default();
    approval.add(Effect::Files(FilesEffect::Reads { path: "/".to_owned() }), &machine.machine);
    let gate = Gate::Enforce(approval, Box::new(NoopApprover));
    let host = shared(machine.setup(gate, None)).0;
    Evaluator::new(language, &Map::new(), &host)?.line("-e", text)
}

/// Domains whose primitives only compute.
const PURE_DOMAINS: [&str; 1] = ["text"];

/// Returns whether an expression calls primitives that need a machine.
pub fn calls_primitives(language: script::Language, text: &str) -> bool {
    let is_domain = |name: &str| !PURE_DOMAINS.contains(&name) && domain(name).is_some();
    script::tokens(language, text)
        .windows(2)
        .any(|pair| pair[0].name().is_some_and(is_domain) && (pair[1].is("::") || pair[1].is(".")))
}

/// Returns the domains that an expression names; `None` if it can call others as well: by a module
/// that it imports, or by a value of Lua.
fn named_domains(language: script::Language, text: &str) -> Option<Vec<&'static str>> {
    let tokens = script::tokens(language, text);
    let names: Vec<&str> = tokens.iter().filter_map(script::Token::name).collect();
    let calls_others = language == script::Language::Lua || names.contains(&"import");
    (!calls_others).then(|| names.into_iter().filter_map(domain).collect())
}

/// Returns the domain of primitives with this name.
fn domain(name: &str) -> Option<&'static str> {
    PRIMITIVES.iter().map(|one| one.spec.domain()).find(|domain| *domain == name)
}

/// Returns a host of scripts without a machine.
#[cfg(test)]
pub(crate) fn detached_host() -> Shared {
    shared(empty_machine()).0
}

fn empty_machine() -> Setup {
    Setup::plan(Box::new(Sim::new()), Machine::empty())
}

/// The data about the start of a run that only the command-line program knows.
pub struct RunStart {
    /// The number of the run in its directory.
    pub number: u64,
    /// The time, for display only.
    pub started: String,
    /// The predicted machine after the run, if the run is to be proved.
    pub after: Option<Machine>,
}

impl RunStart {
    /// Creates the start of a run that is not to be proved.
    pub fn new(number: u64, started: String) -> Self {
        Self { number, started, after: None }
    }
}

/// Creates the journal of a run.
pub fn new_journal(
    path: &Path,
    job: &Job<'_>,
    machine: &Machine,
    approval: &Approval,
    start: RunStart,
) -> Result<Journal> {
    let Job { recipe, variables, seed, .. } = job;
    let head = RunHead {
        format: JOURNAL_FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        number: start.number,
        started: start.started,
        after: start.after,
        recipe: recipe.name.clone(),
        path: recipe.location(),
        digest: recipe.digest.clone(),
        text: recipe.text.clone(),
        modules: recipe.modules.clone(),
        params: Value::Map((*variables).clone()).recorded(),
        seed: hex(seed),
        effects: approval.bound(),
        devices: machine.storage.devices.values().map(|device| machine.identity(device)).collect(),
    };
    Journal::create(path, head)
}
