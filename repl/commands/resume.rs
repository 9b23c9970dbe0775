//! `gscript resume`: resumes a run. The journal is untrusted input: the remaining actions are
//! planned, shown and approved again.

use gscript::failure::Failure;
use std::rc::Rc;

use gscript::error::Exit;
use gscript::event::Listener;
use gscript::journal::{RunHead, RunState, Transcript};
use gscript::machine::Machine;
use gscript::operation::{Effect, ProgramEffect};
use gscript::plan::approval::Approval;
use gscript::plan::report::Report;
use gscript::recipe::bundled::recipes;
use gscript::recipe::{Answers, Recipe};
use gscript::run::attempt::Attempt;
use gscript::run::job::Job;
use gscript::run::resume::{Names, Past, Restoring, shell};
use gscript::run::session::{Gate, RealMachine};
use gscript::system::Real;
use gscript::types::{Map, Value, quote, unhex};

use super::approve::approve;
use super::change::show_change;
use super::continue_run::{Continuation, run_to_end};
use super::doubt::confirm_doubt;
use super::run::{approver, needs_root, prove, within_needs};
use super::{
    carried, interrupts, past, print_bad_recipe, recipe_at, this_machine, variables_overriding,
};
use crate::ask;
use crate::cli::{HowArgs, LossArgs, ResumeArgs, Values};
use crate::lock::Lock;
use crate::render::{self, Problem};
use crate::screen::{Stream, print_stderr, screen, style};
use crate::shell::{Prose, Stepper, Steps};
use crate::state::{Log, RunDirectory, time};

pub(crate) fn resume(args: &ResumeArgs) -> Exit {
    match try_resume(args) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn try_resume(args: &ResumeArgs) -> Result<Exit, Exit> {
    let unfinished = |transcript: &Transcript| {
        matches!(transcript.state(), RunState::Failed | RunState::Unfinished)
    };
    let transcript = past::find(args.run.as_deref(), args.journal.as_deref(), unfinished)?;
    past::not_running(&transcript)?;
    let seed = resumable(&transcript, args.shell)?;
    let recipe = recipe(&transcript)?;
    confirm_doubt(&recipe)?;
    let changed = !recipe.texts().same(&transcript.texts());
    if changed {
        confirm_change(&transcript, &recipe, args)?;
    }
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone(), args.patience)?;
    let names = past::names(&transcript, &machine)?;
    for (then, now) in names.pairs() {
        print_stderr(&format!("{then} of the run is now {now}."));
    }
    carried::refuse_own_mount(&transcript, &names, &machine)?;
    let given = variables(&transcript, &recipe, args, &machine, &names)?;
    let then = |(name, value): &(String, Value)| (name.clone(), names.value_then(value));
    let variables: Map = given.iter().map(then).collect();
    let past = Past::to_resume(transcript, names, changed, &machine);
    let terminal = ask::is_interactive() && !args.json;
    let job = Job { recipe: &recipe, variables: &variables, seed, interrupts, terminal };
    Resuming { args, past: &past, job: &job, given: &given }.execute(machine, real)
}

/// A run that is to be resumed.
struct Resuming<'a> {
    args: &'a ResumeArgs,
    past: &'a Past,
    job: &'a Job<'a>,
    /// The recipe's variables, with the current names of devices.
    given: &'a Map,
}

