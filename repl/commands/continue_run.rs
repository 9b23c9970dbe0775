//! Choices after a failure, on a terminal: retry, edit the recipe, skip the action, or quit.

use gscript::failure::Failure;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use gscript::error::Exit;
use gscript::recipe::{Answers, Origin, Recipe};
use gscript::run::attempt::{Attempt, ContinueMode, DependentCall, RunOutcome};
use gscript::run::interactive::InteractiveSession;
use gscript::run::job::Job;
use gscript::script::parse;
use gscript::system::{Cmd, Interrupts, NoopWatch, Real, Stdin, Step, System};
use gscript::types::{Map, Value};

use super::change::show_change;
use super::{print_bad_recipe, this_machine, variables_overriding};
use crate::ask;
use crate::ask::AskChoice;
use crate::cli::{LimitArgs, Values};
use crate::render::{self, Problem};
use crate::screen::print_stderr;
use crate::shell::{Request, ReviewMode, ReviewingApprover, Shell, Steps, print_greeting};
use crate::state::{RunDirectory, time};

/// How a run is carried out and shown.
pub(super) struct Continuation<'a> {
    pub(super) directory: &'a RunDirectory,
    /// Whether the user is prompted after a failure.
    pub(super) asks: bool,
    /// Whether events are printed as JSON.
    pub(super) json: bool,
    /// The position in the recipe, if it runs step by step.
    pub(super) steps: Option<&'a Steps>,
}

/// The recipe as edited by the user, with its variables.
struct Edited {
    recipe: Recipe,
    variables: Map,
}

/// A choice of the user after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Retry,
    Edit,
    Skip,
    OpenShell,
    Back,
    Quit,
}

impl From<Request> for Next {
    fn from(request: Request) -> Self {
        match request {
            Request::OpenShell => Self::OpenShell,
            Request::Edit => Self::Edit,
            Request::Back => Self::Back,
            Request::Quit => Self::Quit,
        }
    }
}

/// Runs the recipe until it ends, the user quits, or the run cannot continue.
pub(super) fn run_to_end(
    mut attempt: Attempt,
    job: &Job<'_>,
    continuation: &Continuation<'_>,
) -> Result<Exit, Exit> {
    let mut edited: Option<Edited> = None;
    loop {
        let now = with(job, edited.as_ref());
        let request = continuation.steps.and_then(Steps::take_request).map(Next::from);
        let next = match request {
            Some(next) => next,
            None if continuation.asks && is_editable(&attempt) => {
                report(&attempt, &now);
                choose(&attempt, &now)
            }
            None => break,
        };
        match next {
            Next::Retry => attempt.continue_with(&now, ContinueMode::Retry, time()),
            Next::Skip => attempt.continue_with(&now, ContinueMode::Skip, time()),
            Next::Edit => {
                match edit_recipe(&attempt, &now, continuation.directory) {
                    Some(new) => {
                        if let Some(steps) = continuation.steps {
                            steps.changed(new.recipe.chapters());
                        }
                        attempt.continue_with(
                            &with(job, Some(&new)),
                            ContinueMode::Changed,
                            time(),
                        );
                        edited = Some(new);
                    }
                    // A step is prompted for again; a failure is reported again.
                    None if request.is_some() => {
                        attempt.continue_with(&now, ContinueMode::Retry, time());
                    }
                    None => {}
                }
            }
            Next::OpenShell => {
                open_shell(&mut attempt, &now);
                if request.is_some() {
                    attempt.continue_with(&now, ContinueMode::Retry, time());
                }
            }
            Next::Back => {
                undo_last(&mut attempt);
                attempt.continue_with(&now, ContinueMode::Retry, time());
            }
            Next::Quit => break,
        }
    }
    let recipe = edited.as_ref().map_or(job.recipe, |edited| &edited.recipe);
    report_outcome(attempt.end(), recipe, continuation)
}

