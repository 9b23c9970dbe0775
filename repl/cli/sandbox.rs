//! Arguments of the command that confines a virtual machine.

use std::path::PathBuf;

use clap::Args;

/// Arguments that the outer process of a sandbox passes to the inner one.
#[derive(Args)]
pub(crate) struct SandboxArgs {
    /// Command to run inside, as a JSON list; without it, this is the outer process
    #[arg(long, requires_all = ["owner", "largest_file", "alive", "root"])]
    pub(crate) inside: Option<String>,
    /// User and group to run as, and an additional group (UID:GID:GROUP)
    #[arg(long, default_value = "")]
    pub(crate) owner: String,
    /// Maximum size of a file in bytes
    #[arg(long, default_value_t = 0)]
    pub(crate) largest_file: u64,
    /// File descriptor that reaches its end when the outer process has ended
    #[arg(long, default_value_t = 0)]
    pub(crate) alive: i32,
    /// Directory that becomes the root
    #[arg(long, default_value = "/")]
    pub(crate) root: PathBuf,
}
