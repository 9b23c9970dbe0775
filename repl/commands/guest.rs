//! `gscript guest`, `gscript cell` and `gscript sweep`: programs of the virtual machine's own.

use std::path::Path;
use std::process::ExitCode;

use gscript::error::Exit;
use gscript::vm::{Inside, cell as confine, inside};

use crate::cli::CellArgs;
use crate::render::Problem;

/// The first process of the virtual machine.
pub(crate) fn guest(order: &Path) -> Exit {
    let error = gscript::vm::guest(order);
    Problem::new(error.to_string()).print();
    Exit::Usage
}

/// What removes the disks of a machine whose program was killed.
pub(crate) fn sweep(directory: &Path) -> Exit {
    match gscript::vm::sweep(directory) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Failed,
    }
}

/// What the machine's process runs in.
pub(crate) fn cell(args: &CellArgs) -> ExitCode {
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
