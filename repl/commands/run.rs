//! `gscript RECIPE`: shows the plan, asks for confirmation, and runs the recipe.

use gscript::error::Exit;
use gscript::event::{Event, Listener};
use gscript::machine::{Machine, compare};
use gscript::plan::approval::{Approval, Approver, NoopApprover};
use gscript::plan::report::Report;
use gscript::recipe::Recipe;
use gscript::run::job::{Job, RunStart, new_journal};
use gscript::run::session::{Gate, RealMachine};
use gscript::system::{Interrupts, Real};
use gscript::types::Map;

use super::approve::{TerminalApprover, approve};
use super::continue_run::{Continuation, run_to_end};
use super::doubt::confirm_doubt;
use super::past::journal_error;
use super::{interrupts, load, seed, this_machine, variables};
use crate::ask;
use crate::cli::{HowArgs, LimitArgs, RunArgs};
use crate::lock::{Lock, refuse_locked};
use crate::render::{self, Problem};
use crate::screen::{Stream, print_stderr, screen, style};
use crate::state::{Log, RunDirectory, time};

/// Runs a recipe without further arguments, from an interactive shell.
pub(crate) fn by_name(recipe: &str) {
    // The run has printed its own result.
    let _ = run(&RunArgs { recipe: Some(recipe.into()), ..RunArgs::default() });
}

pub(crate) fn run(args: &RunArgs) -> Exit {
    match try_run(args) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn try_run(args: &RunArgs) -> Result<Exit, Exit> {
    let Some(path) = &args.recipe else { return Err(super::help()) };
    let recipe = load(path)?;
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone(), args.how.patience)?;
    let variables = variables(&recipe, &args.values, &machine)?;
    let terminal = ask::is_interactive() && !args.how.json;
    let job = Job { recipe: &recipe, variables: &variables, seed: seed()?, interrupts, terminal };
    let report = plan(&job, &machine)?;
    within_needs(&recipe, &report.approval, &variables)?;
    needs_root(&report)?;
    // The plan is not shown if the run was approved on the command line.
    if !args.how.json && !args.how.yes {
        render::show(&report, style(), &Stream::Error);
    }
    let approved = Approved { approval: report.approval, after: report.after, fixed: false };
    approve_and_execute(&args.how, &job, machine, real, &approved)
}

/// The part of a plan that the user approves.
pub(super) struct Approved {
    pub(super) approval: Approval,
    /// The predicted state of the machine.
    pub(super) after: Machine,
    /// Whether no further effects may be approved during the run.
    pub(super) fixed: bool,
}

/// Plans the recipe: the first pass.
pub(super) fn plan(job: &Job<'_>, machine: &Machine) -> Result<Report, Exit> {
    job.plan(machine, Box::new(Real::new(job.interrupts.clone()))).or_else(|failed| {
        let (error, report) = *failed;
        // If another gscript process is working on the device, report that instead of how to
        // release it.
        if let Some(device) = error.device_in_use() {
            refuse_locked(device, machine)?;
        }
        let mut problem = Problem::in_recipe(&error, job.recipe);
        problem.nothing_changed();
        problem.print();
        drop(report);
        Err(error.exit())
    })
}

/// Refuses a plan with effects that its recipe does not declare in `needs`.
pub(super) fn within_needs(
    recipe: &Recipe,
    approval: &Approval,
    variables: &Map,
) -> Result<(), Exit> {
    let Some(needs) = &recipe.front.needs else { return Ok(()) };
    match needs.undeclared(approval.effects(), variables) {
        None => Ok(()),
        Some(exceeded) => {
            let failure = exceeded.failure(&recipe.name);
            let mut problem = Problem::of(&failure, "");
            problem.notes.push(("not declared", exceeded.effects.join("\n")));
            let line = |(number, line)| format!("{}:{number}: {line}", recipe.name);
            let lines = recipe.need_lines(&exceeded.missing).into_iter().map(line);
            problem.notes.push(("needs", lines.collect::<Vec<String>>().join("\n")));
            problem.print();
            Err(Exit::Refused)
        }
    }
}