impl Resuming<'_> {
    fn execute(&self, machine: Machine, real: Real) -> Result<Exit, Exit> {
        let Self { args, past, job, .. } = *self;
        job.retrace(past).map_err(|error| self.not_planned(&error))?;
        let root = args.shell.then(|| root(past)).transpose()?;
        let journal = past::reopen(&past.transcript)?;
        let mut restoring =
            job.plan_restore(past, &machine).map_err(|error| self.not_planned(&error))?;
        if let Some(root) = &root {
            // The user can do anything in the shell, so it is part of the approval.
            let (program, root) = ("a shell".into(), root.clone());
            restoring
                .report
                .approval
                .add(Effect::Program(ProgramEffect::Runs { program, root }), &machine);
        }
        self.approve_restoring(&restoring, &machine)?;
        let approval = restoring.report.approval;
        let _lock = Lock::acquire(&job.recipe.name, &approval, &machine)?;
        let directory = RunDirectory::of(&past.transcript.path);
        let both: Vec<Box<dyn Listener>> = vec![Box::new(Log::of(&directory)), screen(args.json)];
        let listener: Box<dyn Listener> = Box::new(both);
        if let Some(root) = root {
            let access =
                RealMachine { machine, real, listener, interrupts: job.interrupts.clone() };
            return report_shell_end(
                &shell(past, job.variables, &root, access, approval, journal),
                past,
            );
        }
        let steps = args.step.then(|| Steps::new(job.recipe.chapters()));
        let listener: Box<dyn Listener> = match &steps {
            Some(steps) => Box::new(vec![listener, Box::new(Prose(steps.clone()))]),
            None => listener,
        };
        let gate = Gate::Enforce(approval, approver(job.terminal && !args.yes));
        let access = RealMachine { machine, real, listener, interrupts: job.interrupts.clone() };
        let mut attempt = job.reopen(access, gate, journal, past);
        let approved = match attempt.error() {
            Some(error) => Err(self.not_planned(error)),
            None => self.approve_rest(&attempt, steps.as_ref()),
        };
        let (gate, lock) = match approved {
            Ok(approved) => approved,
            Err(exit) => return Err(self.release_opened(attempt, exit)),
        };
        attempt.continue_recipe(job, gate, past, time());
        let asks = job.terminal && !args.yes;
        let going =
            Continuation { directory: &directory, asks, json: args.json, steps: steps.as_deref() };
        let exit = run_to_end(attempt, job, &going);
        drop(lock);
        let exit = exit?;
        if let (false, Some(after)) = (past.changed, &past.transcript.head().after) {
            prove(&past.names.data_now(after), job.interrupts.clone(), args.patience)?;
        }
        Ok(exit)
    }

    /// Shows and approves, like a plan, the devices and mounts that are restored before the recipe
    /// continues.
    fn approve_restoring(&self, restoring: &Restoring, machine: &Machine) -> Result<(), Exit> {
        let Restoring { report, announced, kept } = restoring;
        within_needs(self.job.recipe, announced, self.given)?;
        needs_root(report)?;
        if !kept.is_empty() && self.shows_plans() {
            print_stderr("Still open from the run; closed if the resumed run fails:");
            for release in kept {
                print_stderr(&format!("  $ {release}"));
            }
        }
        if report.entries.is_empty() && report.approval.effects().next().is_none() {
            return Ok(());
        }
        self.show_plan("Opened again before the run continues:", report);
        let named = |device: &&String| machine.find(device).is_some();
        let destroy = self.args.losses.destroy.iter().filter(named).cloned().collect();
        let losses = LossArgs { destroy, anything_in: Vec::new() };
        // What is opened again was approved with the run.
        approve(&report.approval, None, machine, &HowArgs { losses, ..self.planning_args() })
    }

    /// Plans and approves the remaining actions, now that all containers are open. When running
    /// step by step, every action is approved on its own.
    fn approve_rest(
        &self,
        attempt: &Attempt,
        steps: Option<&Rc<Steps>>,
    ) -> Result<(Gate, Lock), Exit> {
        let report = attempt.plan_rest(self.job).or_else(|failed| {
            let (error, report) = *failed;
            let exit = self.not_planned(&error);
            // The first steps may change the machine so that the rest can be planned.
            if steps.is_some() && !error.is_of_script() && exit != Exit::Refused {
                return Ok(report);
            }
            Err(exit)
        })?;
        within_needs(self.job.recipe, &report.approval, self.given)?;
        needs_root(&report)?;
        for text in &attempt.file_warnings {
            print_stderr(&style().yellow(&format!("warning: {text}")));
        }
        let gate = match steps {
            Some(steps) => Gate::Enforce(Approval::default(), Box::new(Stepper(Rc::clone(steps)))),
            None => {
                self.show_plan("Remaining actions:", &report);
                approve(
                    &report.approval,
                    Some(self.job.recipe),
                    &report.before,
                    &self.planning_args(),
                )?;
                Gate::Enforce(
                    report.approval.clone(),
                    approver(self.job.terminal && !self.args.yes),
                )
            }
        };
        let lock = Lock::acquire(&self.job.recipe.name, &report.approval, &report.before)?;
        Ok((gate, lock))
    }

    /// Returns whether plans are shown.
    fn shows_plans(&self) -> bool {
        !self.args.json && !self.args.yes
    }

    fn show_plan(&self, title: &str, report: &Report) {
        if self.shows_plans() {
            print_stderr(&style().bold(title));
            render::show(report, style(), &Stream::Error);
        }
    }

    fn planning_args(&self) -> HowArgs {
        let ResumeArgs { yes, json, ref losses, .. } = *self.args;
        HowArgs { yes, json, losses: losses.clone(), ..HowArgs::default() }
    }

    fn not_planned(&self, error: &Failure) -> Exit {
        let mut problem = Problem::in_recipe(error, self.job.recipe);
        problem.nothing_changed();
        let journal = quote(&self.past.transcript.path.to_string_lossy());
        problem.notes.push(("resume", format!("gscript resume {journal}")));
        problem.print();
        error.exit()
    }

    /// Closes the devices that were opened for the plan, and returns the exit code.
    fn release_opened(&self, attempt: Attempt, exit: Exit) -> Exit {
        if !attempt.abandon() {
            Problem::new("some devices opened for the plan could not be closed; see above")
                .help(format!(
                    "stop the processes that use them, then run: gscript release {}",
                    self.past.transcript.name()
                ))
                .print();
        }
        exit
    }
}

