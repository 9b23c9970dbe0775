//! `gscript RECIPE`: plan, ask once, run.

use gscript::approval::{Approval, Bound};
use gscript::error::Exit;
use gscript::event::Listener;
use gscript::machine::Machine;
use gscript::recipe::Recipe;
use gscript::report::Report;
use gscript::run::{Job, Outcome, new_journal};
use gscript::script::ScriptError;
use gscript::system::{Cmd, Program, Real, Step};
use gscript::types::Map;

use super::{interrupts, load, seed, this_machine, variables};
use crate::cli::RunArgs;
use crate::render::{self, Problem};
use crate::screen::{screen, style};
use crate::state::{Log, RunFolder};
use crate::{DONE, ask};

pub(crate) fn run(args: &RunArgs) -> Exit {
    match try_run(args) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn try_run(args: &RunArgs) -> Result<Exit, Exit> {
    let Some(path) = &args.recipe else { return Err(super::help()) };
    let recipe = load(path)?;
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone())?;
    let variables = variables(&recipe, &args.values, &machine)?;
    let terminal = ask::somebody() && !args.json;
    let job = Job { recipe: &recipe, variables: &variables, seed: seed()?, interrupts, terminal };
    let report = plan(&job, &machine)?;
    within_needs(&recipe, &report, &variables)?;
    needs_root(&report)?;
    if !args.json && !quiet(args) {
        eprint!("{}{}", render::plan(&report), render::summary(&report));
    }
    agree(&report.approval, &machine, args)?;
    carry_out(args, &job, machine, real, report.approval)
}

/// Whether the plan has been seen: a run that was agreed to on the command line just goes.
fn quiet(args: &RunArgs) -> bool {
    args.yes
}

/// The first pass.
pub(super) fn plan(job: &Job<'_>, machine: &Machine) -> Result<Report, Exit> {
    job.plan(machine, Box::new(Real::new(job.interrupts.clone()))).map_err(|failed| {
        let (error, report) = *failed;
        let mut problem = Problem::of(&error, &job.recipe.text);
        problem.notes.push(("now", "nothing has been changed".into()));
        problem.print();
        drop(report);
        exit_of(&error)
    })
}

fn exit_of(error: &ScriptError) -> Exit {
    match error {
        ScriptError::Script { .. } => Exit::Usage,
        ScriptError::Stopped { .. } => Exit::Stopped,
        ScriptError::Failure(failure) => failure.error.exit(),
    }
}

fn within_needs(recipe: &Recipe, report: &Report, variables: &Map) -> Result<(), Exit> {
    let Some(needs) = &recipe.front.needs else { return Ok(()) };
    match needs.exceeded(&report.approval, variables) {
        None => Ok(()),
        Some(exceeded) => {
            let mut problem =
                Problem::new(format!("{} does more than it says it needs", recipe.name));
            problem.notes.push(("not announced", exceeded.effects.join("\n")));
            problem.help("read the recipe; if it is right, add this to its [needs]").print();
            Err(Exit::Refused)
        }
    }
}

/// Whether a plan can only be carried out by root.
fn needs_root(report: &Report) -> Result<(), Exit> {
    let privileged = |step: &Step| match step {
        Step::Run(Cmd { program, .. }) => {
            !matches!(program, Program::Tool(name) if name.starts_with("mkfs."))
        }
        Step::Mount(_)
        | Step::Unmount { .. }
        | Step::SwapOn { .. }
        | Step::SwapOff { .. }
        | Step::FillRandom { .. }
        | Step::Unpack { .. }
        | Step::Chown { .. } => true,
        _ => false,
    };
    let needed = report.approval.destroyed().next().is_some()
        || report.calls().flat_map(|call| &call.steps).any(privileged);
    if needed && !nix::unistd::geteuid().is_root() {
        Problem::new("this recipe changes disks and mounts: only root can do that")
            .help("run it again as root: sudo gscript …")
            .print();
        return Err(Exit::Refused);
    }
    Ok(())
}