/// Refuses a plan that requires root privileges, unless the user is root.
pub(super) fn needs_root(report: &Report) -> Result<(), Exit> {
    if report.needs_root() && !nix::unistd::geteuid().is_root() {
        Problem::new("this recipe changes disks or mounts: root privileges are needed")
            .help("run the command as root: sudo gscript …")
            .print();
        return Err(Exit::Refused);
    }
    Ok(())
}

/// Asks for approval, and runs the recipe.
pub(super) fn approve_and_execute(
    how: &HowArgs,
    job: &Job<'_>,
    machine: Machine,
    real: Real,
    approved: &Approved,
) -> Result<Exit, Exit> {
    confirm_doubt(job.recipe)?;
    approve(&approved.approval, Some(job.recipe), &machine, how)?;
    let exit = execute(how, job, machine, real, approved)?;
    if how.prove {
        prove(&approved.after, job.interrupts.clone(), how.patience)?;
    }
    Ok(exit)
}

/// Compares the whole machine with the plan.
pub(super) fn prove(
    planned: &Machine,
    interrupts: Interrupts,
    limits: LimitArgs,
) -> Result<(), Exit> {
    let (found, _) = this_machine(interrupts, limits)?;
    let differences = compare(planned, &found, None);
    if differences.is_empty() {
        print_stderr("The resulting state matches the plan.");
        return Ok(());
    }
    let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
    let mut problem = Problem::new(
        "all actions succeeded, but the resulting state does not match \
        the plan",
    );
    problem.notes.push(("differs", differences.join("\n")));
    problem.print();
    Err(Exit::Failed)
}

/// Runs the recipe: the second pass.
fn execute(
    how: &HowArgs,
    job: &Job<'_>,
    machine: Machine,
    real: Real,
    approved: &Approved,
) -> Result<Exit, Exit> {
    let lock = Lock::acquire(&job.recipe.name, &approved.approval, &machine)?;
    let directory = RunDirectory::create(how.journal.as_deref(), &job.recipe.stem())
        .map_err(|error| journal_error(&error))?;
    let mut start = RunStart::new(directory.number(), time());
    start.after = how.prove.then(|| approved.after.clone());
    let journal = new_journal(&directory.journal(), job, &machine, &approved.approval, start)
        .inspect_err(|_| directory.discard())
        .map_err(|error| journal_error(&error))?;
    let mut listener = listener(&directory, how.json)?;
    warn_if_volatile(&directory, how.journal.is_some(), listener.as_mut());
    let gate = Gate::Enforce(
        approved.approval.clone(),
        approver(job.terminal && !how.yes && !approved.fixed),
    );
    let access = RealMachine { machine, real, listener, interrupts: job.interrupts.clone() };
    let attempt = job.begin(access, gate, Some(journal));
    let asks = job.terminal && !how.yes;
    let exit = run_to_end(
        attempt,
        job,
        &Continuation { directory: &directory, asks, json: how.json, steps: None },
    );
    drop(lock);
    exit
}

/// Warns if the journal will not survive a reboot and the user did not choose its directory.
pub(super) fn warn_if_volatile(
    directory: &RunDirectory,
    chosen: bool,
    listener: &mut dyn Listener,
) {
    if !chosen && directory.is_volatile() {
        let text = format!(
            "the journal in {} does not survive a reboot; to resume after one, keep it on a disk \
             or USB stick: --journal DIR",
            directory.journal().display()
        );
        listener.on_event(&Event::Warning { text });
    }
}

/// Returns the approver for effects that occur during a run.
pub(super) fn approver(interactive: bool) -> Box<dyn Approver> {
    if interactive { Box::new(TerminalApprover) } else { Box::new(NoopApprover) }
}

/// Returns a listener that writes the log of the run and the screen.
pub(super) fn listener(directory: &RunDirectory, json: bool) -> Result<Box<dyn Listener>, Exit> {
    let log = Log::create(directory).map_err(|error| journal_error(&error))?;
    let both: Vec<Box<dyn Listener>> = vec![Box::new(log), screen(json)];
    Ok(Box::new(both))
}
