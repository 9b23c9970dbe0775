//! Journals and resuming from them, as far as no virtual machine is needed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gscript::journal::{Record, RunState, Transcript};
use gscript::machine::Machine;
use gscript::run::resume::Names;
use tempfile::TempDir;

use crate::support::dsl::{PROGRAM, project};

const RECIPE: &str = r#"//! # Small
//! ```toml
//! [params.target]
//! type = "path"
//! [params.passphrase]
//! type = "secret"
//! ```
step("Make");
file::make_dir(target);
file::write(`${target}/a`, "one\n");
try { file::read(`${target}/missing`); } catch { print("nothing there"); }
if !file::exists(`${target}/b`) {
    file::append_line(`${target}/a`, "two");
}
step("End");
file::write(`${target}/b`, file::read(`${target}/a`));
"#;

/// A directory with a recipe, its answers and its runs.
struct Workspace(TempDir);

/// Exit code, standard output, standard error.
type ProgramResult = (i32, String, String);

impl Workspace {
    fn new() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let place = Self(tempfile::tempdir().expect("a directory"));
        fs::write(place.path("small.rhai"), RECIPE).expect("a recipe");
        let target = place.path("target");
        let text = format!("target = '{}'\npassphrase = \"hunter2\"\n", target.display());
        fs::write(place.path("answers.toml"), text).expect("answers");
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(place.path("answers.toml"), mode).expect("a mode");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, args: &[&str]) -> ProgramResult {
        let output = Command::new(PROGRAM)
            .args(args)
            .env("GSCRIPT_STATE", self.path("state"))
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }

    /// Runs the recipe to its end; returns the path of its journal.
    fn finished_run(&self) -> PathBuf {
        let (code, _, said) = self.run(&["small.rhai", "--yes", "--answers", "answers.toml"]);
        assert_eq!(code, 0, "{said}");
        let runs = fs::read_dir(self.path("state/runs")).expect("runs").flatten();
        runs.map(|run| run.path().join("journal.jsonl")).max().expect("a run")
    }

    fn resume(&self, more: &[&str]) -> ProgramResult {
        let mut args = vec!["resume", "--yes", "--answers", "answers.toml"];
        args.extend(more);
        self.run(&args)
    }
}

fn keep_lines(journal: &Path, count: usize) {
    let text = fs::read_to_string(journal).expect("it");
    let lines: String = text.split_inclusive('\n').take(count).collect();
    fs::write(journal, lines).expect("it");
}

