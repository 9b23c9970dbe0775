//! The arguments of commands for collections.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args)]
pub(crate) struct AddArgs {
    /// Directory, tar archive, or address (https, http, ssh, file) of an archive or git repository
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// Public key of the author (RW…), from a place that you trust
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
}

#[derive(Args)]
pub(crate) struct RemoveArgs {
    /// Collection to remove
    #[arg(value_name = "COLLECTION")]
    pub(crate) name: String,
    /// Also forget the key of its author and the newest version that was installed
    #[arg(long)]
    pub(crate) forget_key: bool,
}

#[derive(Args)]
pub(crate) struct SearchArgs {
    /// Text in the name or the title, regardless of case
    #[arg(value_name = "TEXT")]
    pub(crate) text: String,
}

#[derive(Subcommand)]
pub(crate) enum CollectionCommand {
    /// Write a new collection with one recipe and its test
    New {
        /// Directory to create; its last part is the name of the collection
        directory: PathBuf,
    },
    /// Check the files and the signature of a collection, and run its tests
    Check {
        /// Directory of the collection
        directory: PathBuf,
    },
    /// Write and sign the manifest of a collection
    Sign(SignArgs),
}

#[derive(Args)]
pub(crate) struct SignArgs {
    /// Directory of the collection
    pub(crate) directory: PathBuf,
    /// Secret key, as minisign -G writes it
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Number of this version [default: one more than before]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) serial: Option<u64>,
    /// Last day on which this version may be installed, as YYYY-MM-DD [default: in a year]
    #[arg(long, value_name = "DATE")]
    pub(crate) expires: Option<String>,
    /// Public key that will sign later versions (RW…)
    #[arg(long, value_name = "KEY")]
    pub(crate) next_key: Option<String>,
    /// Public key that must no longer sign this collection (repeatable)
    #[arg(long, value_name = "KEY")]
    pub(crate) revoke: Vec<String>,
}
