//! The grammar of the command line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use gscript::types::Choice;
use gscript::vm::Firmware;

const EXAMPLES: &str = "\
Examples:
  gscript plan encrypted-root --set disk=/dev/sda
        what the recipe would do here; changes nothing
  gscript plan encrypted-root --out plan.json && sudo gscript apply plan.json
        read the plan first, carry out exactly that
  gscript try encrypted-root
        do it for real in a throw-away virtual machine
  sudo gscript encrypted-root
        plan, ask, and do it on this machine
  sudo gscript resume
        go on after a failure, a crash or a reboot
  sudo gscript
        work by hand: ask, try, take back
  gscript fork encrypted-root my-recipe.rhai
        write a copy of a bundled recipe to edit
  gscript check my-recipe.rhai
        misspelt names, chapters that nothing reaches, needs that nothing needs
  gscript test encrypted-root
        the recipe's tests, on simulated machines with simulated faults
  gscript doc luks.format
        how a primitive is called

Exit codes: 0 done, 1 failed, 2 usage or recipe error, 3 refused, 4 stopped on request.";

/// Installation and recovery guides as scripts: planned, run, tested and shared.
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
    pub(crate) run: RunArgs,
    /// Evaluate an expression and print its value
    #[arg(short = 'e', long = "eval", value_name = "TEXT", conflicts_with = "recipe")]
    pub(crate) eval: Option<String>,
    /// The expression is Lua
    #[arg(long, requires = "eval")]
    pub(crate) lua: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Plan a recipe, ask, and run it; the same as gscript RECIPE
    #[command(arg_required_else_help = true)]
    Run(RunArgs),
    /// Show what a recipe would do, without doing it
    Plan(PlanArgs),
    /// Go through a recipe action by action: run, leave out, take back, try something in between
    Step(StepArgs),
    /// Carry out a plan that was saved with plan --out
    Apply(ApplyArgs),
    /// Run a recipe for real in a throw-away virtual machine
    Try(TryArgs),
    /// Go on with a run that failed or was cut off, also after a reboot
    Resume(ResumeArgs),
    /// Work by hand, step by step: ask, try, take back, keep what worked as a recipe
    Shell(ShellArgs),
    /// Show the runs, or what one of them did
    Log(LogArgs),
    /// Give back what a run left mounted or open, or free a device
    Release(ReleaseArgs),
    /// Look for mistakes in recipes without running them
    Check(CheckArgs),
    /// Run the tests of recipes on simulated machines
    Test(TestArgs),
    /// Show the reference: all primitives, a domain, or one of them
    Doc {
        /// A primitive (luks.format) or a domain (luks)
        name: Option<String>,
    },
    /// List the bundled recipes
    List,
    /// Write a copy of a bundled recipe to edit
    Fork(ForkArgs),
    /// Print this machine as JSON
    Probe {
        /// Leave out what identifies it: serial numbers, UUIDs, labels, names of people and hosts
        #[arg(long)]
        anonymous: bool,
    },
    /// Print shell completions
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Open again what a run left, check that it lasted, and close it
    #[command(hide = true)]
    Reopen {
        /// The journal of the run
        journal: PathBuf,
        #[command(flatten)]
        values: Values,
    },
    /// Confine a virtual machine: the order comes from standard input
    #[command(hide = true)]
    Cell(CellArgs),
    /// Remove a directory when standard input ends
    #[command(hide = true)]
    Sweep {
        /// The directory
        folder: PathBuf,
    },
    /// The first process of the virtual machine of `try`
    #[command(hide = true)]
    Guest {
        /// What to do in it
        order: PathBuf,
        /// Words that the kernel adds for its first process
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
}

/// Values for a recipe's parameters.
#[derive(Args, Clone, Default)]
pub(crate) struct Values {
    /// Give a parameter its value (repeatable)
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_value)]
    pub(crate) set: Vec<(String, String)>,
    /// Take values from a TOML file
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
}

#[derive(Args, Clone, Default)]
pub(crate) struct RunArgs {
    /// The recipe to run: a bundled one (gscript list), or a .rhai or .lua file
    #[arg(value_name = "RECIPE")]
    pub(crate) recipe: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) values: Values,
    #[command(flatten)]
    pub(crate) how: HowArgs,
}

/// How a run is agreed to, shown and recorded.
#[derive(Args, Clone, Default)]
pub(crate) struct HowArgs {
    /// Do not ask; every disk that is destroyed must be named with --destroy
    #[arg(long)]
    pub(crate) yes: bool,
    /// Agree that everything on this device is lost (repeatable)
    #[arg(long, value_name = "DEVICE")]
    pub(crate) destroy: Vec<String>,
    /// Print one JSON event per line on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Keep journal and log in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
    /// Look at the whole machine afterwards and fail where it is not as planned
    #[arg(long)]
    pub(crate) prove: bool,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

/// How long one waits.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct Patience {
    /// End a tool of the system (lsblk, gpg …) that takes longer, or one that works on a disk
    /// (mkfs, e2fsck, cryptsetup …) when it does nothing for so long; 300 when left out
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
}

/// Words that the first program of a cell hands to the second.
#[derive(Args)]
pub(crate) struct CellArgs {
    /// What runs there, as a list in JSON; without it, this is the first program
    #[arg(long, requires_all = ["owner", "largest_file", "alive", "root"])]
    pub(crate) inside: Option<String>,
    /// Its user, group, and one more group
    #[arg(long, default_value = "")]
    pub(crate) owner: String,
    /// How large a file may become
    #[arg(long, default_value_t = 0)]
    pub(crate) largest_file: u64,
    /// A descriptor that is at its end when the first program has ended
    #[arg(long, default_value_t = 0)]
    pub(crate) alive: i32,
    /// The directory that becomes the root
    #[arg(long, default_value = "/")]
    pub(crate) root: PathBuf,
}

