//! The `gscript` program: the command line and what a person sees of a run.
//!
//! `cli` is the grammar, `commands` has a file per command, `screen` shows a run while it goes,
//! `render` shows plans and failures, `ask` asks, `shell` is the session by hand, `state` is where runs
//! are kept.

// A terminal may be gone before everything is given back: printing must not end the program.
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod abandon;
mod ask;
mod cli;
mod commands;
mod finding;
mod lock;
mod render;
mod screen;
mod shell;
mod state;

use std::process::ExitCode;

use clap::Parser;
use gscript::error::Exit;
use gscript::script;
use gscript::system::on_large_stack;

use cli::{Cli, Command};
use screen::{Shown, say, tell};

#[global_allocator]
static ALLOCATOR: script::Counting = script::Counting;

fn main() -> ExitCode {
    quiet_core_dumps();
    script::on_hang(abandon::abandon);
    // The first process of a virtual machine has its thread to itself.
    match std::process::id() {
        1 => program(),
        _ => on_large_stack(program, script::stack_used_up),
    }
}

fn program() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(asked_or_wrong(&error) as u8),
    };
    let exit = match cli.command {
        Some(Command::Plan(args)) => commands::plan::plan(&args),
        Some(Command::Step(args)) => commands::step::step(&args),
        Some(Command::Apply(args)) => commands::apply::apply(&args),
        Some(Command::Try(args)) => commands::trial::trial(&args),
        Some(Command::Resume(args)) => commands::resume::resume(&args),
        Some(Command::Shell(args)) => commands::shell::shell(&args),
        Some(Command::Log(args)) => commands::log::log(&args),
        Some(Command::Release(args)) => commands::release::release(&args),
        Some(Command::Check(args)) => commands::check::check(&args),
        Some(Command::Test(args)) => commands::test::test(&args),
        Some(Command::Doc { name }) => commands::doc::doc(name.as_deref()),
        Some(Command::Run(args)) => commands::run::run(&args),
        Some(Command::Fork(args)) => commands::fork::fork(&args),
        Some(Command::List) => commands::list::list(),
        Some(Command::Probe { anonymous }) => commands::probe::probe(anonymous),
        Some(Command::Completions { shell }) => commands::completions::completions(shell),
        Some(Command::Reopen { journal, values }) => commands::reopen::reopen(&journal, &values),
        Some(Command::Cell(args)) => return commands::guest::cell(&args),
        Some(Command::Sweep { directory }) => commands::guest::sweep(&directory),
        Some(Command::Guest { order, .. }) => commands::guest::guest(&order),
        None => match (&cli.eval, &cli.run.recipe) {
            (Some(text), _) => commands::eval::eval(text, cli.lua),
            (None, Some(_)) => commands::run::run(&cli.run),
            (None, None) if ask::somebody() || shell::has_script() => {
                commands::shell::shell(&cli::ShellArgs::default())
            }
            (None, None) => commands::help(),
        },
    };
    ExitCode::from(exit as u8)
}

/// Shows the help or version that was asked for, or says what is wrong with the command line. It repeats
/// words of the command line, so it goes through the same door as everything.
fn asked_or_wrong(error: &clap::Error) -> Exit {
    let text = Shown::lines(&error.render());
    match error.use_stderr() {
        true => {
            tell(&text.trimmed());
            Exit::Usage
        }
        false => {
            say(&text.trimmed());
            Exit::Done
        }
    }
}

/// Passphrases pass through this process: it must not leave its memory on a disk.
fn quiet_core_dumps() {
    // Where the kernel refuses, there is nothing better to do than to go on.
    let _ = nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0);
    let _ = nix::sys::prctl::set_dumpable(false);
}
