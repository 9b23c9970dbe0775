//! Approval of a plan: to destroy a disk, the user types its name or passes it with --destroy; to let
//! a recipe do anything in a root, the user types the root or passes it with --anything-in.

use std::collections::BTreeSet;

use gscript::error::Exit;
use gscript::machine::cgroup::CgroupEffect;
use gscript::machine::guest::GuestEffect;
use gscript::machine::{Machine, is_below};
use gscript::operation::{Effect, StorageEffect};
use gscript::plan::approval::{Approval, Approver};
use gscript::plan::bound::BoundEffect;
use gscript::plan::call::PlannedCall;
use gscript::plan::control::{FullControl, full_control};
use gscript::recipe::Recipe;
use gscript::recipe::bundled::is_bundled;
use gscript::types::quote;

use crate::ask;
use crate::cli::HowArgs;
use crate::render::{self, Problem};
use crate::screen::{print_stderr, style};

/// Approves a plan. Every device to be destroyed must be confirmed by name, or be on a device that
/// was passed with --destroy. Every root in which `recipe` can do anything must be confirmed as
/// well, or be passed with --anything-in, unless the recipe is a bundled one.
pub(super) fn approve(
    approval: &Approval,
    recipe: Option<&Recipe>,
    machine: &Machine,
    args: &HowArgs,
) -> Result<(), Exit> {
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
    let controlled = match recipe.is_some_and(|recipe| !is_bundled(recipe)) {
        true => approval.full_control(),
        false => Vec::new(),
    };
    let allowed = |root: &str| args.losses.anything_in.iter().any(|top| is_below(root, top));
    let controlled: Vec<FullControl> =
        controlled.into_iter().filter(|control| !allowed(&control.root)).collect();
    if open.is_empty() && controlled.is_empty() && args.yes {
        return Ok(());
    }
    if !ask::is_interactive() || args.yes {
        return Err(not_named(&open, &controlled, machine));
    }
    if !open.into_iter().all(confirmed) || !controlled.iter().all(confirmed_control) {
        return Err(refuse());
    }
    if losses.is_empty() && controlled.is_empty() && !ask::confirm("Continue?") {
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

/// Asks the user to confirm full control by typing the root.
fn confirmed_control(control: &FullControl) -> bool {
    let FullControl { root, why } = control;
    print_stderr("");
    print_stderr(&style().red(&format!("The recipe can do anything in {root}:")));
    for why in why {
        print_stderr(&format!("  it {why}"));
    }
    match ask::line(&format!("Type the directory ({root}) to continue")) {
        Ok(typed) if typed == *root => true,
        Ok(typed) => {
            print_stderr(&format!("{typed:?} is not {root:?}."));
            false
        }
        Err(ask::PromptEnded) => false,
    }
}

/// Returns what new effects would give control over, for an approver during a run.
fn new_control(effects: &[BoundEffect]) -> Vec<FullControl> {
    full_control(effects.iter().map(|bound| &bound.effect))
}

/// An approver that prompts the user during a run.
pub(super) struct TerminalApprover;

impl Approver for TerminalApprover {
    fn approve_new(&mut self, call: &PlannedCall, why: &str, effects: &[BoundEffect]) -> bool {
        print_stderr("");
        print_stderr(&style().yellow("This action is not in the approved plan."));
        print_stderr(&render::call(call, style()));
        print_stderr(&format!("  {why}"));
        let mut lost = effects.iter().filter(|bound| bound.effect.loses().is_some()).peekable();
        let control = new_control(effects);
        match lost.peek().is_some() || !control.is_empty() {
            true => lost.all(confirmed) && control.iter().all(confirmed_control),
            false => ask::confirm("Run it?"),
        }
    }

    fn ask(&mut self, wanted: &BoundEffect) -> bool {
        print_stderr("");
        let effect = &wanted.effect;
        print_stderr(&style().yellow(&format!("Not in the approved plan: this action {effect}.")));
        let control = new_control(std::slice::from_ref(wanted));
        match (wanted.effect.loses(), control.is_empty()) {
            (Some(_), _) => confirmed(wanted) && control.iter().all(confirmed_control),
            (None, false) => control.iter().all(confirmed_control),
            (None, true) => ask::confirm("Allow it?"),
        }
    }
}

fn refuse() -> Exit {
    print_stderr("Nothing has been changed.");
    Exit::Refused
}

fn not_named(open: &[&BoundEffect], controlled: &[FullControl], machine: &Machine) -> Exit {
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
    let roots = controlled.iter().map(|control| format!("--anything-in {}", quote(&control.root)));
    let flags: Vec<String> = flags.into_iter().chain(roots).collect();
    let losses: Vec<String> = open.iter().map(|loss| describe_loss(loss)).collect();
    let mut problem = Problem::new("approval needed, but standard input is not a terminal");
    if !losses.is_empty() {
        problem.notes.push(("would be lost", losses.join("\n")));
    }
    if !controlled.is_empty() {
        let each = |control: &FullControl| {
            format!("anything in {}: it {}", control.root, control.why.join(", "))
        };
        let each: Vec<String> = controlled.iter().map(each).collect();
        problem.notes.push(("can do", each.join("\n")));
    }
    problem.nothing_changed();
    problem
        .help(format!("approve on the command line: --yes {}", flags.join(" ")).trim_end())
        .print();
    Exit::Refused
}
