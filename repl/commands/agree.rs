//! Agreement to a plan: to destroy a disk the person types its name, or names it beforehand.

use gscript::action::Effect;
use gscript::approval::{Approval, Bound, Consent};
use gscript::error::Exit;
use gscript::machine::{Identity, Machine};
use gscript::types::printable;

use crate::ask;
use crate::cli::HowArgs;
use crate::render::Problem;
use crate::screen::style;

/// Nothing is destroyed that was not named.
pub(super) fn agree(approval: &Approval, machine: &Machine, args: &HowArgs) -> Result<(), Exit> {
    // A mapping that the run opens itself has no name on this machine yet.
    let is = |given: &str, device: &str| {
        given == device || machine.find(given).is_some_and(|found| found.path == device)
    };
    let named = |device: &str| args.destroy.iter().any(|given| is(given, device));
    let open: Vec<&Identity> = approval
        .destroyed()
        .filter(|(device, _)| !named(device))
        .filter_map(|(_, identity)| identity)
        .collect();
    let known = |given: &str| {
        machine.find(given).is_some() || approval.destroyed().any(|(device, _)| is(given, device))
    };
    if let Some(given) = args.destroy.iter().find(|given| !known(given)) {
        Problem::new(format!("--destroy names {given}, and there is no such device"))
            .help("list the disks: lsblk")
            .print();
        return Err(Exit::Usage);
    }
    if open.is_empty() && args.yes {
        return Ok(());
    }
    if !ask::somebody() || args.yes {
        return Err(not_named(&open));
    }
    if !open.into_iter().all(confirmed) {
        return Err(refuse());
    }
    if approval.destroyed().next().is_none() && !ask::yes("Go on?") {
        return Err(refuse());
    }
    Ok(())
}

/// Whether the person agrees that a device is lost: by typing its name.
fn confirmed(identity: &Identity) -> bool {
    let name = identity.path.trim_start_matches("/dev/");
    let text = format!("Everything on {} will be lost.", printable(&identity.to_string()));
    eprintln!("\n{}", style().red(&text));
    match ask::line(&format!("Type its name ({name}) to go on")) {
        Ok(typed) if typed == name => true,
        Ok(typed) => {
            eprintln!("{typed:?} is not {name:?}.");
            false
        }
        Err(ask::Stopped) => false,
    }
}

/// The person at the terminal, asked in the middle of a run.
pub(super) struct Person;

impl Consent for Person {
    fn ask(&mut self, wanted: &Bound) -> bool {
        let effect = printable(&wanted.effect.to_string());
        eprintln!("\n{}", style().yellow(&format!("The plan did not say that this run {effect}.")));
        match wanted.effect {
            Effect::Destroys { .. } => wanted.identity.as_ref().is_some_and(confirmed),
            _ => ask::yes("Allow it?"),
        }
    }
}

fn refuse() -> Exit {
    eprintln!("Nothing has been changed.");
    Exit::Refused
}

fn not_named(open: &[&Identity]) -> Exit {
    let flag = |identity: &&Identity| {
        format!("--destroy {}", identity.by_id.as_ref().unwrap_or(&identity.path))
    };
    let flags: Vec<String> = open.iter().map(flag).collect();
    let lost: Vec<String> =
        open.iter().map(|identity| format!("everything on {identity}")).collect();
    let mut problem = Problem::new("nobody is there to agree to this run");
    if !lost.is_empty() {
        problem.notes.push(("would be lost", lost.join("\n")));
    }
    problem.notes.push(("now", "nothing has been changed".into()));
    problem
        .help(format!("agree on the command line: --yes {}", flags.join(" ")).trim_end())
        .print();
    Exit::Refused
}
