//! The arguments of commands that run a recipe.

use std::path::PathBuf;

use clap::Args;

use super::author::name_value;

/// Values for a recipe's parameters.
#[derive(Args, Clone, Default)]
pub(crate) struct Values {
    /// Set a parameter (repeatable)
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_value)]
    pub(crate) set: Vec<(String, String)>,
    /// Read parameters from a TOML file
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
}

#[derive(Args, Clone, Default)]
pub(crate) struct RunArgs {
    /// Recipe to run: a name of gscript list, or a .rhai or .lua file
    #[arg(value_name = "RECIPE")]
    pub(crate) recipe: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) values: Values,
    #[command(flatten)]
    pub(crate) how: HowArgs,
}

/// How a run is approved, shown and recorded.
#[derive(Args, Clone, Default)]
pub(crate) struct HowArgs {
    /// Do not ask for confirmation; each device to be destroyed must be named with --destroy
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) losses: LossArgs,
    /// Print one JSON event per line on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Keep the journal and the log in this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
    /// Compare the whole machine with the plan after the run, and fail if they differ
    #[arg(long)]
    pub(crate) prove: bool,
    #[command(flatten)]
    pub(crate) patience: LimitArgs,
}

/// Losses of data and full control that are approved on the command line.
#[derive(Args, Clone, Default)]
pub(crate) struct LossArgs {
    /// Approve that all data on this device is lost (repeatable): any path of the device, of the
    /// partition or disk that it is on, or /dev/mapper/NAME of a container that the run opens; or
    /// the name of a control group or guest whose processes are killed, or of a guest that is removed
    #[arg(long, value_name = "DEVICE")]
    pub(crate) destroy: Vec<String>,
    /// Approve that the recipe can do anything in this root directory and below it (repeatable),
    /// because it runs a shell there, or writes programs, libraries, units or privileges; / for the
    /// whole system. Bundled recipes need no such approval
    #[arg(long, value_name = "ROOT")]
    pub(crate) anything_in: Vec<String>,
}

/// Time limits of tools.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct LimitArgs {
    /// Kill a tool (lsblk, gpg …) that takes longer than this, or a tool that works on a disk
    /// (mkfs, e2fsck, cryptsetup …) that makes no progress for this long [default: 300]; wait this
    /// long for a disk to answer [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
}

#[derive(Args)]
pub(crate) struct StepArgs {
    /// Recipe: a name of gscript list, or a .rhai or .lua file
    pub(crate) recipe: PathBuf,
    #[command(flatten)]
    pub(crate) values: Values,
    /// Keep the journal and the log in this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) patience: LimitArgs,
}

#[derive(Args)]
pub(crate) struct ApplyArgs {
    /// Saved plan
    pub(crate) plan: PathBuf,
    #[command(flatten)]
    pub(crate) values: Values,
    #[command(flatten)]
    pub(crate) how: HowArgs,
}
