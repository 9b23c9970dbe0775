//! `gscript info`: what a recipe declares, without evaluating it.

use crate::support::dsl::Test;

/// A recipe whose code must not be evaluated: it would fail at once.
const STRANGE: &str = r#"//! # Backup
//!
//! Copies a directory.
//!
//! ```toml
//! [params.from]
//! type = "path"
//! ask = "Directory to copy"
//!
//! [params.how]
//! type = "choice"
//! choices = ["copy", "move"]
//! default = "copy"
//! ask = "What to do"
//!
//! [params.really]
//! type = "bool"
//! default = false
//! when = { how = "move" }
//! ask = "Whether to remove the original"
//!
//! [needs]
//! reads = ["$from"]
//! writes = ["$from/etc", "/srv"]
//! opens = ["*"]
//! runs = ["/bin/sh", "rsync"]
//! network = true
//! ```
throw "evaluated";
"#;

#[test]
fn declarations_are_shown_in_words_without_evaluating_the_recipe() {
    Test::new(&["info", "backup.rhai"]).file("backup.rhai", STRANGE).prints(
        r#"Backup

Copies a directory.

Parameters
  from
      Directory to copy
      Type: absolute path. Required.
  how = "copy"
      What to do
      Type: choice: copy, move.
  really = false
      Whether to remove the original
      Type: bool. Only if how is move.

Needs
  opens any container, and starts any volume group, array and swap area
  reads below the value of from
  writes and mounts below /etc in the value of from (places of libraries), and so can do anything there
  writes and mounts below /srv
  runs /bin/sh in the system, and so can do anything there
  runs rsync in the system
  uses the network
"#,
    );
}

#[test]
fn a_value_rules_parameters_out() {
    let ran = Test::new(&["info", "b.rhai", "--set", "how=copy"]).file("b.rhai", STRANGE).run();
    assert_eq!((ran.stderr.as_str(), ran.status), ("", 0));
    assert!(!ran.stdout.contains("really"), "{}", ran.stdout);
    let ran = Test::new(&["info", "b.rhai", "--set", "how=burn"]).file("b.rhai", STRANGE).run();
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("how"), "{}", ran.stderr);
}

#[test]
fn what_a_terminal_would_obey_is_escaped() {
    let text =
        STRANGE.replace("Backup", "B\u{1b}[2Jackup \u{202e}x").replace("What", "W\\u0007hat");
    let ran = Test::new(&["info", "b.rhai"]).file("b.rhai", &text).run();
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(!ran.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{:?}", ran.stdout);
    let ran = Test::new(&["info", "b.rhai", "--json"]).file("b.rhai", &text).run();
    assert!(!ran.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{:?}", ran.stdout);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(json["parameters"][0]["name"], "from");
    assert_eq!(json["needs"].as_array().map(Vec::len), Some(7));
}

#[test]
fn every_bundled_recipe_is_described() {
    let list = Test::new(&["list"]).run().stdout;
    for name in list.lines().filter_map(|line| line.split_whitespace().next()) {
        let ran = Test::new(&["info", name]).run();
        assert_eq!((ran.stderr.as_str(), ran.status), ("", 0), "{name}");
        assert!(ran.stdout.contains("\nNeeds\n"), "{name}");
    }
}
