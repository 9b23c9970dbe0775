//! The results that a lab script writes about its cases are parsed correctly.

use std::process::Command;

use crate::support::dsl::project;
use crate::support::tap::Results;

#[test]
fn failures_are_parsed_with_their_cause() {
    let text = "ok - one # time=12ms\nnot ok - two\n  ---\n  at: a.sh:3\n    more\n  ...\nok - two # time=1ms\n1..2\n";
    let results = Results::parse(text);
    assert_eq!(results.of("one"), Some(&Ok(())));
    assert_eq!(results.of("two"), Some(&Err("  at: a.sh:3\n    more\n".to_owned())));
    assert_eq!(results.of("three"), None);
    assert_eq!(results.failure().map(|(name, _)| name), Some("two"));
}

#[test]
fn an_unfinished_script_is_not_complete() {
    assert!(!Results::parse("").complete);
    assert!(!Results::parse("ok - one # time=1ms\n").complete);
    assert!(Results::parse("ok - one # time=1ms\n1..1\n").complete);
    assert!(!Results::parse("ok - one # time=1ms\n1..2\n").complete);
    assert!(!Results::parse("1..1\n").complete);
}

/// The test above parses a constant string; this one parses the output of a real shell.
#[test]
fn the_script_library_writes_parseable_results() {
    let run = |body: &str| {
        let directory = tempfile::tempdir().expect("a directory");
        let lib = project("tests/lab/lib/cases.sh");
        let script = directory.path().join("script.sh");
        std::fs::write(&script, format!(". {}\n{body}\n", lib.display())).expect("a script");
        let output = Command::new("bash")
            .arg(&script)
            .args([std::path::Path::new("/bin/false"), directory.path(), std::path::Path::new("/")])
            .output()
            .expect("a shell");
        let text = std::fs::read_to_string(directory.path().join("tap")).unwrap_or_default();
        (output.status.success(), Results::parse(&text))
    };
    let (ended, results) = run("it one\nmust true\nit two\nmust_not false");
    assert!(ended && results.complete, "{results:?}");
    assert_eq!(results.cases.len(), 2);
    for wrong in [
        "must false",
        "must_not true",
        "echo a | must grep -q b",
        "(must false)",
        ": $(must false)",
        "must_not grep -q x nowhere",
        "must_not no-such-program 2>/dev/null",
        "exits none 0 2>/dev/null",
        "tells none text 2>/dev/null",
        "exit 7",
    ] {
        let (ended, results) = run(&format!("it one\n{wrong}\nit two\nmust true"));
        assert!(!ended && !results.complete, "{wrong}: {results:?}");
        assert!(matches!(results.of("one"), Some(Err(_))), "{wrong}: {results:?}");
        assert_eq!(results.of("two"), None, "{wrong}");
    }
}
