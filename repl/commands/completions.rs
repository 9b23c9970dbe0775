//! `gscript completions`: for the shells.

use clap::CommandFactory;
use clap_complete::Shell;
use gscript::error::Exit;

use crate::DONE;
use crate::cli::Cli;

pub(crate) fn completions(shell: Shell) -> Exit {
    clap_complete::generate(shell, &mut Cli::command(), "gscript", &mut std::io::stdout());
    DONE
}
