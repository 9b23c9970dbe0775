//! The grammar of the command line.

mod author;
mod builds;
mod collections;
mod examples;
mod network;
mod runs;
mod sandbox;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use gscript::types::Choice;
use gscript::vm::Firmware;

pub(crate) use author::{
    AnswersArgs, CheckArgs, DiffArgs, ForkArgs, InfoArgs, TestArgs, UpdateArgs,
};
pub(crate) use builds::BuildLogArgs;
pub(crate) use collections::{AddArgs, CollectionCommand, RemoveArgs, SearchArgs, SignArgs};
use examples::EXAMPLES;
pub(crate) use network::ConfirmArgs;
pub(crate) use runs::{ApplyArgs, HowArgs, LimitArgs, LossArgs, RunArgs, StepArgs, Values};
pub(crate) use sandbox::SandboxArgs;

/// Plan, run, resume, test and share installation and recovery guides
#[derive(Parser)]
#[command(
    name = "gscript",
    bin_name = "gscript",
    version,
    about,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) direct: DirectArgs,
}

/// What the program does without a command.
#[derive(Args)]
pub(crate) struct DirectArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Evaluate an expression, which can read this machine but not change it, and print its value
    #[arg(short = 'e', long = "eval", value_name = "TEXT", conflicts_with = "recipe")]
    pub(crate) eval: Option<String>,
    /// Evaluate the expression as Lua instead of Rhai
    #[arg(long, requires = "eval")]
    pub(crate) lua: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show the plan of a recipe, ask for confirmation, and run it; same as gscript RECIPE
    #[command(arg_required_else_help = true)]
    Run(RunArgs),
    /// Show what a recipe would do, without changing anything
    Plan(PlanArgs),
    /// Run a recipe action by action: run, skip or undo each one, or use the shell in between
    Step(StepArgs),
    /// Carry out a plan that was saved with plan --out
    Apply(ApplyArgs),
    /// Run a recipe for real in a throw-away virtual machine
    Try(TryArgs),
    /// Resume a failed or interrupted run, even after a reboot
    ///
    /// The approval of the earlier run does not count. Resuming asks before anything is opened
    /// again, and once more for the remaining actions; only data that will still be lost is
    /// confirmed by name. --yes approves both, with --destroy for each of these devices.
    Resume(ResumeArgs),
    /// Start an interactive shell: query, act, undo, save what worked as a recipe
    Shell(ShellArgs),
    /// List runs, or show the log of one
    Log(LogArgs),
    /// Show the build log of a package of Portage, and follow it while the package is being built
    BuildLog(BuildLogArgs),
    /// Clean up what a run left mounted or unlocked, or release a device that is in use
    Release(ReleaseArgs),
    /// Keep a change of the network that a recipe has made, or list those that are not confirmed
    ///
    /// A recipe that changes links of an SSH connection waits for this command (net.confirm), and
    /// restores the links if it does not come in time. It must come over a new SSH connection that
    /// uses a changed link; if the run was not started over SSH, also from a local console.
    Confirm(ConfirmArgs),
    /// Find mistakes in recipes without running them
    Check(CheckArgs),
    /// Run tests of recipes on simulated machines
    Test(TestArgs),
    /// Show the reference of all primitives, of a domain, or of one primitive
    Doc {
        /// A primitive (luks.format) or a domain (luks)
        name: Option<String>,
    },
    /// List the bundled recipes, copies of them in this directory, and the recipes of collections; or the guests of this machine
    List(ListArgs),
    /// Install a collection of recipes of another author
    ///
    /// Its recipes are then run by name: gscript COLLECTION/RECIPE. Nothing of a collection is
    /// evaluated while it is installed. A signed collection is installed if the user accepts the
    /// key of its author; recipes of one that is not signed must be confirmed whenever they run.
    Add(AddArgs),
    /// Remove an installed collection
    Remove(RemoveArgs),
    /// Search the names and titles of bundled recipes and of installed collections
    Search(SearchArgs),
    /// Create, check or sign a collection
    #[command(subcommand)]
    Collection(CollectionCommand),
    /// Show the description, the parameters and the needs of a recipe, without evaluating it
    Info(InfoArgs),
    /// Write a copy of a bundled recipe, or of a recipe of a collection, to edit
    Fork(ForkArgs),
    /// Show what a copy of a recipe changes
    Diff(DiffArgs),
    /// Merge the changes of a recipe into a copy of it, or update a collection
    Update(UpdateArgs),
    /// Print an answers file for a recipe: every parameter, with its default commented out
    Answers(AnswersArgs),
    /// Print a description of this machine as JSON
    Probe(ProbeArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Reopen the devices and mounts of a run, check that its changes persist, and close them
    #[command(hide = true)]
    Reopen {
        /// The journal of the run
        journal: PathBuf,
        /// Archive of the files that the run left in memory
        #[arg(long)]
        memory: Option<PathBuf>,
        #[command(flatten)]
        values: Values,
    },
    /// Save the files that a run left in memory, for the second boot of `try`
    #[command(hide = true)]
    SaveMemory {
        /// Directory of the run
        runs: PathBuf,
        /// Archive to create
        archive: PathBuf,
    },
    /// Restore links unless their change is confirmed
    #[command(hide = true)]
    KeepRollback {
        /// Identifier of the change
        change: String,
    },
    /// Confine a virtual machine that is described on standard input
    #[command(hide = true)]
    Sandbox(SandboxArgs),
    /// Remove a directory when standard input ends
    #[command(hide = true)]
    Sweep {
        /// Directory to remove
        directory: PathBuf,
    },
    /// Run as the first process of the virtual machine of `try`
    #[command(hide = true)]
    Guest {
        /// File with the command to run in it
        order: PathBuf,
        /// Directory of the kernel's modules
        modules: PathBuf,
        /// Arguments that the kernel adds for its first process
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
}

#[derive(Args)]
pub(crate) struct PlanArgs {
    /// Recipe: a name of gscript list, or a .rhai or .lua file
    pub(crate) recipe: PathBuf,
    #[command(flatten)]
    pub(crate) values: Values,
    /// Plan for the machine described in this file instead of this machine
    #[arg(long, value_name = "FILE")]
    pub(crate) machine: Option<PathBuf>,
    /// Print the plan as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Save the plan, to be carried out with gscript apply
    #[arg(long, value_name = "FILE", conflicts_with = "machine")]
    pub(crate) out: Option<PathBuf>,
    /// Draw the disks before and after the run into this SVG file
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) patience: LimitArgs,
}

