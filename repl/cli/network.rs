//! The arguments of the command that confirms a change of the network.

use clap::Args;

/// The examples of `gscript confirm --help`.
const EXAMPLES: &str = "\
Examples:
  gscript confirm
        list the changes that wait for a confirmation
  gscript confirm 1a2b3c4d
        keep the change: this login shows that the machine can still be reached
  gscript confirm --roll-back 1a2b3c4d
        restore the links without waiting for the end of the time

Exit codes: 0 done, 1 the links could not be restored, 2 there is no such change, 3 not confirmed:
the change is not complete, or this login does not use a changed link.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ConfirmArgs {
    /// Identifier of the change [default: list the changes that are not confirmed]
    #[arg(value_name = "ID")]
    pub(crate) change: Option<String>,
    /// Restore the links at once instead
    #[arg(long, requires = "change")]
    pub(crate) roll_back: bool,
}
