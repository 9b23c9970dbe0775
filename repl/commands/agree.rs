//! Agreement to a plan: to destroy a disk the person types its name, or names it beforehand.

use std::collections::BTreeSet;

use gscript::action::Effect;
use gscript::approval::{Approval, Bound, Consent, Target};
use gscript::error::Exit;
use gscript::machine::Machine;
use gscript::report::PlannedCall;

use crate::ask;
use crate::cli::HowArgs;
use crate::render::{self, Problem};
use crate::screen::{style, tell};

/// Nothing is destroyed that was not named, or lies on what was named.
pub(super) fn agree(approval: &Approval, machine: &Machine, args: &HowArgs) -> Result<(), Exit> {
    let is = |given: &str, device: &str| {
        // A mapping that the run opens itself has no name on this machine yet.
        given == device || machine.find(given).is_some_and(|found| found.path == device)
    };
    let given = |device: &String| args.destroy.iter().any(|given| is(given, device));
    let open: Vec<&Target> = approval
        .destroyed()
        .filter_map(|(_, target)| target)
        .filter(|target| !target.below.iter().any(given))
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
        return Err(not_named(&open, machine));
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
pub(crate) fn confirmed(target: &Target) -> bool {
    let identity = &target.identity;
    let name = identity.path.trim_start_matches("/dev/");
    tell("");
    tell(&style().red(&format!("Everything on {identity} will be lost.")));
    match ask::line(&format!("Type its name ({name}) to go on")) {
        Ok(typed) if typed == name => true,
        Ok(typed) => {
            tell(&format!("{typed:?} is not {name:?}."));
            false
        }
        Err(ask::Stopped) => false,
    }
}

/// The person at the terminal, asked in the middle of a run.
pub(super) struct Person;

impl Consent for Person {
    fn approve_new(&mut self, call: &PlannedCall, why: &str, effects: &[Bound]) -> bool {
        tell("");
        tell(&style().yellow("This action is not in the approved plan."));
        tell(&render::call(call, style()));
        tell(&format!("  {why}"));
        let lost = effects.iter().filter(|bound| matches!(bound.effect, Effect::Destroys { .. }));
        let mut lost = lost.peekable();
        match lost.peek() {
            Some(_) => lost.all(|bound| bound.target.as_ref().is_some_and(confirmed)),
            None => ask::yes("Carry it out?"),
        }
    }

    fn ask(&mut self, wanted: &Bound) -> bool {
        tell("");
        let effect = &wanted.effect;
        tell(&style().yellow(&format!("The plan did not say that this run {effect}.")));
        match wanted.effect {
            Effect::Destroys { .. } => wanted.target.as_ref().is_some_and(confirmed),
            _ => ask::yes("Allow it?"),
        }
    }
}

fn refuse() -> Exit {
    tell("Nothing has been changed.");
    Exit::Refused
}

fn not_named(open: &[&Target], machine: &Machine) -> Exit {
    // What is not there yet is agreed to by naming what it will lie on.
    let flag = |target: &&Target| {
        let there = target.below.iter().find(|path| machine.find(path).is_some());
        let path = there.unwrap_or(&target.identity.path);
        format!("--destroy {}", machine.by_id(path).unwrap_or_else(|| path.clone()))
    };
    let flags: BTreeSet<String> = open.iter().map(flag).collect();
    let flags: Vec<String> = flags.into_iter().collect();
    let lost: Vec<String> =
        open.iter().map(|target| format!("everything on {}", target.identity)).collect();
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
