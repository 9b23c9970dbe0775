//! Every step of every shipped recipe goes wrong in turn, in each of the ways in which programs do.
//! Whatever happens: what the run mounted, opened, activated, assembled or swapped to is given back,
//! and the message names the step.
//!
//! One test per way, so that they share the processors. A new recipe is found by itself; one that asks
//! for something without a default gets a line in [`answers`].

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use gscript::machine::{DeviceKind, Machine};
use gscript::primitives::registry::{Read, primitive};
use gscript::recipe::{Answers, Recipe};
use gscript::system::sim::faults::{FaultEvent, Faults};
use gscript::system::{Broken, Sim};
use gscript::test::{Ran, simulate};
use gscript::types::{Pattern, Secret, Value};

use crate::support::dsl::project;

/// The shipped recipes, with the machines on which each is run.
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
                _ => &["four-sata"],
            };
            found.extend(machines.iter().map(|machine| (path.clone(), *machine)));
        }
    }
    assert!(found.len() >= 20, "only {} recipes", found.len());
    found
}

/// What a recipe asks for that has no default.
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
    ];
    let asked = |name: &str| recipe.front.params.iter().any(|param| param.name == name);
    for (name, value) in known.into_iter().filter(|(name, _)| asked(name)) {
        answers.set(name, value);
    }
    for name in ["passphrase", "root_password"].into_iter().filter(|name| asked(name)) {
        let secret = Secret::new(name, b"an example, and long".to_vec());
        answers.insert(name, Value::Secret(secret));
    }
    answers
}

/// Everything that a run may leave behind.
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

/// Lets this happen to each step in turn; returns how many steps it happened to.
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
            let found = judged(&ran, must_fail);
            wrong.extend(found.map(|why| format!("{} on {machine}, {after}: {why}", recipe.name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    injected
}

fn message(ran: &Ran) -> String {
    ran.error.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// What is not as it should be after a run in which a step went wrong.
fn judged(ran: &Ran, must_fail: bool) -> Option<String> {
    let Some(error) = &ran.error else {
        return must_fail.then(|| "nobody noticed".to_owned());
    };
    let left: Vec<String> = in_use(&ran.after).difference(&in_use(&ran.before)).cloned().collect();
    if !left.is_empty() {
        return Some(format!("{} left {left:?}", message(ran)));
    }
    let (call, step) = (error.call.as_ref(), &error.step);
    let last = ran.calls.last().and_then(|call| call.steps.last());
    // A question is no call that is kept; what a script makes of its answer is the script's own.
    let asked = call.and_then(|call| primitive(call.name));
    let asked = asked.is_some_and(|primitive| matches!(primitive.read, Read::Query(_)));
    // Of what one waits for in vain, the step before is told, too.
    let is_last = |step: &String| last.is_some_and(|last| step.ends_with(last.as_str()));
    let named = call.is_none() || asked || step.as_ref().is_none_or(is_last);
    (!named || message(ran).is_empty()).then(|| format!("{step:?} is blamed, not {last:?}"))
}

fn any() -> Pattern {
    Pattern::new("…")
}

fn fails(broken: Broken) -> FaultEvent {
    FaultEvent::Fails { step: any(), broken, says: vec!["it did not work".into()] }
}

#[test]
fn every_step_of_every_recipe_fails() {
    // A few commands take any exit code for an answer.
    let injected = sweep(&fails(Broken::Exit(1)), false);
    assert!(injected > 300, "{injected} steps");
}

#[test]
fn every_step_of_every_recipe_is_killed() {
    sweep(&fails(Broken::Signal("SIGKILL".into())), true);
}

#[test]
fn every_program_of_every_recipe_hangs() {
    sweep(&FaultEvent::Hangs { step: any() }, true);
}

#[test]
fn every_step_of_every_recipe_prints_nothing() {
    sweep(&FaultEvent::Prints { step: any(), text: String::new(), code: 0 }, false);
}

/// Of 100 MB that a program prints, so much is kept; no line in it ends.
#[test]
fn every_step_of_every_recipe_prints_without_an_end() {
    let text = "x".repeat(8 << 20);
    sweep(&FaultEvent::Prints { step: any(), text, code: 0 }, false);
}