/// Returns whether the user may choose how to continue: not after Ctrl-C, and not if a guard or the
/// user has refused the action.
fn is_editable(attempt: &Attempt) -> bool {
    let record_resumed = |error: &Failure| ![Exit::Stopped, Exit::Refused].contains(&error.exit());
    attempt.can_continue() && attempt.error().is_some_and(record_resumed)
}

fn with<'a>(job: &Job<'a>, edited: Option<&'a Edited>) -> Job<'a> {
    match edited {
        Some(Edited { recipe, variables }) => Job { recipe, variables, ..job.clone() },
        None => job.clone(),
    }
}

fn report(attempt: &Attempt, job: &Job<'_>) {
    let Some(error) = attempt.error() else { return };
    let mut problem = Problem::in_recipe(error, job.recipe);
    problem.notes.push(("state", "mounts and devices opened by this run are still open".into()));
    print_stderr("");
    problem.print();
}

fn choose(attempt: &Attempt, job: &Job<'_>) -> Next {
    let mut choices = vec![
        AskChoice::new('r', "retry", Next::Retry),
        AskChoice::new('e', format!("edit {} and continue", job.recipe.name), Next::Edit),
    ];
    if let Some(call) = attempt.failed_action() {
        let (sign, below) = describe_dependents(&attempt.dependent_calls(job));
        let skip = AskChoice::new('s', format!("skip {call} and continue; {sign}"), Next::Skip);
        choices.push(skip.below(below));
    }
    choices.push(AskChoice::new(
        'h',
        "open an interactive shell, then return here",
        Next::OpenShell,
    ));
    choices.push(AskChoice::new('q', "clean up and quit", Next::Quit));
    ask::choice("What now?", &choices).unwrap_or(Next::Quit)
}

/// Undoes the last action, if that is possible.
fn undo_last(attempt: &mut Attempt) {
    match attempt.undo_last() {
        Ok(Some(call)) => print_stderr(&format!("undone: {call}")),
        Ok(None) => print_stderr("there is no action to undo"),
        Err(error) => {
            let mut problem = Problem::new(error.to_string());
            problem.help = error.remedy();
            problem.print();
        }
    }
}

/// Opens an interactive shell in the run, with the recipe's variables.
fn open_shell(attempt: &mut Attempt, job: &Job<'_>) {
    let mode = Rc::new(Cell::new(ReviewMode::Ask));
    let shown = ReviewingApprover { mode: Rc::clone(&mode), destroy: Vec::new(), touched: None };
    let work = |bench: &mut InteractiveSession| {
        print_greeting(&format!("Interactive shell in {}, with its variables", job.recipe.name));
        for (then, now) in bench.device_names().pairs() {
            print_stderr(&format!(
                "{then} of the run is now {now}; in this shell it keeps the name \
                {then}."
            ));
        }
        Shell::new(bench, mode, &job.recipe.stem()).run_interactive();
    };
    if let Err(error) = attempt.run_interactively(job, Box::new(shown), work) {
        Problem::of(&error, &job.recipe.text).print();
    }
}

/// Describes the actions that would fail after a skip: the end of the line of the choice, and the
/// lines below it.
fn describe_dependents(dependents: &[DependentCall]) -> (&'static str, Vec<String>) {
    let Some(first) = dependents.first() else {
        return ("no later action is known to depend on it", Vec::new());
    };
    let more = (dependents.len() > 1).then(|| format!("and {} more", dependents.len() - 1));
    let below = std::iter::once(format!("{}: {}", first.call, first.why)).chain(more);
    ("these actions will then fail:", below.collect())
}

