//! `gscript RECIPE`: plan, ask once, run.

use gscript::error::Exit;
use gscript::event::{Event, Listener};
use gscript::machine::{Machine, compare};
use gscript::plan::approval::{Approval, Consent, Nobody};
use gscript::plan::report::Report;
use gscript::recipe::Recipe;
use gscript::run::job::{Job, RunStart, new_journal};
use gscript::run::session::{Gate, Hands};
use gscript::system::{Interrupts, Real};
use gscript::types::Map;

use super::agree::{Person, agree};
use super::go_on::{Going, run_to_end};
use super::past::unrecorded;
use super::{interrupts, load, seed, this_machine, this_machine_with, variables};
use crate::ask;
use crate::cli::{HowArgs, RunArgs};
use crate::lock::{Lock, leave_alone};
use crate::render::{self, Problem};
use crate::screen::{Stream, screen, style, tell};
use crate::state::{Log, RunFolder, time};

/// A recipe without further words, as a session runs it.
pub(crate) fn by_name(recipe: &str) {
    // It has told how it ended.
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
    let (machine, real) = this_machine_with(interrupts.clone(), args.how.patience)?;
    let variables = variables(&recipe, &args.values, &machine)?;
    let terminal = ask::somebody() && !args.how.json;
    let job = Job { recipe: &recipe, variables: &variables, seed: seed()?, interrupts, terminal };
    let report = plan(&job, &machine)?;
    within_needs(&recipe, &report.approval, &variables)?;
    needs_root(&report)?;
    // A run that was agreed to on the command line just goes.
    if !args.how.json && !args.how.yes {
        render::show(&report, style(), &Stream::Error);
    }
    let agreed = Agreed { approval: report.approval, after: report.after, fixed: false };
    agree_and_carry_out(&args.how, &job, machine, real, &agreed)
}

/// What a person is asked for.
pub(super) struct Agreed {
    /// The effects.
    pub(super) approval: Approval,
    /// The machine as it will be.
    pub(super) after: Machine,
    /// Whether nothing may be approved in the middle of the run.
    pub(super) fixed: bool,
}

/// The first pass.
pub(super) fn plan(job: &Job<'_>, machine: &Machine) -> Result<Report, Exit> {
    job.plan(machine, Box::new(Real::new(job.interrupts.clone()))).or_else(|failed| {
        let (error, report) = *failed;
        // Whoever is at it right now knows better what to do with it than a way to free it.
        if let Some(device) = error.device_in_use() {
            leave_alone(device, machine)?;
        }
        let mut problem = Problem::in_recipe(&error, job.recipe);
        problem.notes.push(("now", "nothing has been changed".into()));
        problem.print();
        drop(report);
        Err(error.exit())
    })
}

/// Refuses a plan that does what its recipe does not announce.
pub(super) fn within_needs(
    recipe: &Recipe,
    approval: &Approval,
    variables: &Map,
) -> Result<(), Exit> {
    let Some(needs) = &recipe.front.needs else { return Ok(()) };
    match needs.exceeded(approval.effects(), variables) {
        None => Ok(()),
        Some(exceeded) => {
            let failure = exceeded.failure(&recipe.name);
            let mut problem = Problem::of(&failure, "");
            problem.notes.push(("not announced", exceeded.effects.join("\n")));
            problem.print();
            Err(Exit::Refused)
        }
    }
}

/// Whether a plan can only be carried out by root.
pub(super) fn needs_root(report: &Report) -> Result<(), Exit> {
    if report.needs_root() && !nix::unistd::geteuid().is_root() {
        Problem::new("this recipe changes disks and mounts: only root can do that")
            .help("run it again as root: sudo gscript …")
            .print();
        return Err(Exit::Refused);
    }
    Ok(())
}

/// Asks, and runs the recipe.
pub(super) fn agree_and_carry_out(
    how: &HowArgs,
    job: &Job<'_>,
    machine: Machine,
    real: Real,
    agreed: &Agreed,
) -> Result<Exit, Exit> {
    agree(&agreed.approval, &machine, how)?;
    let exit = carry_out(how, job, machine, real, agreed)?;
    if how.prove {
        prove(&agreed.after)?;
    }
    Ok(exit)
}

/// Holds the machine against the plan, as a whole.
pub(super) fn prove(planned: &Machine) -> Result<(), Exit> {
    let (found, _) = this_machine(Interrupts::default())?;
    let differences = compare(planned, &found, None);
    if differences.is_empty() {
        tell("The machine is as planned.");
        return Ok(());
    }
    let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
    let mut problem = Problem::new("every step went well, but the machine is not as planned");
    problem.notes.push(("differs", differences.join("\n")));
    problem.print();
    Err(Exit::Failed)
}

/// The second pass.
fn carry_out(
    how: &HowArgs,
    job: &Job<'_>,
    machine: Machine,
    real: Real,
    agreed: &Agreed,
) -> Result<Exit, Exit> {
    let lock = Lock::take(&job.recipe.name, &agreed.approval, &machine)?;
    let folder = RunFolder::create(how.journal.as_deref(), &job.recipe.stem())
        .map_err(|error| unrecorded(&error))?;
    let mut start = RunStart::new(folder.number(), time());
    start.after = how.prove.then(|| agreed.after.clone());
    let journal = new_journal(&folder.journal(), job, &machine, &agreed.approval, start)
        .inspect_err(|_| folder.discard())
        .map_err(|error| unrecorded(&error))?;
    let mut listener = listener(&folder, how.json)?;
    remember(&folder, how.journal.is_some(), listener.as_mut());
    let gate =
        Gate::Enforce(agreed.approval.clone(), consent(job.terminal && !how.yes && !agreed.fixed));
    let hands = Hands { machine, real, listener, interrupts: job.interrupts.clone() };
    let attempt = job.begin(hands, gate, Some(journal));
    let asks = job.terminal && !how.yes;
    let exit =
        run_to_end(attempt, job, &Going { folder: &folder, asks, json: how.json, steps: None });
    drop(lock);
    exit
}

/// Says so where a journal will not outlive a reboot, and nobody chose its place.
pub(super) fn remember(folder: &RunFolder, chosen: bool, listener: &mut dyn Listener) {
    if !chosen && folder.forgets() {
        let text = format!(
            "the journal in {} is gone after a reboot: to be able to resume then, keep it on a \
             stick or disk with --journal DIR",
            folder.journal().display()
        );
        listener.hear(&Event::Warning { text });
    }
}

/// Who is asked in the middle of a run.
pub(super) fn consent(somebody: bool) -> Box<dyn Consent> {
    if somebody { Box::new(Person) } else { Box::new(Nobody) }
}

/// The log of the run and the screen.
pub(super) fn listener(folder: &RunFolder, json: bool) -> Result<Box<dyn Listener>, Exit> {
    let log = Log::create(folder).map_err(|error| unrecorded(&error))?;
    let both: Vec<Box<dyn Listener>> = vec![Box::new(log), screen(json)];
    Ok(Box::new(both))
}
