//! The commands, one file each, and the functions that they share.

pub(crate) mod add;
pub(crate) mod answers;
pub(crate) mod apply;
pub(crate) mod approve;
pub(crate) mod build_log;
mod carried;
mod change;
pub(crate) mod check;
pub(crate) mod collection;
pub(crate) mod completions;
pub(crate) mod confirm;
mod continue_run;
pub(crate) mod doc;
mod doubt;
pub(crate) mod eval;
pub(crate) mod fork;
pub(crate) mod guest;
pub(crate) mod info;
mod install;
pub(crate) mod list;
pub(crate) mod log;
mod past;
pub(crate) mod plan;
pub(crate) mod probe;
pub(crate) mod release;
pub(crate) mod reopen;
pub(crate) mod resume;
pub(crate) mod run;
pub(crate) mod search;
pub(crate) mod shell;
pub(crate) mod step;
pub(crate) mod test;
pub(crate) mod trial;
mod trial_answers;
pub(crate) mod update;

use std::path::Path;
use std::time::Duration;

use clap::CommandFactory;
use gscript::error::{Error, Exit};
use gscript::journal::{Untrusted, read_own};
use gscript::machine::Machine;
use gscript::plan::report::UDEV_CAUTION;
use gscript::recipe::{Answers, BadRecipe, COLLECTION, NamedRecipe, ParamDecl, ParamError, Recipe};
use gscript::system::{
    FailureKind, Input, Interrupts, Private, Real, StepError, System, hide_records,
    read_input_text, read_private,
};
use gscript::types::Map;

use crate::ask;
use crate::cli::{Cli, LimitArgs, Values};
use crate::collections;
use crate::render::Problem;
use crate::screen::{Shown, Stream, is_terminal_stream, print_stderr};

/// Prints the usage.
pub(crate) fn help() -> Exit {
    print_stderr(&Shown::lines(&Cli::command().render_help()));
    Exit::Usage
}

/// Loads the recipe that a command-line argument names, or prints an error.
fn load(word: &Path) -> Result<Recipe, Exit> {
    if let Some(recipe) = collections::recipe(word) {
        return recipe;
    }
    let named = NamedRecipe::find(word).map_err(print_bad_recipe)?;
    if let Some(note) = &named.note {
        print_stderr(&format!("note: {note}"));
    }
    named.load().map_err(print_bad_recipe)
}

/// Reads the recipe at a recorded location, or prints an error; returns `None` if it no longer
/// exists.
fn recipe_at(location: &str) -> Option<Result<Recipe, Exit>> {
    if location.starts_with(COLLECTION) {
        return collections::recipe_at(location);
    }
    Some(Recipe::at(location)?.map_err(print_bad_recipe))
}

/// Prints why a recipe cannot be used.
fn print_bad_recipe(bad: BadRecipe) -> Exit {
    let mut problem = Problem::new(bad.why.clone()).help(bad.remedy.clone());
    // The error may be in a module.
    let text = read_input_text(Path::new(&*bad.site.file), Input::Script).unwrap_or_default();
    problem.source = &text;
    if bad.site.line > 0 {
        problem.site = Some(bad.site);
    }
    problem.print();
    Exit::Usage
}

/// Returns the recipe's variables: from the command line, a file and prompts.
fn variables(recipe: &Recipe, values: &Values, machine: &Machine) -> Result<Map, Exit> {
    variables_overriding(Answers::default(), recipe, values, machine)
}

/// Returns the variables for a plan, which needs no secrets.
fn variables_without_secrets(
    recipe: &Recipe,
    values: &Values,
    machine: &Machine,
) -> Result<Map, Exit> {
    let mut answers = Answers::default();
    answers.use_placeholder_secrets(recipe);
    variables_overriding(answers, recipe, values, machine)
}

/// Returns the recipe's variables; values from the command line and a file override earlier
/// answers.
fn variables_overriding(
    before: Answers,
    recipe: &Recipe,
    values: &Values,
    machine: &Machine,
) -> Result<Map, Exit> {
    let wrong = |error: &ParamError| {
        let why = match error {
            ParamError::Placed { .. } => error.to_string(),
            _ => format!("{}: {error}", recipe.name),
        };
        Problem::new(why).help(error.remedy()).print();
        Exit::Usage
    };
    let mut answers = before;
    for (name, value) in &values.set {
        refuse_secret_argument(recipe, name)?;
        answers.set(name, value);
    }
    if let Some(path) = &values.answers {
        let file = path.display().to_string();
        if !is_pipe(path) {
            read_trusted(path, "answers file")?;
        }
        let read = read_answers_file(path)?;
        answers.read(&file, &read.text, recipe).map_err(|error| wrong(&error))?;
        private_if_secret(&answers, path, read.open_to_others)?;
    }
    if ask::is_interactive() {
        ask::parameters(recipe, machine, &mut answers).map_err(|ask::PromptEnded| Exit::Refused)?;
    }
    answers.variables(recipe, machine).map_err(|error| wrong(&error))
}

/// Returns whether the path is a pipe from the shell: `--answers <(pass …)`.
fn is_pipe(path: &Path) -> bool {
    path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd")
}

