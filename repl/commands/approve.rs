//! Approval of a plan: to destroy a disk, the user types its name or passes it with --destroy.

use std::collections::BTreeSet;

use gscript::error::Exit;
use gscript::machine::Machine;
use gscript::machine::cgroup::CgroupEffect;
use gscript::machine::guest::GuestEffect;
use gscript::operation::{Effect, StorageEffect};
use gscript::plan::approval::{Approval, Approver};
use gscript::plan::bound::BoundEffect;
use gscript::plan::call::PlannedCall;
use gscript::types::quote;

use crate::ask;
use crate::cli::HowArgs;
use crate::render::{self, Problem};
use crate::screen::{print_stderr, style};

/// Approves a plan. Every device to be destroyed must be confirmed by name, or be on a device that
/// was passed with --destroy.
pub(super) fn approve(approval: &Approval, machine: &Machine, args: &HowArgs) -> Result<(), Exit> {
    let is = |given: &str, name: &str| {
        // A mapping that the run itself opens does not exist on this machine yet.
        given == name || machine.canonical(given) == name
    };
    let given = |name: &str| args.losses.destroy.iter().any(|given| is(given, name));
    let losses: Vec<BoundEffect> = approval.losses().collect();
    let open: Vec<&BoundEffect> =
        losses.iter().filter(|loss| !loss.is_approved_as(given)).collect();
    let known = |given: &str| {
        machine.identity_of(given).is_some()
            || machine.storage.groups.contains_key(given)
            || losses.iter().any(|loss| loss.effect.loses().is_some_and(|name| is(given, name)))
    };
    if let Some(given) = args.losses.destroy.iter().find(|given| !known(given)) {
        Problem::new(format!(
            "--destroy: there is no device {given}, and nothing of that name is destroyed"
        ))
        .help("list the disks: lsblk")
        .print();
        return Err(Exit::Usage);
    }
    if open.is_empty() && args.yes {
        return Ok(());
    }
    if !ask::is_interactive() || args.yes {
        return Err(not_named(&open, machine));
    }
    if !open.into_iter().all(confirmed) {
        return Err(refuse());
    }
    if losses.is_empty() && !ask::confirm("Continue?") {
        return Err(refuse());
    }
    Ok(())
}

/// Returns the lost data as the subject of a sentence.
fn describe_loss(loss: &BoundEffect) -> String {
    let identity = loss.target.as_ref().map(|target| target.identity.to_string());
    match (&loss.effect, identity) {
        (Effect::Storage(StorageEffect::Destroys { .. }), Some(identity)) => {
            format!("Everything on {identity}")
        }
        (Effect::Storage(StorageEffect::Destroys { device }), None) => {
            format!("Everything on {device}, whose contents are unknown before the run,")
        }
        (Effect::Storage(StorageEffect::RemovesKey { device, slot }), _) => {
            format!("Key slot {slot} of {device}")
        }
        (Effect::Storage(StorageEffect::RemovesGroup { group }), _) => {
            format!("Volume group {group}")
        }
        (Effect::Cgroup(CgroupEffect::KillsCgroup { group }), _) => {
            format!("What the processes of control group {group} have not saved")
        }
        (Effect::Guest(GuestEffect::KillsGuest { guest }), _) => {
            format!("What the processes of guest {guest} have not saved")
        }
        (Effect::Guest(GuestEffect::DestroysGuest { guest }), _) => {
            format!("Guest {guest} with all of its files")
        }
        (effect, _) => effect.to_string(),
    }
}

/// Asks the user to confirm a loss by typing the name of the lost object.
pub(crate) fn confirmed(loss: &BoundEffect) -> bool {
    let Some(name) = loss.effect.loses() else { return false };
    let name = name.trim_start_matches("/dev/");
    print_stderr("");
    print_stderr(&style().red(&format!("{} will be lost.", describe_loss(loss))));
    match ask::line(&format!("Type its name ({name}) to continue")) {
        Ok(typed) if typed == name => true,
        Ok(typed) => {
            print_stderr(&format!("{typed:?} is not {name:?}."));
            false
        }
        Err(ask::PromptEnded) => false,
    }
}

/// An approver that prompts the user during a run.
pub(super) struct TerminalApprover;

impl Approver for TerminalApprover {
    fn approve_new(&mut self, call: &PlannedCall, why: &str, effects: &[BoundEffect]) -> bool {
        print_stderr("");
        print_stderr(&style().yellow("This action is not in the approved plan."));
        print_stderr(&render::call(call, style()));
        print_stderr(&format!("  {why}"));
        let lost = effects.iter().filter(|bound| bound.effect.loses().is_some());
        let mut lost = lost.peekable();
        match lost.peek() {
            Some(_) => lost.all(confirmed),
            None => ask::confirm("Run it?"),
        }
    }

    fn ask(&mut self, wanted: &BoundEffect) -> bool {
        print_stderr("");
        let effect = &wanted.effect;
        print_stderr(&style().yellow(&format!("Not in the approved plan: this action {effect}.")));
        match wanted.effect.loses() {
            Some(_) => confirmed(wanted),
            None => ask::confirm("Allow it?"),
        }
    }
}

fn refuse() -> Exit {
    print_stderr("Nothing has been changed.");
    Exit::Refused
}

fn not_named(open: &[&BoundEffect], machine: &Machine) -> Exit {
    // A device that does not exist yet is approved by naming the existing device that will contain
    // it.
    let flag = |loss: &&BoundEffect| {
        let target = loss.target.as_ref().filter(|target| target.chains.is_empty());
        let below = target.map(|target| target.below.as_slice()).unwrap_or_default();
        let there = below.iter().find(|path| machine.identity_of(path).is_some());
        let name = there.map(String::as_str).or(loss.effect.loses()).unwrap_or_default();
        let name = machine.by_id(name).unwrap_or_else(|| name.to_owned());
        format!("--destroy {}", quote(&name))
    };
    let flags: BTreeSet<String> = open.iter().map(flag).collect();
    let flags: Vec<String> = flags.into_iter().collect();
    let losses: Vec<String> = open.iter().map(|loss| describe_loss(loss)).collect();
    let mut problem = Problem::new("approval needed, but standard input is not a terminal");
    if !losses.is_empty() {
        problem.notes.push(("would be lost", losses.join("\n")));
    }
    problem.nothing_changed();
    problem
        .help(format!("approve on the command line: --yes {}", flags.join(" ")).trim_end())
        .print();
    Exit::Refused
}
