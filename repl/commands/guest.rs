//! `gscript guest`, `gscript sandbox` and `gscript sweep`: the internal commands of `gscript try`.

use std::path::Path;
use std::process::ExitCode;

use gscript::error::Exit;
use gscript::vm::{Inside, inside, sandbox as confine};

use crate::cli::SandboxArgs;
use crate::render::Problem;

/// Runs as the first process of the virtual machine.
pub(crate) fn guest(order: &Path, modules: &Path) -> Exit {
    let error = gscript::vm::guest(order, modules);
    Problem::new(error.to_string()).print();
    Exit::Usage
}

/// Removes the disks of a virtual machine whose gscript process was killed.
pub(crate) fn sweep(directory: &Path) -> Exit {
    match gscript::vm::sweep(directory) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Failed,
    }
}

/// Confines the process of a virtual machine.
pub(crate) fn sandbox(args: &SandboxArgs) -> ExitCode {
    let code = match &args.inside {
        None => confine(),
        Some(command) => inside(&Inside {
            command,
            owner: &args.owner,
            largest_file: args.largest_file,
            alive: args.alive,
            root: &args.root,
        }),
    };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
