//! Abandoning a script that does not return. Its thread is lost, with everything that the thread
//! owns; the changes of its run are in the journal, so the program executes itself again to release
//! them.

use std::ffi::OsStr;

use gscript::error::Exit;
use gscript::script::Abandoned;
use gscript::system::re_exec;

use crate::render::Problem;
use crate::screen::print_stderr;

/// Prints why a script is abandoned, cleans up, and ends the process.
pub(crate) fn abandon(script: &Abandoned) {
    let mut problem = Problem::of(&script.error, &script.text);
    let code = script.error.exit();
    let Some(journal) = &script.journal else {
        if script.only_plans {
            problem.nothing_changed();
        }
        problem.print();
        std::process::exit(code as i32);
    };
    problem.notes.push(("resume", format!("gscript resume {}", journal.display())));
    problem.print();
    print_stderr("the script does not respond; cleaning up without it");
    let then = (code.of_a_run() as u8).to_string();
    let mut args = ["release", "--yes", "--then", &then].map(OsStr::new).to_vec();
    if std::env::args_os().any(|arg| arg == "--json") {
        args.push("--json".as_ref());
    }
    args.push(journal.as_os_str());
    let error = re_exec(&args);
    Problem::new(format!("failed to clean up: {error}"))
        .help(format!("gscript release {}", journal.display()))
        .print();
    std::process::exit(Exit::Failed as i32);
}