/// Nothing is destroyed that was not named, or lies on what was named.
fn agree(approval: &Approval, machine: &Machine, args: &RunArgs) -> Result<(), Exit> {
    let mut open: Vec<&Bound> = Vec::new();
    for bound in approval.destroyed() {
        let named = |given: &&String| {
            machine.find(given).is_some_and(|found| bound.below.contains(&found.path))
        };
        if !args.destroy.iter().any(|given| named(&given)) {
            open.push(bound);
        }
    }
    let strangers = args.destroy.iter().find(|given| machine.find(given).is_none());
    if let Some(given) = strangers {
        Problem::new(format!("--destroy names {given}, and there is no such device"))
            .help("list the disks: lsblk")
            .print();
        return Err(Exit::Usage);
    }
    if open.is_empty() && args.yes {
        return Ok(());
    }
    if !ask::somebody() || args.yes {
        return Err(not_named(&open, machine));
    }
    for bound in open {
        let Some(identity) = &bound.identity else { continue };
        let name = identity.path.trim_start_matches("/dev/");
        let shown = style().red(&format!("Everything on {identity} will be lost."));
        eprintln!("\n{shown}");
        let typed = ask::line(&format!("Type its name ({name}) to go on")).map_err(|_| refuse())?;
        if typed != name {
            return Err(refuse());
        }
    }
    if approval.destroyed().next().is_none() {
        let typed = ask::line("Go on? (yes/no)").map_err(|_| refuse())?;
        if !matches!(typed.as_str(), "y" | "yes") {
            return Err(refuse());
        }
    }
    Ok(())
}

fn refuse() -> Exit {
    eprintln!("Nothing has been changed.");
    Exit::Refused
}

fn not_named(open: &[&Bound], machine: &Machine) -> Exit {
    let by_id = |bound: &&Bound| {
        let identity = bound.identity.as_ref()?;
        // What is not there yet is agreed to by naming what it will lie on.
        let there = bound.below.iter().find(|path| machine.find(path).is_some());
        Some(match there.filter(|path| **path != identity.path) {
            Some(path) => machine.by_id(path).unwrap_or_else(|| path.clone()),
            None => identity.by_id.clone().unwrap_or_else(|| identity.path.clone()),
        })
    };
    let flags: std::collections::BTreeSet<String> =
        open.iter().filter_map(by_id).map(|name| format!("--destroy {name}")).collect();
    let flags: Vec<String> = flags.into_iter().collect();
    let lost: Vec<String> = open
        .iter()
        .filter_map(|bound| bound.identity.as_ref())
        .map(|identity| format!("everything on {identity}"))
        .collect();
    let mut problem = Problem::new("nobody is there to agree to this run");
    if !lost.is_empty() {
        problem.notes.push(("would be lost", lost.join("\n")));
    }
    problem.notes.push(("now", "nothing has been changed".into()));
    problem
        .help(format!("agree on the command line: --yes {}", flags.join(" ")).trim_end())
        .print();
    Exit::Refused
}

/// The second pass.
fn carry_out(
    args: &RunArgs,
    job: &Job<'_>,
    machine: Machine,
    real: Real,
    approval: Approval,
) -> Result<Exit, Exit> {
    let recipe = job.recipe;
    let failed = |error: String| {
        Problem::new(format!("can't keep a record of the run: {error}"))
            .help("name a folder that can be written to: --journal DIR")
            .print();
        Exit::Failed
    };
    let folder = RunFolder::create(args.journal.as_deref(), &recipe.stem())
        .map_err(|error| failed(error.to_string()))?;
    let log = Log::create(&folder.log()).map_err(|error| failed(error.to_string()))?;
    let journal = new_journal(&folder.journal(), recipe, job.variables)
        .map_err(|error| failed(error.to_string()))?;
    let listener: Vec<Box<dyn Listener>> = vec![Box::new(log), screen(args.json)];
    let outcome = job.run(machine, real, approval, Box::new(listener), Some(journal));
    let log = folder.log();
    let Outcome { error: Some(error), clean, lasting, .. } = outcome else {
        if !args.json {
            eprintln!("Log: {}", log.display());
        }
        return Ok(DONE);
    };
    let mut problem = Problem::of(&error, &recipe.text);
    let state = match clean {
        true => "this run has left nothing mounted or open",
        false => "some of what this run mounted or opened could not be given back, see above",
    };
    problem.notes.push(("now", state.into()));
    if let Some(remains) = render::remains(&lasting) {
        problem.notes.push(("stays", remains));
    }
    problem.notes.push(("log", log.display().to_string()));
    eprintln!();
    problem.print();
    Err(exit_of(&error))
}
