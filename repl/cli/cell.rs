//! Arguments of the command that confines a virtual machine.

use std::path::PathBuf;

use clap::Args;

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