/// Reads a file that only this user or root could have written.
fn read_trusted(path: &Path, what: &str) -> Result<String, Exit> {
    const MAX_SIZE: u64 = 256 << 20;
    let named = format!("{what} {}", path.display());
    if is_pipe(path) {
        return std::fs::read_to_string(path).map_err(|error| {
            Problem::new(format!("{named}: {error}")).print();
            Exit::Usage
        });
    }
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let bytes = read_own(&path, MAX_SIZE).map_err(|untrusted| {
        let mut problem = Problem::new(format!("{named}: {untrusted}"));
        problem.help = untrusted.remedy();
        problem.print();
        match untrusted {
            Untrusted::ForeignOwner { .. } | Untrusted::WritableByOthers { .. } => Exit::Refused,
            _ => Exit::Usage,
        }
    })?;
    String::from_utf8(bytes).map_err(|_| {
        Problem::new(format!("{named}: not valid UTF-8")).print();
        Exit::Usage
    })
}

/// Refuses a secret on the command line, which every user of the machine can read.
fn refuse_secret_argument(recipe: &Recipe, name: &str) -> Result<(), Exit> {
    let secret = |param: &&ParamDecl| param.name == *name && param.is_secret();
    if recipe.front.params.iter().any(|param| secret(&param)) {
        Problem::new(format!(
            "{name}: secrets are not allowed on the command line, where every \
            user can read them"
        ))
        .help("omit it to be prompted, or put it into a file with mode 0600: --answers FILE")
        .print();
        return Err(Exit::Refused);
    }
    Ok(())
}

/// Reads an answers file.
fn read_answers_file(path: &Path) -> Result<Private, Exit> {
    read_private(path).map_err(|error| {
        Problem::new(format!("failed to read the answers in {}: {error}", path.display()))
            .help("use a TOML file that you own: --answers FILE")
            .print();
        Exit::Usage
    })
}

/// Refuses an answers file with a secret that other users can read.
fn private_if_secret(answers: &Answers, path: &Path, open: bool) -> Result<(), Exit> {
    if let (Some(name), true) = (answers.literal_secret(), open) {
        let file = path.display();
        Problem::new(format!(
            "{file}: contains the secret {name:?} and is readable by other users"
        ))
        .help(format!("chmod 600 {file}"))
        .print();
        return Err(Exit::Refused);
    }
    Ok(())
}

impl LimitArgs {
    /// Returns the limit given on the command line.
    pub(crate) fn limit(self) -> Option<Duration> {
        self.limit.map(Duration::from_secs)
    }
}

/// Returns the probed state of this machine, and the system that changes it.
fn this_machine(interrupts: Interrupts, limits: LimitArgs) -> Result<(Machine, Real), Exit> {
    if let Ok(records) = crate::state::state() {
        hide_records(&records);
    }
    let mut real = Real::new(interrupts).with_limit(limits.limit());
    if is_terminal_stream(&Stream::Error) {
        let wait = |what: &str| print_stderr(&format!("{what}; press Ctrl-C to stop"));
        real.announce_waits(Some(Box::new(wait)));
    }
    let mut machine = Machine::empty();
    let found = real.probe(&mut machine, None);
    real.announce_waits(None);
    match found {
        Ok(_) => Ok((machine, real)),
        Err(error) => Err(not_probed(error)),
    }
}

/// Prints why this machine could not be probed.
fn not_probed(error: StepError) -> Exit {
    let interrupted = error.broken == FailureKind::Interrupted;
    let mut problem = match interrupted {
        true => {
            Problem::new(format!("stopped on request while probing this machine: {}", error.step))
        }
        false => Problem::new(format!("failed to probe this machine: {error}")),
    };
    if !error.tail.is_empty() {
        problem.notes.push(("output", error.tail.join("\n")));
    }
    if interrupted {
        problem.nothing_changed();
    }
    problem.help = match error.broken {
        FailureKind::Exit(_) | FailureKind::Unreadable(_) => Some(
            "run that command manually and fix what it reports; gscript needs its output to \
             protect disks in use"
                .into(),
        ),
        _ => Error::from(error.clone()).remedy(),
    };
    problem.print();
    Error::from(error).exit()
}

/// Prints what a probe could not find out.
fn print_probe_notes(machine: &Machine) {
    let secondhand = machine.host.secondhand.then(|| UDEV_CAUTION.to_owned());
    for note in secondhand.into_iter().chain(machine.probe_notes()) {
        print_stderr(&format!("warning: {note}"));
    }
}

/// Installs the handler for Ctrl-C.
fn interrupts() -> Result<Interrupts, Exit> {
    Interrupts::listen().map_err(|error| {
        Problem::new(format!("failed to install a signal handler: {error}")).print();
        Exit::Failed
    })
}

/// Returns a random seed for the identifiers of a run.
fn seed() -> Result<[u8; 32], Exit> {
    let mut seed = [0; 32];
    let read = std::fs::File::open("/dev/urandom")
        .and_then(|mut random| std::io::Read::read_exact(&mut random, &mut seed));
    match read {
        Ok(()) => Ok(seed),
        Err(error) => {
            Problem::new(format!("failed to read /dev/urandom: {error}")).print();
            Err(Exit::Failed)
        }
    }
}
