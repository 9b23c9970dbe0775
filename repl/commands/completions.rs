//! `gscript completions`: completions for shells.

use clap::CommandFactory;
use clap_complete::Shell;
use gscript::error::Exit;

use crate::cli::Cli;
use crate::screen::write_generated;

pub(crate) fn completions(shell: Shell) -> Exit {
    write_generated(|mut out| {
        clap_complete::generate(shell, &mut Cli::command(), "gscript", &mut out);
    });
    Exit::Done
}