#[derive(Args)]
pub(crate) struct ForkArgs {
    /// The bundled recipe
    #[arg(value_name = "RECIPE")]
    pub(crate) name: String,
    /// The file to write, which must not exist; the recipe's own name in this directory when left out
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct StepArgs {
    /// The recipe: a bundled one (gscript list), or a .rhai or .lua file
    pub(crate) recipe: PathBuf,
    #[command(flatten)]
    pub(crate) values: Values,
    /// Keep journal and log in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ApplyArgs {
    /// The saved plan
    pub(crate) plan: PathBuf,
    #[command(flatten)]
    pub(crate) values: Values,
    #[command(flatten)]
    pub(crate) how: HowArgs,
}

#[derive(Args)]
pub(crate) struct PlanArgs {
    /// The recipe: a bundled one (gscript list), or a .rhai or .lua file
    pub(crate) recipe: PathBuf,
    #[command(flatten)]
    pub(crate) values: Values,
    /// Plan for the machine in this file instead of this one
    #[arg(long, value_name = "FILE")]
    pub(crate) machine: Option<PathBuf>,
    /// Print the plan as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Save the plan, to be carried out with gscript apply
    #[arg(long, value_name = "FILE", conflicts_with = "machine")]
    pub(crate) out: Option<PathBuf>,
    /// Draw the disks before and after into this SVG file
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct TryArgs {
    /// The recipe: a bundled one (gscript list), or a .rhai or .lua file
    pub(crate) recipe: PathBuf,
    #[command(flatten)]
    pub(crate) values: Values,
    /// Size of the virtual disk
    #[arg(long, value_name = "SIZE", default_value = "8G")]
    pub(crate) disk: String,
    /// Size of the virtual USB stick
    #[arg(long, value_name = "SIZE", default_value = "64M")]
    pub(crate) usb: String,
    /// Memory of the virtual machine
    #[arg(long, value_name = "SIZE", default_value = "512M")]
    pub(crate) memory: String,
    /// Keep disks, journals and logs in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Boot the disk in the end, in an emulated PC with this firmware (bios when left out): its first
    /// process has to be heard on the serial line. With --stage3, the kernel needs console=ttyS0 for that
    #[arg(long, value_name = "FIRMWARE", num_args = 0..=1, require_equals = true,
        default_missing_value = Firmware::WORDS[0], value_parser = PossibleValuesParser::new(Firmware::WORDS))]
    pub(crate) boot: Option<String>,
    /// The tarball to unpack, with its .DIGESTS beside it; a small root is built without it
    #[arg(long, value_name = "FILE")]
    pub(crate) stage3: Option<PathBuf>,
    /// Print one JSON event per line on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct ResumeArgs {
    /// The run: its name or its journal; the newest one that did not reach its end when left out
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Take secrets from a TOML file
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Do not ask; every disk that is destroyed must be named with --destroy
    #[arg(long)]
    pub(crate) yes: bool,
    /// Approve that everything on this device is lost (repeatable)
    #[arg(long, value_name = "DEVICE")]
    pub(crate) destroy: Vec<String>,
    /// Go on although the recipe has another text by now
    #[arg(long)]
    pub(crate) changed_recipe_ok: bool,
    /// Show every action, and ask what becomes of it
    #[arg(long, conflicts_with_all = ["json", "shell"])]
    pub(crate) step: bool,
    /// Open everything again, and then a shell in the root instead of going on
    #[arg(long, conflicts_with = "json")]
    pub(crate) shell: bool,
    /// Print one JSON event per line on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Look for the run in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

#[derive(Args, Default)]
pub(crate) struct ShellArgs {
    /// Speak Lua
    #[arg(long)]
    pub(crate) lua: bool,
    /// Keys as in vi
    #[arg(long)]
    pub(crate) vi: bool,
    /// Do not ask, but before something is destroyed
    #[arg(long)]
    pub(crate) yes: bool,
    /// Agree that everything on this device is lost (repeatable)
    #[arg(long, value_name = "DEVICE")]
    pub(crate) destroy: Vec<String>,
}

#[derive(Args)]
pub(crate) struct LogArgs {
    /// The run: its name or its journal; all of them when left out
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Print the records as JSON, one per line
    #[arg(long)]
    pub(crate) json: bool,
    /// Look for runs in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ReleaseArgs {
    /// A run, by its name or its journal, or a device; the newest run when left out
    #[arg(value_name = "RUN|DEVICE")]
    pub(crate) what: Option<String>,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print one JSON event per line on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Exit with this code afterwards: that of the run whose script was abandoned
    #[arg(long, hide = true, value_name = "CODE")]
    pub(crate) then: Option<u8>,
}

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// The recipes: bundled ones (gscript list), or .rhai or .lua files
    #[arg(required = true, value_name = "RECIPE")]
    pub(crate) recipes: Vec<PathBuf>,
    /// Give a parameter its value instead of a made-up one (repeatable)
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_value)]
    pub(crate) set: Vec<(String, String)>,
    /// Plan for the machine in this file instead of a made-up one
    #[arg(long, value_name = "FILE")]
    pub(crate) machine: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct TestArgs {
    /// Files of tests, recipes that have some beside them, bundled recipes, or directories; this directory when left out
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only tests whose name contains this (repeatable)
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,
    /// Print one JSON object per test on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

fn name_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it must look like NAME=VALUE".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
