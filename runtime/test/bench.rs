//! The state of a test file while it runs: finished tests, and the preparations and results of the
//! current one.

use crate::failure::Failure;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::file::TestFile;
use super::misuse::TestError;
use super::simulate::{SimulatedRun, simulate};
use super::tested::Tested;
use crate::error::{Exit, Result};
use crate::event::Site;
use crate::finding::Finding;
use crate::machine::Machine;
use crate::recipe::Answers;
use crate::system::Sim;
use crate::system::sim::faults::{FaultEvent, Faults};
use crate::types::{Map, Value};

/// The host of a test file.
pub(super) struct TestState {
    pub(super) file: TestFile,
    names: Vec<String>,
    seen: BTreeSet<String>,
    done: Vec<Tested>,
    left_out: usize,
    current: Option<Current>,
}

/// The current test.
pub(super) struct Current {
    name: String,
    site: Site,
    start: Instant,
    findings: Vec<Finding>,
    said: Vec<String>,
    /// The number of expectations: a test without any is an error.
    expected: usize,
    pub(super) recipe: Option<PathBuf>,
    pub(super) machine: Machine,
    pub(super) answers: Map,
    pub(super) sim: Sim,
    /// The faults of the next run.
    pending: PendingFaults,
    /// The faults of the latest run.
    active: PendingFaults,
    ran: Option<SimulatedRun>,
    /// Whether the test has an expectation about the end of the latest run.
    end_expected: bool,
}

/// Faults, and the call and description of each.
#[derive(Default)]
struct PendingFaults {
    faults: Faults,
    by: Vec<(Site, String)>,
}

impl TestState {
    pub(super) fn new(file: TestFile, names: Vec<String>) -> Self {
        let (seen, done) = (BTreeSet::new(), Vec::new());
        Self { file, names, seen, done, left_out: 0, current: None }
    }

    /// Returns the tests, and the number of skipped ones.
    pub(super) fn results(&mut self) -> (Vec<Tested>, usize) {
        (std::mem::take(&mut self.done), self.left_out)
    }

    /// Records output of the current test.
    pub(super) fn record_output(&mut self, text: &str) {
        if let Some(current) = &mut self.current {
            current.said.push(text.to_owned());
        }
    }

    /// Begins a test. Returns whether it is to be run.
    pub(super) fn begin(&mut self, name: &str, site: Site) -> bool {
        let twice = !self.seen.insert(name.to_owned());
        let nested = self.current.is_some();
        if twice || nested {
            let why =
                if nested { "a test inside a test" } else { "there is another test of this name" };
            let finding = self.finding(why, &site);
            self.done.push(Tested {
                name: name.to_owned(),
                site,
                findings: vec![finding],
                said: Vec::new(),
                took: Duration::ZERO,
            });
            return false;
        }
        if !self.names.is_empty() && !self.names.iter().any(|part| name.contains(part.as_str())) {
            self.left_out += 1;
            return false;
        }
        self.current = Some(Current {
            name: name.to_owned(),
            site,
            start: Instant::now(),
            findings: Vec::new(),
            said: Vec::new(),
            expected: 0,
            recipe: None,
            machine: Machine::empty(),
            answers: Map::new(),
            sim: Sim::new(),
            pending: PendingFaults::default(),
            active: PendingFaults::default(),
            ran: None,
            end_expected: false,
        });
        true
    }

    fn finding(&self, title: impl Into<String>, site: &Site) -> Finding {
        Finding {
            title: title.into(),
            site: site.clone(),
            source: Rc::clone(&self.file.text),
            notes: Vec::new(),
            diff: None,
            help: None,
        }
    }

    /// Returns the current test.
    pub(super) fn current(&mut self) -> Result<&mut Current> {
        self.current.as_mut().ok_or_else(|| TestError::Outside.into())
    }

    /// Returns the latest run.
    pub(super) fn ran(&mut self) -> Result<&SimulatedRun> {
        self.current()?.ran.as_ref().ok_or_else(|| TestError::NothingRan.into())
    }

    /// Marks the end of the latest run as expected by the test, and returns the run.
    pub(super) fn mark_expected(&mut self) -> Result<&SimulatedRun> {
        self.current()?.end_expected = true;
        self.ran()
    }

    /// Records an expectation: met (`None`), or not met.
    pub(super) fn expect(
        &mut self,
        site: &Site,
        wrong: Option<FailedExpectation>,
    ) -> Result<Value> {
        let finding = wrong.map(|wrong| Finding {
            notes: wrong.notes,
            diff: wrong.diff,
            help: wrong.help,
            ..self.finding(wrong.title, site)
        });
        let current = self.current()?;
        current.expected += 1;
        current.findings.extend(finding);
        Ok(Value::Unit)
    }

    /// Adds an event to the next run.
    pub(super) fn add_fault(
        &mut self,
        site: &Site,
        text: String,
        event: FaultEvent,
        after: u32,
    ) -> Result<Value> {
        let current = self.current()?;
        current.pending.faults.add(event, usize::try_from(after).unwrap_or(usize::MAX));
        current.pending.by.push((site.clone(), text));
        Ok(Value::Unit)
    }

