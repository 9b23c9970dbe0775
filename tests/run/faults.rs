//! Every step of every bundled recipe fails in turn, in each way in which programs fail. Each time,
//! everything that the run mounted, opened, activated, assembled or swapped to is released, and the
//! message names the step.
//!
//! There is one test per way, so that they run in parallel. New recipes are found automatically;
//! parameters without a default need a value in [`answers`].

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use gscript::machine::{DeviceKind, Machine};
use gscript::primitives::registry::{Read, primitive};
use gscript::recipe::{Answers, Recipe};
use gscript::system::sim::faults::{FaultEvent, Faults};
use gscript::system::{FailureKind, Sim};
use gscript::test::{SimulatedRun, simulate};
use gscript::types::{Pattern, Secret, Value};

use crate::support::dsl::project;

/// Returns the bundled recipes, with the machines on which each is run.
fn recipes() -> Vec<(PathBuf, &'static str)> {
    let mut found = Vec::new();
    for directory in ["recipes", "recipes/layouts"] {
        for entry in fs::read_dir(project(directory)).expect(directory).flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if !path.is_file() || name.contains(".test.") {
                continue;
            }
            let machines: &[&str] = match name.as_str() {
                "encrypted-root.rhai" | "gentoo.rhai" => &["sata"],
                "rescue-encrypted-root.rhai" => &["old-luks-closed", "old-luks-open"],
                "parallel-emerge.rhai"
                | "lxc-guest.rhai"
                | "uml-guest.rhai"
                | "virtiofs-guest.rhai" => &["example"],
                _ => &["four-sata"],
            };
            found.extend(machines.iter().map(|machine| (path.clone(), *machine)));
        }
    }
    assert!(found.len() >= 20, "only {} recipes", found.len());
    found
}

/// Returns the answers for the parameters that have no default.
fn answers(recipe: &Recipe) -> Answers {
    let mut answers = Answers::default();
    let disks = if recipe.name.contains("raid5") {
        "/dev/sda,/dev/sdb,/dev/sdc"
    } else {
        "/dev/sda,/dev/sdb"
    };
    let known = [
        ("disk", "/dev/sda"),
        ("card", "/dev/sda"),
        ("disks", disks),
        ("key", "/mnt/key/root.key"),
        ("key_dev", "/dev/sdb1"),
        ("stage3", "/var/tmp/stage3.tar.xz"),
        ("layout", "luks-lvm"),
        ("esp", "/dev/sda1"),
        ("root_dev", "/dev/sda2"),
        ("processors", "2"),
        ("build", "world"),
        ("role", "node"),
        ("front_end_key", "/root/front-end.pub"),
        ("name", "web"),
        ("directory", "/srv/web"),
        ("kernel", "6.6.62-gentoo-dist"),
    ];
    let asked = |name: &str| recipe.front.params.iter().any(|param| param.name == name);
    for (name, value) in known.into_iter().filter(|(name, _)| asked(name)) {
        answers.set(name, value);
    }
    if recipe.name.starts_with("parallel-emerge") {
        answers.set("root", "/mnt/old");
    }
    for name in ["passphrase", "root_password"].into_iter().filter(|name| asked(name)) {
        let secret = Secret::new(name, b"an example, and long".to_vec());
        answers.insert(name, Value::Secret(secret));
    }
    answers
}

/// Returns everything that a run may leave in use.
fn in_use(machine: &Machine) -> BTreeSet<String> {
    let mounts =
        machine.storage.mounts.iter().map(|mount| format!("{} at {}", mount.source, mount.at));
    let swaps = machine.storage.swaps.keys().map(|device| format!("swap on {device}"));
    let open = machine.storage.devices.values().filter(|device| {
        matches!(
            device.kind,
            DeviceKind::Crypt { .. }
                | DeviceKind::Logical { .. }
                | DeviceKind::Raid { .. }
                | DeviceKind::Mapped { .. }
        )
    });
    mounts.chain(swaps).chain(open.map(|device| device.path.clone())).collect()
}

/// Injects this event into each step in turn; returns the number of injected events.
fn sweep(event: &FaultEvent, must_fail: bool) -> usize {
    let (mut injected, mut wrong) = (0, Vec::new());
    for (path, machine) in recipes() {
        let recipe = Recipe::load(&path).expect("a recipe");
        let text = fs::read_to_string(project(&format!("tests/machines/{machine}.json")));
        let before = Machine::read(&text.expect("a machine")).expect("a machine");
        for after in 0.. {
            let faults = Faults::default();
            faults.add(event.clone(), after);
            let variables = answers(&recipe).variables(&recipe, &before);
            let ran = simulate(&recipe, variables, &before, Sim::new(), &faults, false);
            if faults.injected() != [true] {
                assert!(ran.error.is_none(), "{} on {machine}: {}", recipe.name, message(&ran));
                assert!(after > 0, "{} has no step", recipe.name);
                break;
            }
            injected += 1;
            let found = check_run(&ran, must_fail);
            wrong.extend(found.map(|why| format!("{} on {machine}, {after}: {why}", recipe.name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    injected
}

fn message(ran: &SimulatedRun) -> String {
    ran.error.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// Returns an error if the outcome of a run with a failed step is not as required.
fn check_run(ran: &SimulatedRun, must_fail: bool) -> Option<String> {
    let Some(error) = &ran.error else {
        return must_fail.then(|| "nobody noticed".to_owned());
    };
    let left: Vec<String> = in_use(&ran.after).difference(&in_use(&ran.before)).cloned().collect();
    if !left.is_empty() {
        return Some(format!("{} left {left:?}", message(ran)));
    }
    let (call, step) = (error.call.as_ref(), &error.step);
    let last = ran.calls.last().and_then(|call| call.steps.last());
    // Queries are not recorded as calls; a script may use any answer of a failed query.
    let asked = call.and_then(|call| primitive(call.name));
    let asked = asked.is_some_and(|primitive| matches!(primitive.read, Read::Query(_)));
    // After a timeout, the error may also name the step before.
    let is_last = |step: &String| last.is_some_and(|last| step.ends_with(last.as_str()));
    let named = call.is_none() || asked || step.as_ref().is_none_or(is_last);
    (!named || message(ran).is_empty()).then(|| format!("{step:?} is blamed, not {last:?}"))
}

fn any() -> Pattern {
    Pattern::new("…")
}

fn fails(broken: FailureKind) -> FaultEvent {
    FaultEvent::Fails { step: any(), broken, says: vec!["it did not work".into()] }
}

#[test]
fn every_step_of_every_recipe_fails() {
    // A few commands accept any exit code as an answer.
    let injected = sweep(&fails(FailureKind::Exit(1)), false);
    assert!(injected > 300, "{injected} steps");
}

#[test]
fn every_step_of_every_recipe_is_killed() {
    sweep(&fails(FailureKind::Signal("SIGKILL".into())), true);
}

#[test]
fn every_program_of_every_recipe_hangs() {
    sweep(&FaultEvent::Hangs { step: any() }, true);
}

#[test]
fn every_step_of_every_recipe_prints_nothing() {
    sweep(&FaultEvent::Prints { step: any(), text: String::new(), code: 0 }, false);
}

/// Larger than the output that is kept of a program; it has no newline.
#[test]
fn every_step_of_every_recipe_prints_without_an_end() {
    let text = "x".repeat(8 << 20);
    sweep(&FaultEvent::Prints { step: any(), text, code: 0 }, false);
}