/// Returns the root directory for a shell.
fn root(past: &Past) -> Result<String, Exit> {
    past.root().ok_or_else(|| {
        Problem::new(format!("{} has no mounted root to enter", past.transcript.name()))
            .help("continue the run: gscript resume")
            .print();
        Exit::Refused
    })
}

/// Returns the seed of the run, or refuses a run that cannot be resumed.
fn resumable(transcript: &Transcript, shell: bool) -> Result<[u8; 32], Exit> {
    let RunHead { format, seed, .. } = transcript.head();
    let name = transcript.name();
    let refuse = |why: String, help: String| {
        Problem::new(why).help(help).print();
        Exit::Refused
    };
    let Some(seed) = unhex(seed) else {
        let why = format!("{name}: cannot resume: its journal has format {format}");
        return Err(refuse(why, "run the recipe again; completed actions are skipped".into()));
    };
    if transcript.state() == RunState::Finished && !shell {
        let why = format!("{name} is finished: there is nothing to resume");
        return Err(refuse(why, format!("see what it did: gscript log {name}")));
    }
    Ok(seed)
}

/// Loads the current recipe, or the recorded one if its file no longer exists.
fn recipe(transcript: &Transcript) -> Result<Recipe, Exit> {
    let RunHead { path, recipe: name, .. } = transcript.head();
    let recipe = match recipe_at(path) {
        Some(read) => read?,
        None => {
            let recorded = Recipe::recorded(name, transcript.texts()).map_err(print_bad_recipe)?;
            report_recipe_source(&recorded, path);
            recorded
        }
    };
    Ok(Recipe { name: name.clone(), ..recipe })
}

/// Reports that the recipe is read from the journal.
fn report_recipe_source(recipe: &Recipe, path: &str) {
    match recipes().iter().find(|shipped| shipped.text == recipe.text) {
        Some(bundled) => {
            print_stderr(&format!("{path} no longer exists; using the copy in {}.", bundled.name));
        }
        None => print_stderr(&style().yellow(&format!(
            "warning: {path} no longer exists: the recipe is read from the journal, where it may \
             have been changed; it is not a bundled recipe"
        ))),
    }
}

/// Asks for confirmation of a changed recipe, which is a different program.
fn confirm_change(transcript: &Transcript, recipe: &Recipe, args: &ResumeArgs) -> Result<(), Exit> {
    show_change(&transcript.texts(), recipe);
    if args.changed_recipe_ok
        || (ask::is_interactive() && ask::confirm("Continue with the changed recipe?"))
    {
        return Ok(());
    }
    let mut problem = Problem::new("not resumed: the recipe has changed since the run");
    problem.nothing_changed();
    problem.help("review the change, then run: gscript resume --changed-recipe-ok").print();
    Err(Exit::Refused)
}

/// Returns the parameters of the run; secrets are prompted for again.
///
/// Devices have their current names; the script sees the names at the time of the run.
fn variables(
    transcript: &Transcript,
    recipe: &Recipe,
    args: &ResumeArgs,
    machine: &Machine,
    names: &Names,
) -> Result<Map, Exit> {
    let mut answers = Answers::default();
    for (name, value) in transcript.head().params.as_object().into_iter().flatten() {
        match names.value_now(&Value::from(value.clone())) {
            Value::Unit | Value::Map(_) => {}
            value => answers.insert(name, value),
        }
    }
    let values = Values { set: Vec::new(), answers: args.answers.clone() };
    variables_overriding(answers, recipe, &values, machine)
}

/// Reports how a shell in the root has ended.
fn report_shell_end((failure, clean): &(Option<Failure>, bool), past: &Past) -> Result<Exit, Exit> {
    if let Some(failure) = failure {
        Problem::of(failure, "").print();
        return Err(Exit::Failed);
    }
    if !clean {
        Problem::new("some mounts or devices could not be released; see above")
            .help(format!(
                "stop the processes that use them, then run: gscript release {}",
                past.transcript.name()
            ))
            .print();
        return Err(Exit::Failed);
    }
    Ok(Exit::Done)
}