    /// Runs the recipe; if `again`, on the machine that the latest run left.
    pub(super) fn run(&mut self, only_plan: bool, again: bool) -> Result<Value> {
        self.check_latest_run();
        let beside = self.file.recipe();
        let path = self.current()?.recipe.clone().or(beside).ok_or(TestError::NoRecipe)?;
        let recipe = self
            .file
            .load(&path)
            .map_err(|bad| TestError::BadRecipe { site: bad.site.clone(), why: bad.why.clone() })?;
        let current = self.current()?;
        let (machine, sim) = match (&current.ran, again) {
            (Some(ran), true) => (ran.after.clone(), ran.sim.clone()),
            (None, true) => return Err(TestError::NothingRan.into()),
            (_, false) => (current.machine.clone(), current.sim.clone()),
        };
        let mut answers = Answers::default();
        for (name, value) in &current.answers {
            answers.insert(name, value.clone());
        }
        let variables = answers.variables(&recipe, &machine);
        current.active = std::mem::take(&mut current.pending);
        let faults = current.active.faults.clone();
        let ran = simulate(&recipe, variables, &machine, sim, &faults, only_plan);
        (current.ran, current.end_expected) = (Some(ran), false);
        Ok(Value::Unit)
    }

    /// Reports an unexpected failure and faults that did not occur, before the next run and at the
    /// end.
    fn check_latest_run(&mut self) {
        let Some(current) = &mut self.current else { return };
        let mut findings = Vec::new();
        if let (Some(ran), false) = (&current.ran, current.end_expected)
            && let Some(error) = &ran.error
        {
            findings.push(unexpected(error, ran, &current.site, &self.file.text));
        }
        let help = match &current.ran {
            Some(ran) if ran.only_planned => "run::plan() injects no faults: use run::recipe()",
            _ => "compare it with the steps: gscript plan",
        };
        findings.extend(
            std::mem::take(&mut current.active).unused_fault_findings(&self.file.text, help),
        );
        // A mistake is reported once: a failed run may explain all other findings.
        current.end_expected = true;
        current.findings.splice(0..0, findings);
    }

    pub(super) fn finish(&mut self, result: std::result::Result<(), Failure>) {
        self.check_latest_run();
        let Some(mut current) = self.current.take() else { return };
        let late = std::mem::take(&mut current.pending);
        current
            .findings
            .extend(late.unused_fault_findings(&self.file.text, "run the recipe after it"));
        if let Err(error) = result {
            let site = error.site.clone().unwrap_or_else(|| current.site.clone());
            let mut finding = self.finding(error.to_string(), &site);
            // The error may be in a module.
            let module = self.file.modules.iter().find(|module| *module.file == *site.file);
            if let Some(module) = module {
                finding.source = module.text.as_str().into();
            }
            finding.notes.extend(error.caller_lines().map(|lines| ("called from", lines)));
            finding.help = error.error.remedy();
            current.findings.push(finding);
        } else if current.expected == 0 && current.findings.is_empty() {
            let mut finding =
                self.finding("this test expects nothing and can never fail", &current.site);
            finding.help =
                Some("state the expected result: expect::done(), expect::fails(…) …".into());
            current.findings.push(finding);
        }
        let Current { name, site, start, findings, said, .. } = current;
        self.done.push(Tested { name, site, findings, said, took: start.elapsed() });
    }
}

impl PendingFaults {
    /// Returns a finding for each fault that did not occur.
    fn unused_fault_findings(self, source: &Rc<str>, help: &str) -> Vec<Finding> {
        let injected = self.faults.injected();
        let missed = self.by.into_iter().zip(injected).filter(|(_, injected)| !injected);
        let finding = |((site, text), _)| Finding {
            title: format!("this fault never occurred: {text}"),
            site,
            source: Rc::clone(source),
            notes: Vec::new(),
            diff: None,
            help: Some(help.to_owned()),
        };
        missed.map(finding).collect()
    }
}

/// An expectation that was not met.
#[derive(Default)]
pub(super) struct FailedExpectation {
    pub(super) title: String,
    pub(super) notes: Vec<(&'static str, String)>,
    pub(super) diff: Option<String>,
    pub(super) help: Option<String>,
}

/// A failure of the recipe that its test did not expect, shown where it happened.
fn unexpected(error: &Failure, ran: &SimulatedRun, test: &Site, tests: &Rc<str>) -> Finding {
    let (site, source) = match error.site.clone() {
        Some(site) => {
            let source = Rc::from(ran.recipe.source(Some(&site)));
            (site, source)
        }
        None => (test.clone(), Rc::clone(tests)),
    };
    let (call, step, said) = (&error.call, error.step.clone(), error.error.tool_output());
    let mut notes: Vec<(&'static str, String)> = Vec::new();
    notes.extend(call.as_ref().map(|call| ("in", call.to_string())));
    notes.extend(step.map(|step| ("command", step)));
    if !said.is_empty() {
        notes.push(("output", said.join("\n")));
    }
    notes.extend(error.caller_lines().map(|lines| ("called from", lines)));
    notes.push(("exit", exit_word(ran.exit(error)).to_owned()));
    let title = format!("the recipe failed: {error}");
    Finding { title, site, source, notes, diff: None, help: error.error.remedy() }
}

/// Returns the name of an exit code in tests.
pub(super) fn exit_word(exit: Exit) -> &'static str {
    match exit {
        Exit::Done => "done",
        Exit::Failed => "failed",
        Exit::Usage => "usage",
        Exit::Refused => "refused",
        Exit::Stopped => "stopped",
    }
}
