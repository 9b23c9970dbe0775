//! Agreement to a plan: to destroy a disk the person types its name, or names it beforehand.

use gscript::action::Effect;
use gscript::approval::{Approval, Bound, Consent};
use gscript::error::Exit;
use gscript::machine::Machine;
use gscript::types::printable;

use crate::ask;
use crate::cli::HowArgs;
use crate::render::Problem;
use crate::screen::style;

/// Nothing is destroyed that was not named.
pub(super) fn agree(approval: &Approval, machine: &Machine, args: &HowArgs) -> Result<(), Exit> {
    let mut open: Vec<&Bound> = Vec::new();
    for bound in approval.destroyed() {
        let Effect::Destroys { device } = &bound.effect else { continue };
        let named =
            |given: &&String| machine.find(given).is_some_and(|found| found.path == *device);
        if !args.destroy.iter().any(|given| named(&given)) {
            open.push(bound);
        }
    }
    let strangers = args.destroy.iter().find(|given| machine.find(given).is_none());
    if let Some(given) = strangers {
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
fn confirmed(bound: &Bound) -> bool {
    let Some(identity) = &bound.identity else { return false };
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
        let effect = printable(&wanted.effect.to_string()).into_owned();
        eprintln!("\n{}", style().yellow(&format!("The plan did not say that this run {effect}.")));
        match wanted.effect {
            Effect::Destroys { .. } => confirmed(wanted),
            _ => ask::yes("Allow it?"),
        }
    }
}

fn refuse() -> Exit {
    eprintln!("Nothing has been changed.");
    Exit::Refused
}

fn not_named(open: &[&Bound]) -> Exit {
    let by_id = |bound: &&Bound| {
        let identity = bound.identity.as_ref()?;
        Some(identity.by_id.clone().unwrap_or_else(|| identity.path.clone()))
    };
    let flags: Vec<String> =
        open.iter().filter_map(by_id).map(|name| format!("--destroy {name}")).collect();
    let lost: Vec<String> = open
        .iter()
        .filter_map(|bound| bound.identity.as_ref())
        .map(|identity| format!("everything on {identity}"))
        .collect();
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