#[test]
fn a_run_resumes_after_any_record() {
    let place = Workspace::new();
    let journal = place.finished_run();
    let text = fs::read_to_string(&journal).expect("it");
    assert!(!text.contains("hunter2"), "{text}");
    let all = text.lines().count();
    assert!(all > 10, "only {all} records");
    for count in 1..all {
        fs::write(&journal, &text).expect("it");
        keep_lines(&journal, count);
        // The last line is incomplete.
        let torn = fs::read_to_string(&journal).expect("it") + "{\"record\":\"beg";
        fs::write(&journal, torn).expect("it");
        // Files that the run did not reach do not exist.
        let begun = |call: &str| text.lines().take(count).any(|line| line.contains(call));
        if !begun("\"begin\",\"call\":6") && !begun("\"begin\",\"call\":7") {
            let _ = fs::remove_file(place.path("target/b"));
        }
        let (code, _, said) = place.resume(&[]);
        assert_eq!(code, 0, "after {count}: {said}");
        let b = fs::read_to_string(place.path("target/b")).expect("b");
        assert_eq!(b, "one\ntwo\n", "after {count}");
        assert_eq!(Transcript::read(&journal).map(|s| s.state()), Ok(RunState::Finished));
        let left = fs::read_to_string(&journal).expect("it");
        assert!(left.contains("\"record\":\"resumed\"") && !left.contains("hunter2"));
    }
    println!("survived {} of {}", all - 1, all - 1);
    let (code, _, said) = place.resume(&[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("no such run"), "{said}");
}

#[test]
fn a_changed_recipe_is_shown_and_needs_approval() {
    let place = Workspace::new();
    let journal = place.finished_run();
    keep_lines(&journal, 6);
    let changed = RECIPE.replace("step(\"End\");", "step(\"Finish\");");
    fs::write(place.path("small.rhai"), &changed).expect("a recipe");
    let (code, _, said) = place.resume(&[]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("-step(\"End\");\n+step(\"Finish\");"), "{said}");
    let (code, _, said) = place.resume(&["--changed-recipe-ok"]);
    assert_eq!(code, 0, "{said}");
    // From now on the run uses the new text.
    let transcript = Transcript::read(&journal).expect("a transcript");
    assert_eq!(transcript.texts().text, changed);
}

#[test]
fn a_diverging_recipe_is_stopped() {
    let place = Workspace::new();
    let journal = place.finished_run();
    keep_lines(&journal, 8);
    let changed = RECIPE.replace("\"one\\n\"", "\"other\\n\"");
    fs::write(place.path("small.rhai"), changed).expect("a recipe");
    let (code, _, said) = place.resume(&["--changed-recipe-ok"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("the recipe diverges from the journal at small.rhai:10"), "{said}");
    assert_eq!(fs::read_to_string(place.path("target/a")).expect("a"), "one\ntwo\n");
}

#[test]
fn damage_in_the_middle_is_reported() {
    let place = Workspace::new();
    let journal = place.finished_run();
    let text = fs::read_to_string(&journal).expect("it");
    fs::write(&journal, text.replacen("\"record\":\"done\"", "\"record\":\"d?ne\"", 1))
        .expect("it");
    for args in [&["resume"][..], &["release"], &["log", "state/runs"]] {
        let name = journal.to_string_lossy().into_owned();
        let args: Vec<&str> =
            args.iter().map(|arg| if *arg == "state/runs" { name.as_str() } else { arg }).collect();
        let (code, _, said) = place.run(&args);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("line 4: unknown variant `d?ne`"), "{said}");
        assert!(said.contains("help: "), "{said}");
    }
}

#[test]
fn the_newest_run_has_the_highest_number() {
    let place = Workspace::new();
    let first = place.finished_run();
    let directory = first.parent().expect("its directory").to_owned();
    // As if the clock had been years ahead.
    fs::rename(&directory, directory.with_file_name("20990101T000000Z-small")).expect("renamed");
    place.finished_run();
    let (_, said, _) = place.run(&["log"]);
    let names: Vec<&str> = said.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!((names.len(), names[1]), (2, "20990101T000000Z-small"), "{said}");
    let (code, told, _) = place.run(&["log", names[0]]);
    assert_eq!(code, 0);
    assert!(told.contains("✓ file.write") && told.contains("finished"), "{told}");
    let (_, json, _) = place.run(&["log", "--json"]);
    assert!(json.lines().all(|line| line.contains("\"state\":\"finished\"")), "{json}");
}

#[test]
fn journals_of_every_format_are_read() {
    for (name, records) in [("format-1", 8), ("format-2", 12)] {
        let path = project("tests/journals").join(format!("{name}.jsonl"));
        let transcript = Transcript::read(&path).expect(name);
        assert_eq!(
            (transcript.records.len(), transcript.state()),
            (records, RunState::Finished),
            "{name}"
        );
        let Record::Run(head) = &transcript.records[0] else { panic!("{name}") };
        assert_eq!(format!("format-{}", head.format), name);
    }
    let place = Workspace::new();
    let old = project("tests/journals/format-1.jsonl");
    let copy = place.path("journal.jsonl");
    fs::copy(&old, &copy).expect("a copy");
    keep_lines(&copy, 4);
    let (code, _, said) = place.resume(&["journal.jsonl"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("its journal has format 1"), "{said}");
}

#[test]
fn concurrent_runs_on_one_target_are_refused() {
    let place = Workspace::new();
    let locks = match nix::unistd::geteuid().is_root() {
        true => PathBuf::from("/run/gscript"),
        false => place.path("state/locks"),
    };
    fs::create_dir_all(&locks).expect("the directory of locks");
    let path = locks.join(format!("test-{}.run", std::process::id()));
    let targets = [place.path("target")];
    let nodes = |path: &Path| -> Vec<serde_json::Value> {
        let above = path.ancestors().filter_map(|above| Some((above, fs::metadata(above).ok()?)));
        let node = |(above, meta): (&Path, fs::Metadata)| {
            let rest = path.strip_prefix(above).expect("a path below it");
            serde_json::json!({ "device": meta.dev(), "inode": meta.ino(), "rest": rest })
        };
        above.map(node).collect()
    };
    let target = serde_json::json!({ "name": targets[0], "nodes": nodes(&targets[0]) });
    let work = serde_json::json!({ "pid": 4711, "recipe": "other.rhai", "targets": [target] });
    // A file without a lock would be removed by any other run.
    let new = path.with_extension("new");
    fs::write(&new, work.to_string()).expect("a lock");
    let other = fs::File::open(&new).expect("it");
    other.lock().expect("held");
    fs::rename(&new, &path).expect("a name");
    let run = || place.run(&["small.rhai", "--yes", "--answers", "answers.toml"]);
    let (code, _, said) = run();
    assert_eq!(code, 3, "{said}");
    let named = format!("working on {}: other.rhai (process 4711)", targets[0].display());
    assert!(said.contains(&named), "{said}");
    assert!(!targets[0].exists());
    // The lock of a process that has ended.
    drop(other);
    let (code, _, said) = run();
    assert_eq!((code, path.exists()), (0, false), "{said}");
}

/// Returns a machine with the names of two disks swapped.
fn swapped(machine: &Machine) -> Machine {
    let text = serde_json::to_string(machine).expect("plain data");
    let text = text.replace("/dev/sda", "/dev/SWAP").replace("/dev/sdb", "/dev/sda");
    Machine::read(&text.replace("/dev/SWAP", "/dev/sdb")).expect("a machine")
}

#[test]
fn devices_are_found_again_under_other_names() {
    let place = Workspace::new();
    let mut transcript = Transcript::read(&place.finished_run()).expect("a transcript");
    let text = fs::read_to_string(project("tests/machines/four-sata.json")).expect("it");
    let machine = Machine::read(&text).expect("a machine");
    let Record::Run(head) = &mut transcript.records[0] else { panic!("no run") };
    head.devices =
        machine.storage.devices.values().map(|device| machine.identity(device)).collect();
    head.params = serde_json::json!({ "disk": "/dev/sda" });
    assert!(Names::find(&transcript, &machine).expect("all here").is_empty());
    let names = Names::find(&transcript, &swapped(&machine)).expect("all here");
    for (then, now) in [
        ("/dev/sda", "/dev/sdb"),
        ("/dev/sda7", "/dev/sdb7"),
        ("/dev/sdc", "/dev/sdc"),
        ("/dev/mapper/sda", "/dev/mapper/sda"),
        ("on /dev/sda", "on /dev/sda"),
    ] {
        assert_eq!(names.now(then), now);
        assert_eq!(names.then(now), then);
    }
    let mut gone = machine;
    gone.storage.devices.retain(|path, _| !path.starts_with("/dev/sda"));
    assert!(Names::find(&transcript, &gone).is_err());
}
