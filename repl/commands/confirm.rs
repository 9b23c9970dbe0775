//! `gscript confirm`: keeps a change of links, or rolls it back; and the internal command that rolls
//! back unless it is confirmed.

use gscript::error::Exit;
use gscript::machine::net::RollbackState;
use gscript::system::{
    ChangeStatus, ConfirmError, changes, confirm_change, keep_rollback, roll_back_change,
};

use crate::cli::ConfirmArgs;
use crate::render::Problem;
use crate::screen::{print_stderr, print_stdout};

pub(crate) fn confirm(args: &ConfirmArgs) -> Exit {
    let done = match (&args.change, args.roll_back) {
        (None, _) => list(),
        (Some(change), false) => confirm_change(change)
            .map(|()| print_stderr(&format!("network change {change} is confirmed"))),
        (Some(change), true) => roll_back_change(change)
            .map(|()| print_stderr(&format!("network change {change} is rolled back"))),
    };
    match done {
        Ok(()) => Exit::Done,
        Err(error) => {
            Problem::new(error.to_string()).help(error.remedy()).print();
            exit(&error)
        }
    }
}

fn exit(error: &ConfirmError) -> Exit {
    match error {
        ConfirmError::NoSuchChange { .. } => Exit::Usage,
        ConfirmError::Failed { .. } => Exit::Failed,
        ConfirmError::AlreadyConfirmed { .. } => Exit::Done,
        _ => Exit::Refused,
    }
}

/// Prints one line per change that is not confirmed.
fn list() -> Result<(), ConfirmError> {
    for one in changes()? {
        if one.state == RollbackState::Armed {
            print_stdout(&line(&one));
        }
    }
    Ok(())
}

fn line(one: &ChangeStatus) -> String {
    let ChangeStatus { change, links, kept, left, .. } = one;
    let state = match (kept, left) {
        (false, _) => {
            format!("not restored in time; type: gscript confirm --roll-back {change}")
        }
        (true, Some(left)) => format!("waits for confirmation, {left} s left"),
        (true, None) => "the run is still changing links".into(),
    };
    format!("{change}  {}  {state}", links.join(", "))
}

/// Rolls a change back unless it is confirmed.
pub(crate) fn keep(change: &str) -> Exit {
    match keep_rollback(change) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Failed,
    }
}