#[derive(Args)]
pub(crate) struct ListArgs {
    /// List the guests of this machine: name, kind, state, process, directory
    #[arg(long)]
    pub(crate) guests: bool,
    #[command(flatten)]
    pub(crate) patience: LimitArgs,
}

#[derive(Args)]
pub(crate) struct ProbeArgs {
    /// Omit what identifies the machine: serial numbers, UUIDs, labels, names of users and hosts
    #[arg(long)]
    pub(crate) anonymous: bool,
    #[command(flatten)]
    pub(crate) patience: LimitArgs,
}

#[derive(Args)]
pub(crate) struct TryArgs {
    /// Recipe: a name of gscript list, or a .rhai or .lua file
    pub(crate) recipe: PathBuf,
    #[command(flatten)]
    pub(crate) values: Values,
    /// Size of a virtual disk, in the order of the recipe's parameters (repeatable) [default: 8G
    /// for each disk]
    #[arg(long, value_name = "SIZE")]
    pub(crate) disk: Vec<String>,
    /// Size of the virtual USB stick
    #[arg(long, value_name = "SIZE", default_value = "64M")]
    pub(crate) usb: String,
    /// Memory of the virtual machine
    #[arg(long, value_name = "SIZE", default_value = "512M")]
    pub(crate) memory: String,
    /// Keep the disks, journals and logs in this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Boot the installed disk in an emulated PC with this firmware [default: bios], and wait for
    /// its first process on the serial console. With --stage3, the kernel command line must have
    /// console=ttyS0
    #[arg(long, value_name = "FIRMWARE", num_args = 0..=1, require_equals = true,
        default_missing_value = Firmware::WORDS[0], value_parser = PossibleValuesParser::new(Firmware::WORDS))]
    pub(crate) boot: Option<String>,
    /// Tarball to unpack, with its .DIGESTS beside it [default: a small stand-in is built]
    #[arg(long, value_name = "FILE")]
    pub(crate) stage3: Option<PathBuf>,
    /// Print one JSON event per line on standard output
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) patience: LimitArgs,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct ResumeArgs {
    /// Run to resume, by its name or journal [default: the newest unfinished run]
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Read secrets from a TOML file
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Do not ask for confirmation; each device to be destroyed must be named with --destroy
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) losses: LossArgs,
    /// Resume even if the recipe has changed since
    #[arg(long)]
    pub(crate) changed_recipe_ok: bool,
    /// Show every action, and ask whether to run it
    #[arg(long, conflicts_with_all = ["json", "shell"])]
    pub(crate) step: bool,
    /// Restore what was mounted and unlocked, and open a shell in the root instead of resuming
    #[arg(long, conflicts_with = "json")]
    pub(crate) shell: bool,
    /// Print one JSON event per line on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Directory of the run
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) patience: LimitArgs,
}

#[derive(Args, Default)]
pub(crate) struct ShellArgs {
    /// Use Lua instead of Rhai
    #[arg(long)]
    pub(crate) lua: bool,
    /// Use vi key bindings
    #[arg(long)]
    pub(crate) vi: bool,
    /// Ask only before data is destroyed
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) losses: LossArgs,
    #[command(flatten)]
    pub(crate) patience: LimitArgs,
}

#[derive(Args)]
pub(crate) struct LogArgs {
    /// Run to show, by its name or journal [default: list all runs]
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Print the records as JSON, one per line
    #[arg(long)]
    pub(crate) json: bool,
    /// Directory of the runs
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ReleaseArgs {
    /// Run, by its name or journal, or device [default: the newest run]
    #[arg(value_name = "RUN|DEVICE")]
    pub(crate) what: Option<String>,
    /// Do not ask for confirmation
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print one JSON event per line on standard output
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) patience: LimitArgs,
    /// Exit with this code afterwards: the code of the run whose script was abandoned
    #[arg(long, hide = true, value_name = "CODE")]
    pub(crate) then: Option<u8>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
