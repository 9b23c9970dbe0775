//! `gscript resume`: goes on with a run, within what was agreed to when it began.

use std::path::Path;

use gscript::action::Effect;
use gscript::approval::Approval;
use gscript::error::Exit;
use gscript::event::Listener;
use gscript::journal::{Head, State, Story, Texts};
use gscript::machine::Machine;
use gscript::recipe::{Answers, Recipe};
use gscript::resume::{Hands, Names, Past, shell};
use gscript::run::Job;
use gscript::script::{Module, ScriptError};
use gscript::session::Gate;
use gscript::types::{Map, Value, unhex};
use similar::TextDiff;

use super::go_on::{Going, see_through};
use super::run::{consent, listener, prove};
use super::{carried, interrupts, load, past, this_machine_with, variables_above};
use crate::cli::{ResumeArgs, Values};
use crate::lock::Lock;
use crate::render::Problem;
use crate::screen::tell;
use crate::shell::{Prose, Stepper, Steps};
use crate::state::{RunFolder, time};
use crate::{DONE, ask};

pub(crate) fn resume(args: &ResumeArgs) -> Exit {
    match try_resume(args) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn try_resume(args: &ResumeArgs) -> Result<Exit, Exit> {
    let unfinished = |story: &Story| matches!(story.state(), State::Failed | State::Unfinished);
    let story = past::find(args.run.as_deref(), args.journal.as_deref(), unfinished)?;
    past::not_running(&story)?;
    let seed = resumable(&story, args.shell)?;
    let recipe = recipe(&story)?;
    let changed = !recipe.texts().same(&story.texts());
    if changed {
        confirm_change(&story, &recipe, args)?;
    }
    let interrupts = interrupts()?;
    let (machine, real) = this_machine_with(interrupts.clone(), args.patience)?;
    let names = past::names(&story, &machine)?;
    for (then, now) in names.pairs() {
        tell(&format!("{then} of the run is {now} now."));
    }
    carried::not_in_its_own_way(&story, &names, &machine)?;
    let variables = variables(&story, &recipe, args, &machine, &names)?;
    let past = Past { story, names, changed };
    let approval = past.approval();
    let lock = Lock::take(&recipe.name, &approval, &machine)?;
    let mut journal = past::reopen(&past.story)?;
    let renamed = past.names.pairs().to_vec();
    let text = changed.then(|| recipe.texts());
    journal.resumed(time(), text, renamed).map_err(|error| {
        Problem::new(error.to_string()).print();
        Exit::Failed
    })?;
    let folder = RunFolder::of(&past.story.path);
    let listener = listener(&folder, args.json)?;
    if args.shell {
        let hands = Hands { machine, real, listener, interrupts };
        return enter(&past, &variables, hands, journal);
    }
    let terminal = ask::somebody() && !args.json;
    let job = Job { recipe: &recipe, variables: &variables, seed, interrupts, terminal };
    let steps = args.step.then(|| Steps::new(recipe.chapters()));
    let (listener, gate) = match &steps {
        Some(steps) => {
            let both: Vec<Box<dyn Listener>> = vec![listener, Box::new(Prose(steps.clone()))];
            let gate = Gate::Enforce(Approval::default(), Box::new(Stepper(steps.clone())));
            (Box::new(both) as Box<dyn Listener>, gate)
        }
        None => (listener, Gate::Enforce(approval, consent(terminal))),
    };
    let attempt = job.begin(machine, real, gate, listener, Some(journal), Some(&past));
    let going = Going { folder: &folder, asks: terminal, json: args.json, steps: steps.as_deref() };
    let exit = see_through(attempt, &job, &going);
    drop(lock);
    let exit = exit?;
    if let (false, Some(after)) = (changed, &past.story.head().after) {
        prove(&past.names.data_now(after))?;
    }
    Ok(exit)
}

/// What can't be gone on with is said before anything else.
fn resumable(story: &Story, shell: bool) -> Result<[u8; 32], Exit> {
    let Head { format, seed, effects, .. } = story.head();
    let name = story.name();
    let refuse = |why: String, help: String| {
        Problem::new(why).help(help).print();
        Exit::Refused
    };
    let Some(seed) = unhex(seed) else {
        let why = format!("{name} can't be resumed: its journal is of format {format}");
        return Err(refuse(why, "run the recipe again: what is already so is kept".into()));
    };
    if story.state() == State::Finished && !shell {
        let why = format!("{name} is finished: there is nothing to go on with");
        return Err(refuse(why, format!("see what it did: gscript log {name}")));
    }
    let disks = |effect: &Effect| {
        !matches!(effect, Effect::Writes { .. } | Effect::Reads { .. } | Effect::Network { .. })
    };
    if effects.iter().any(|bound| disks(&bound.effect)) && !nix::unistd::geteuid().is_root() {
        let why = "this run changes disks and mounts: only root can do that".to_owned();
        return Err(refuse(why, "run it again as root: sudo gscript resume".into()));
    }
    Ok(seed)
}

/// The recipe as it is now; as it was, where its file is gone.
fn recipe(story: &Story) -> Result<Recipe, Exit> {
    let Head { path, recipe: name, .. } = story.head();
    let path = Path::new(path);
    let recipe = match path.exists() {
        true => load(path)?,
        false => Recipe::recorded(name, story.texts()).map_err(|bad| {
            Problem::new(bad.to_string()).help(bad.remedy).print();
            Exit::Usage
        })?,
    };
    Ok(Recipe { name: name.clone(), ..recipe })
}

/// Shows how a recipe and its modules differ from the texts that ran.
pub(super) fn show_change(ran: &Texts, recipe: &Recipe) {
    let show = |file: &str, then: &str, now: &str| {
        if then != now {
            let diff = TextDiff::from_lines(then, now);
            let diff = diff.unified_diff().context_radius(2).header("as it ran", "now").to_string();
            tell(&format!("{file} is not the text that was run:\n{}", diff.trim_end()));
        }
    };
    show(&recipe.name, &ran.text, &recipe.text);
    let same = |a: &Module, b: &Module| a.name == b.name && a.language() == b.language();
    for module in &recipe.modules {
        let then = ran.modules.iter().find(|then| same(then, module));
        show(&module.file, then.map_or("", |then| &then.text), &module.text);
    }
    for gone in &ran.modules {
        if !recipe.modules.iter().any(|now| same(now, gone)) {
            show(&gone.file, &gone.text, "");
        }
    }
}

/// Another text is another program: the person has to see it.
fn confirm_change(story: &Story, recipe: &Recipe, args: &ResumeArgs) -> Result<(), Exit> {
    show_change(&story.texts(), recipe);
    if args.changed_recipe_ok || (ask::somebody() && ask::yes("Go on with the new text?")) {
        return Ok(());
    }
    let mut problem = Problem::new("the run is not resumed: the recipe has changed");
    problem.notes.push(("now", "nothing has been changed".into()));
    problem.help("agree to the new text: gscript resume --changed-recipe-ok").print();
    Err(Exit::Refused)
}

/// The parameters of the run; secrets are asked for again.
///
/// Devices are checked by the names that they have now; the script sees those of then.
fn variables(
    story: &Story,
    recipe: &Recipe,
    args: &ResumeArgs,
    machine: &Machine,
    names: &Names,
) -> Result<Map, Exit> {
    let mut answers = Answers::default();
    for (name, value) in story.head().params.as_object().into_iter().flatten() {
        match names.value_now(&Value::from(value.clone())) {
            Value::Unit | Value::Map(_) => {}
            value => answers.insert(name, value),
        }
    }
    let values = Values { set: Vec::new(), answers: args.answers.clone() };
    let variables = variables_above(answers, recipe, &values, machine)?;
    Ok(variables.iter().map(|(name, value)| (name.clone(), names.value_then(value))).collect())
}

/// A shell in the root, with everything open.
fn enter(
    past: &Past,
    variables: &Map,
    hands: Hands,
    journal: gscript::journal::Journal,
) -> Result<Exit, Exit> {
    let Some(root) = past.root() else {
        Problem::new(format!("{} has mounted no root to enter", past.story.name()))
            .help("go on with it: gscript resume")
            .print();
        return Err(Exit::Refused);
    };
    let (failure, clean) = shell(past, variables, &root, hands, journal);
    if let Some(failure) = failure {
        Problem::of(&ScriptError::Failure(Box::new(failure)), "").print();
        return Err(Exit::Failed);
    }
    if !clean {
        Problem::new("not everything could be given back, see above")
            .help(format!("end what uses it, then: gscript release {}", past.story.name()))
            .print();
        return Err(Exit::Failed);
    }
    Ok(DONE)
}
