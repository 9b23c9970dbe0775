//! Copies of bundled recipes: they record their origin, and are compared and merged with it.

use std::fs;
use std::path::Path;
use std::process::Command;

use gscript::recipe::ForkOrigin;
use gscript::recipe::bundled::{Bundled, find};
use gscript::types::sha256;

use crate::support::dsl::{PROGRAM, Test};

/// The bundled recipe, and an older version of it that has no needs on its last line.
fn versions() -> (Bundled, String) {
    let upstream = find("layouts/luks-lvm").expect("a bundled recipe");
    let older = upstream.text.replacen("# ", "# The ", 1).replacen("destroys = ", "alters = ", 1);
    assert_ne!(older, upstream.text);
    (upstream, older)
}

/// Runs a command in a directory with a state directory; returns its exit code, standard output and
/// standard error.
fn gscript(directory: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(PROGRAM);
    let state = directory.join("state/gscript");
    let ran = command.args(args).current_dir(directory).env("GSCRIPT_STATE", state).output();
    let ran = ran.expect("the program");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (ran.status.code().unwrap_or(-1), text(&ran.stdout), text(&ran.stderr))
}

/// Creates a copy of the older version, as an older gscript would have, with an edit of its own.
fn copied_from_older(edit: impl Fn(&str) -> String) -> tempfile::TempDir {
    let (upstream, older) = versions();
    let directory = tempfile::tempdir().expect("a directory");
    // Creates the state directory with its permissions.
    let (code, ..) = gscript(directory.path(), &["fork", "layouts/luks-lvm", "mine.rhai"]);
    assert_eq!(code, 0);
    let origin = ForkOrigin { of: upstream.name.to_owned(), sha256: sha256(older.as_bytes()) };
    let originals = directory.path().join("state/gscript/originals");
    fs::write(originals.join(&origin.sha256), &older).expect("the original");
    let copy = edit(&origin.copy(upstream.language, &older));
    fs::write(directory.path().join("mine.rhai"), copy).expect("the copy");
    directory
}

fn mine(directory: &tempfile::TempDir) -> String {
    fs::read_to_string(directory.path().join("mine.rhai")).expect("the copy")
}

/// Adds a line at the end.
fn own_line(text: &str) -> String {
    format!("{text}// An own line.\n")
}

#[test]
fn a_new_copy_is_up_to_date_and_shows_its_changes() {
    let directory = tempfile::tempdir().expect("a directory");
    gscript(directory.path(), &["fork", "layouts/luks-lvm", "mine.rhai"]);
    assert_eq!(
        gscript(directory.path(), &["diff", "./mine.rhai"]),
        (0, String::new(), String::new())
    );
    fs::write(directory.path().join("mine.rhai"), own_line(&mine(&directory))).expect("an edit");
    let (code, stdout, _) = gscript(directory.path(), &["diff", "./mine.rhai"]);
    let changed: Vec<&str> = stdout.lines().filter(|line| line.starts_with(['+', '-'])).collect();
    let expected = ["--- layouts/luks-lvm.rhai", "+++ ./mine.rhai", "+// An own line."];
    assert_eq!((code, changed.as_slice()), (0, expected.as_slice()));
    let (code, _, stderr) = gscript(directory.path(), &["update", "./mine.rhai"]);
    assert_eq!((code, stderr.as_str()), (0, "./mine.rhai is up to date with layouts/luks-lvm.\n"));
    let (_, stdout, _) = gscript(directory.path(), &["list"]);
    assert!(stdout.contains("(copy of layouts/luks-lvm.rhai)"), "{stdout}");
}

#[test]
fn an_update_keeps_the_own_changes_and_shows_new_needs() {
    let directory = copied_from_older(own_line);
    let (_, stdout, _) = gscript(directory.path(), &["list"]);
    assert!(stdout.contains("which has changed since: gscript update)"), "{stdout}");
    let (_, stdout, _) = gscript(directory.path(), &["diff", "--upstream", "./mine.rhai"]);
    assert!(stdout.contains("\n+//! destroys = "), "{stdout}");
    let (code, _, stderr) = gscript(directory.path(), &["update", "./mine.rhai"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("note: with the update, the recipe destroys all data on"), "{stderr}");
    let (upstream, _) = versions();
    let now = upstream.copy();
    assert_eq!(mine(&directory), own_line(&now));
    let (_, _, stderr) = gscript(directory.path(), &["update", "./mine.rhai"]);
    assert!(stderr.contains("up to date"), "{stderr}");
}

#[test]
fn a_conflict_leaves_both_versions_and_the_own_file() {
    let own = |text: &str| text.replacen("# The ", "# My ", 1);
    let directory = copied_from_older(own);
    let before = mine(&directory);
    let (code, _, stderr) = gscript(directory.path(), &["update", "./mine.rhai"]);
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("error: ./mine.rhai: 1 conflict with layouts/luks-lvm"), "{stderr}");
    let kept =
        fs::read_to_string(directory.path().join("mine.rhai.orig")).expect("the own version");
    assert_eq!(kept, before);
    for part in ["<<<<<<< ", "# My ", "\n=======\n", ">>>>>>> "] {
        assert!(mine(&directory).contains(part), "no {part}");
    }
    for command in ["plan", "info", "update"] {
        let (code, _, stderr) = gscript(directory.path(), &[command, "./mine.rhai"]);
        assert_eq!(code, 2, "{command}: {stderr}");
        assert!(stderr.contains("unresolved conflict of gscript update"), "{command}: {stderr}");
    }
}

#[test]
fn an_original_that_is_missing_or_changed_stops_the_update() {
    let directory = copied_from_older(own_line);
    let before = mine(&directory);
    let (_, older) = versions();
    let original = directory.path().join("state/gscript/originals").join(sha256(older.as_bytes()));
    fs::write(&original, "something else").expect("another text");
    let (code, _, stderr) = gscript(directory.path(), &["update", "./mine.rhai"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("the file has changed"), "{stderr}");
    fs::remove_file(&original).expect("no original");
    let (code, _, stderr) = gscript(directory.path(), &["update", "./mine.rhai"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("the original that it was copied from is not available"), "{stderr}");
    assert_eq!(mine(&directory), before);
}

#[test]
fn a_file_that_is_not_a_copy_is_refused() {
    for command in ["diff", "update"] {
        let text = "//! # Other\nprint(1);\n";
        Test::new(&[command, "./other.rhai"]).file("other.rhai", text).refuses(
            2,
            "error: ./other.rhai: not a copy that gscript fork has made\n |\n = help: write a copy of a recipe: gscript fork RECIPE FILE",
        );
    }
    // The digest is part of a file name.
    let climbs = "//! # Other\n//! ```toml\n//! fork = { of = \"gentoo.rhai\", sha256 = \"../../../etc/shadow\" }\n//! ```\n";
    let ran = Test::new(&["update", "./other.rhai"]).file("other.rhai", climbs).run();
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("is not a SHA-256 digest"), "{}", ran.stderr);
}
