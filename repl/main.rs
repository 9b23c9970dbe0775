//! The `gscript` program: the command line and the terminal output of a run.
//!
//! `cli` defines the grammar, `command_line` parses the arguments, `commands` has a file per
//! command, `screen` shows the progress of a run, `render` shows plans and failures, `ask` prompts
//! the user, `shell` is the interactive shell, `state` locates run directories, `originals` keeps
//! what copies of recipes were made of,
//! `collections` the collections that are installed, `whole` replaces files.

// The terminal may disappear before cleanup has finished: a failed print must not end the program.
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod abandon;
mod ask;
mod cli;
mod collections;
mod command_line;
mod commands;
mod finding;
mod lock;
mod originals;
mod render;
mod screen;
mod shell;
mod state;
mod whole;

use std::process::ExitCode;

use gscript::error::Exit;
use gscript::script;
use gscript::system::on_large_stack;

use cli::{Cli, Command};
use screen::{Shown, print_stderr, print_stdout};

#[global_allocator]
static ALLOCATOR: script::Counting = script::Counting;

fn main() -> ExitCode {
    disable_core_dumps();
    script::on_hang(abandon::abandon);
    // As process 1 of a virtual machine, the program runs on its main thread.
    match std::process::id() {
        1 => program(),
        _ => on_large_stack(program, script::stack_overflowed),
    }
}

fn program() -> ExitCode {
    let Cli { command, direct } = match command_line::parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(print_help_or_error(&error) as u8),
    };
    let exit = match command {
        Some(Command::Plan(args)) => commands::plan::plan(&args),
        Some(Command::Step(args)) => commands::step::step(&args),
        Some(Command::Apply(args)) => commands::apply::apply(&args),
        Some(Command::Try(args)) => commands::trial::trial(&args),
        Some(Command::Resume(args)) => commands::resume::resume(&args),
        Some(Command::Shell(args)) => commands::shell::shell(&args),
        Some(Command::Log(args)) => commands::log::log(&args),
        Some(Command::BuildLog(args)) => commands::build_log::build_log(&args),
        Some(Command::Release(args)) => commands::release::release(&args),
        Some(Command::Confirm(args)) => commands::confirm::confirm(&args),
        Some(Command::KeepRollback { change }) => commands::confirm::keep(&change),
        Some(Command::Check(args)) => commands::check::check(&args),
        Some(Command::Test(args)) => commands::test::test(&args),
        Some(Command::Doc { name }) => commands::doc::doc(name.as_deref()),
        Some(Command::Run(args)) => commands::run::run(&args),
        Some(Command::Fork(args)) => commands::fork::fork(&args),
        Some(Command::Diff(args)) => commands::update::diff(&args),
        Some(Command::Update(args)) => commands::update::update(&args),
        Some(Command::Answers(args)) => commands::answers::answers(&args),
        Some(Command::Info(args)) => commands::info::info(&args),
        Some(Command::List(args)) => commands::list::list(&args),
        Some(Command::Add(args)) => commands::add::add(&args),
        Some(Command::Remove(args)) => commands::add::remove(&args),
        Some(Command::Search(args)) => commands::search::search(&args),
        Some(Command::Collection(args)) => commands::collection::collection(&args),
        Some(Command::Probe(args)) => commands::probe::probe(&args),
        Some(Command::Completions { shell }) => commands::completions::completions(shell),
        Some(Command::Reopen { journal, memory, values }) => {
            commands::reopen::reopen(&journal, memory.as_deref(), &values)
        }
        Some(Command::SaveMemory { runs, archive }) => commands::reopen::save(&runs, &archive),
        Some(Command::Sandbox(args)) => return commands::guest::sandbox(&args),
        Some(Command::Sweep { directory }) => commands::guest::sweep(&directory),
        Some(Command::Guest { order, modules, .. }) => commands::guest::guest(&order, &modules),
        None => match (&direct.eval, &direct.run.recipe) {
            (Some(text), _) => commands::eval::eval(text, direct.lua, direct.run.how.patience),
            (None, Some(_)) => commands::run::run(&direct.run),
            (None, None) if ask::is_interactive() || shell::has_script() => {
                let patience = direct.run.how.patience;
                commands::shell::shell(&cli::ShellArgs { patience, ..cli::ShellArgs::default() })
            }
            (None, None) => commands::help(),
        },
    };
    ExitCode::from(exit as u8)
}

/// Prints the requested help or version, or the error in the command line. The output repeats
/// arguments, so it is escaped like all other output.
fn print_help_or_error(error: &clap::Error) -> Exit {
    let text = Shown::lines(&error.render());
    match error.use_stderr() {
        true => {
            print_stderr(&text.trimmed());
            Exit::Usage
        }
        false => {
            print_stdout(&text.trimmed());
            Exit::Done
        }
    }
}

/// Disables core dumps: passphrases in the memory of this process must not be written to a disk.
fn disable_core_dumps() {
    // If the kernel refuses, the program continues without this protection.
    let _ = nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0);
    let _ = nix::sys::prctl::set_dumpable(false);
}
