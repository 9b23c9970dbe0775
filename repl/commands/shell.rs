//! `gscript shell`: an interactive shell on this machine.

use std::cell::Cell;
use std::rc::Rc;

use gscript::error::Exit;
use gscript::plan::approval::Approval;
use gscript::recipe::Recipe;
use gscript::run::interactive::InteractiveSession;
use gscript::run::job::{Job, RunStart, new_journal};
use gscript::run::session::{Gate, RealMachine, Setup};
use gscript::script::Language;
use gscript::types::Map;

use super::past::journal_error;
use super::run::listener;
use super::{interrupts, seed, this_machine};
use crate::ask::{self, AskChoice};
use crate::cli::ShellArgs;
use crate::lock::SessionTargets;
use crate::render::Problem;
use crate::screen::print_stderr;
use crate::shell::{Launcher, ReviewMode, ReviewingApprover, Shell, is_piped, print_greeting};
use crate::state::{RunDirectory, time};

pub(crate) fn shell(args: &ShellArgs) -> Exit {
    match try_shell(args) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn try_shell(args: &ShellArgs) -> Result<Exit, Exit> {
    let language = if args.lua { Language::Lua } else { Language::Rhai };
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone(), args.patience)?;
    let recipe = Recipe::parse("session", language, String::new()).map_err(|bad| {
        Problem::new(bad.to_string()).print();
        Exit::Failed
    })?;
    let (variables, seed) = (Map::new(), seed()?);
    let terminal = ask::is_interactive();
    let job = Job { recipe: &recipe, variables: &variables, seed, interrupts, terminal };
    let directory = RunDirectory::create(None, "session").map_err(|error| journal_error(&error))?;
    let start = RunStart::new(directory.number(), time());
    let journal = new_journal(&directory.journal(), &job, &machine, &Approval::default(), start)
        .map_err(|error| journal_error(&error))?;
    let mode = Rc::new(Cell::new(if args.yes { ReviewMode::Allow } else { ReviewMode::Ask }));
    let shown = ReviewingApprover {
        mode: Rc::clone(&mode),
        destroy: args.losses.destroy.clone(),
        touched: Some(SessionTargets::default()),
    };
    let gate = Gate::Enforce(Approval::default(), Box::new(shown));
    let (listener, interrupts) = (listener(&directory, false)?, job.interrupts.clone());
    let hands = RealMachine { machine, real, listener, interrupts };
    let setup = Setup { seed, terminal, ..hands.setup(gate, Some(journal)) };
    let mut bench = InteractiveSession::new(setup, language).map_err(|error| {
        Problem::of(&error, "").print();
        Exit::Failed
    })?;
    let exit = run_shell(&mut bench, mode, args);
    let nothing = bench.performed_actions().is_empty();
    let clean = offer_release(bench);
    if nothing {
        directory.remove();
    }
    Ok(if clean { exit } else { Exit::Failed })
}

const LAUNCHER: Launcher = Launcher { run: super::run::by_name, step: super::step::by_name };

fn run_shell(bench: &mut InteractiveSession, mode: Rc<Cell<ReviewMode>>, args: &ShellArgs) -> Exit {
    let mut shell = Shell::new(bench, mode, "gscript").with_vi(args.vi).with_launcher(LAUNCHER);
    if is_piped() {
        return shell.read(std::io::stdin().lock());
    }
    print_greeting("Interactive shell on this machine");
    shell.run_interactive();
    Exit::Done
}

/// Asks whether to release mounts and devices that are still open; without a user, releases them.
fn offer_release(bench: InteractiveSession) -> bool {
    let held = bench.pending_releases();
    if held.is_empty() {
        return bench.end(false);
    }
    print_stderr("Left mounted or open by this session:");
    for release in &held {
        print_stderr(&format!("  release with: {release}"));
    }
    let choices = [AskChoice::new('r', "release it", true), AskChoice::new('k', "keep it", false)];
    let release = ask::choice("Release or keep it?", &choices).unwrap_or(true);
    bench.end(release)
}
