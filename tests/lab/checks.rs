//! Additional cases of scripts that are checked in Rust after the script has ended.

use std::collections::BTreeMap;
use std::fs;

use gscript::machine::{Device, Machine};

use super::guest::ScriptResult;
use super::harness::{Outcome, attempt};
use crate::support::dsl::{normalized, project, snapshot};

const BAD_INPUT: &str = "run/bad_input.sh";
const ORDINARY_USER: &str = "run/ordinary_user.sh";
/// The case that checks that the snapshot contains all messages.
const ALL_MESSAGES: &str = "every message is kept";
const AS_ROOT: &str = "a user sees what root sees";

/// Returns the additional cases of a script.
pub fn cases(script: &str) -> Vec<String> {
    match script {
        BAD_INPUT => {
            let kept = messages(&kept()).into_keys().map(|name| format!("message {name}"));
            kept.chain([ALL_MESSAGES.to_owned()]).collect()
        }
        ORDINARY_USER => vec![AS_ROOT.to_owned()],
        _ => Vec::new(),
    }
}

/// Returns the outcomes of these cases.
pub fn run_checks(script: &str, done: &ScriptResult) -> BTreeMap<String, Outcome> {
    match script {
        BAD_INPUT => bad_input(done),
        ORDINARY_USER => BTreeMap::from([(AS_ROOT.to_owned(), outcome_of(|| ordinary_user(done)))]),
        _ => BTreeMap::new(),
    }
}

fn outcome_of(check: impl FnOnce()) -> Outcome {
    attempt(check).map_or_else(Outcome::Failed, |()| Outcome::Passed)
}

fn kept() -> String {
    fs::read_to_string(project("tests/snapshots/bad_input.txt")).unwrap_or_default()
}

/// Splits a text into messages by name; each begins with its exit code.
fn messages(text: &str) -> BTreeMap<String, String> {
    let parts = text.split("=== ").filter(|part| !part.is_empty());
    let named = parts.map(|part| part.split_once(": ").expect("a name and an exit code"));
    named.map(|(name, rest)| (name.to_owned(), rest.to_owned())).collect()
}

/// Bad input: compares the exact message and exit code of every kind.
fn bad_input(done: &ScriptResult) -> BTreeMap<String, Outcome> {
    let directory = done.directory().to_string_lossy().into_owned();
    let mut names = done.names(".code");
    names.sort();
    let mut all = String::new();
    let mut printed = String::new();
    for name in names {
        let code = done.read(&format!("{name}.code"));
        let message = normalized(&done.read(&format!("{name}.err")).replace(&directory, "/OUT"));
        if !done.read(&format!("{name}.out")).is_empty() {
            printed += &format!("{name} prints on standard output\n");
        }
        all += &format!("=== {name}: exit {}\n{}\n", code.trim(), message.trim());
    }
    let whole = outcome_of(|| {
        assert_eq!(printed, "");
        snapshot("bad_input.txt", &all);
    });
    let (before, now) = (messages(&kept()), messages(&all));
    let mut outcomes = BTreeMap::new();
    for (name, kept) in before {
        let outcome = match now.get(&name) {
            Some(now) if *now == kept => Outcome::Passed,
            Some(now) => {
                let diff = similar::TextDiff::from_lines(&kept, now);
                let diff = diff.unified_diff().header("kept", "now").to_string();
                Outcome::Failed(diff)
            }
            None => Outcome::Failed("  the script does not ask for it any more".into()),
        };
        outcomes.insert(format!("message {name}"), outcome);
    }
    outcomes.insert(ALL_MESSAGES.to_owned(), whole);
    outcomes
}

/// A user who must not read the disks sees the data that udev has recorded.
fn ordinary_user(done: &ScriptResult) {
    let read = |name: &str| Machine::read(&done.read(name)).expect(name);
    let (root, user) = (read("root.json"), read("user.json"));
    assert!(user.host.secondhand && !root.host.secondhand);
    for path in ["/dev/ubda1", "/dev/ubda2", "/dev/ubdb", "/dev/mapper/enc", "/dev/mapper/vg-root"]
    {
        assert!(root.storage.devices.contains_key(path), "{path} is missing");
    }
    for (path, device) in &root.storage.devices {
        let seen = &user.storage.devices[path];
        assert_eq!(seen.table, device.table, "{path}");
        assert_eq!(seen.kind, device.kind, "{path}");
        let uuid = |device: &Device| {
            device.content.as_ref().and_then(|content| content.uuid().map(str::to_owned))
        };
        assert_eq!(uuid(seen), uuid(device), "{path}");
    }
    assert_eq!(user.storage.groups["vg"].members, root.storage.groups["vg"].members);
    assert_eq!(user.uses("/dev/ubda"), root.uses("/dev/ubda"));
    assert!(!root.uses("/dev/ubda").is_empty(), "a disk with an open container is in use");
    assert!(done.read("plan.out").contains("reading the devices needs root"));
    assert_eq!(done.read("plan.code").trim(), "0", "{}", done.read("plan.err"));
    assert!(done.read("busy.err").contains("/dev/ubda2 is open as /dev/mapper/enc"));
}