/// Lets the user edit the recipe. Returns `None` if it is unchanged or invalid.
fn edit_recipe(attempt: &Attempt, job: &Job<'_>, directory: &RunDirectory) -> Option<Edited> {
    let path = editable(job.recipe, directory)?;
    edit(&path)?;
    let (name, origin) = (job.recipe.name.clone(), job.recipe.origin.clone());
    let recipe = Recipe::load(&path).map_err(print_bad_recipe).ok()?;
    let recipe = Recipe { name, origin, ..recipe };
    if recipe.texts().same(&job.recipe.texts()) {
        print_stderr(&format!("{} is unchanged.", path.display()));
        return None;
    }
    if let Err(error) = parse(recipe.language, &recipe.name, &recipe.text) {
        Problem::in_recipe(&error, &recipe).print();
        return None;
    }
    show_change(&job.recipe.texts(), &recipe);
    if !ask::confirm("Continue with the changed recipe?") {
        return None;
    }
    let (machine, _) = this_machine(job.interrupts.clone(), LimitArgs::default()).ok()?;
    let names = attempt.names();
    let mut answers = Answers::default();
    for (name, value) in job.variables {
        if recipe.front.params.iter().any(|param| param.name == *name) && *value != Value::Unit {
            answers.insert(name, names.value_now(value));
        }
    }
    let variables = variables_overriding(answers, &recipe, &Values::default(), &machine).ok()?;
    let then = |(name, value): &(String, Value)| (name.clone(), names.value_then(value));
    Some(Edited { recipe, variables: variables.iter().map(then).collect() })
}

/// Returns the file of the recipe, or a copy in the run directory if there is no such file.
fn editable(recipe: &Recipe, directory: &RunDirectory) -> Option<PathBuf> {
    if let Origin::File(own) = &recipe.origin
        && own.is_file()
    {
        return Some(own.clone());
    }
    let copy = directory.file(Path::new(&recipe.name).file_name()?);
    if copy.is_file() {
        return Some(copy);
    }
    match std::fs::write(&copy, &recipe.text) {
        Ok(()) => Some(copy),
        Err(error) => {
            Problem::new(format!("failed to write {}: {error}", copy.display())).print();
            None
        }
    }
}

/// Opens a file in the user's editor, chosen like `git` and `crontab` do.
fn edit(path: &Path) -> Option<()> {
    let mut cmd = Cmd::tool("sh")
        .args(["-c", "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"", "sh"])
        .arg(path.to_string_lossy())
        .stdin(Stdin::Terminal)
        .limit(None)
        .accept_any_exit_code();
    for name in ["VISUAL", "EDITOR", "LANG", "LC_ALL", "TERMINFO"] {
        if let Ok(value) = std::env::var(name) {
            cmd = cmd.env(name, value);
        }
    }
    let ended = Real::new(Interrupts::default()).perform(&Step::Run(cmd), &mut NoopWatch);
    match ended {
        Ok(outcome) if outcome.code == 0 => Some(()),
        Ok(outcome) => {
            Problem::new(format!("the editor failed with exit code {}", outcome.code))
                .help("set EDITOR to another editor, or edit the recipe and run: gscript resume")
                .print();
            None
        }
        Err(error) => {
            Problem::new(error.to_string()).print();
            None
        }
    }
}

/// Reports how a run ended, and returns its exit code.
fn report_outcome(
    outcome: RunOutcome,
    recipe: &Recipe,
    going: &Continuation<'_>,
) -> Result<Exit, Exit> {
    let log = going.directory.log();
    let RunOutcome { error: Some(error), clean, lasting, .. } = outcome else {
        if !going.json {
            print_stderr(&format!("Log: {}", log.display()));
        }
        return Ok(Exit::Done);
    };
    let mut problem = Problem::in_recipe(&error, recipe);
    let state = match clean {
        true => "nothing of this run is mounted or open",
        false => "some mounts or devices of this run could not be released; see above",
    };
    problem.notes.push(("state", state.into()));
    if let Some(persistent) = render::persistent_changes(&lasting) {
        problem.notes.push(("state", persistent));
    }
    problem.notes.push(("log", log.display().to_string()));
    let journal = going.directory.journal();
    problem.notes.push(("resume", format!("gscript resume {}", journal.display())));
    print_stderr("");
    problem.print();
    Err(error.exit().of_a_run())
}
