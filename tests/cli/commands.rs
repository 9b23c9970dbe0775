//! The command line, apart from what recipes do.

use std::path::Path;

use crate::support::dsl::{PROGRAM, Test, normalized, project, snapshot};

#[test]
fn expressions_in_both_languages() {
    Test::new(&["-e", "1 + 2"]).prints("3");
    Test::new(&["-e", "\"a\" + `${1 + 1}`"]).prints("a2");
    Test::new(&["-e", "let x = 1;"]).prints("");
    Test::new(&["-e", "#{ a: [1, 2.5, true, ()] }"]).prints("#{ a: [1, 2.5, true, ()] }");
    Test::new(&["--lua", "-e", "1 + 2"]).prints("3");
    Test::new(&["-e", "file::exists(\"/\")"]).prints("true");
    Test::new(&["-e", "print(1); print(\"a\"); 2"]).prints("1\na\n2");
    Test::new(&["--lua", "-e", "print('a')"]).prints("a");
    Test::new(&["-e", "print(file::exists(\"/\"));"]).prints("true");
    let ran = Test::new(&["-e", "file::write(\"/tmp/gscript-expression\", \"\")"]).run();
    assert_eq!(ran.status, 3);
    assert!(ran.stderr.contains("an expression only reads the machine"), "{}", ran.stderr);
    assert!(!Path::new("/tmp/gscript-expression").exists());
    Test::new(&["--lua", "-e", "return { a = { 1, 2.5, true } }"])
        .prints("{ a = { 1, 2.5, true } }");
    Test::new(&["-e", "text::find(\"v2.6.1\", \"(\\\\d+)[.](\\\\d+)\")"])
        .prints("[\"2.6\", \"2\", \"6\"]");
}

#[test]
fn advice_is_in_the_language_of_the_script() {
    for (name, script, call) in [
        ("a.rhai", "luks::info(\"/dev/sda\");", "luks::open: #{ header: "),
        ("a.lua", "luks.info('/dev/sda')", "luks.open: { header = "),
    ] {
        let test = Test::new(&["plan", name, "--machine", "@tests/machines/example.json"]);
        let ran = test.file(name, script).run();
        assert!(ran.stderr.contains(call), "{}", ran.stderr);
    }
}

#[test]
fn names_that_do_not_exist() {
    Test::new(&["doc", "luks.fromat"]).refuses(
        2,
        "error: there is no primitive or domain luks.fromat\n |\n = help: did you mean luks.format?",
    );
    let ran = Test::new(&["recipe.rhai", "--yse"]).run();
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("unexpected argument '--yse'"), "{}", ran.stderr);
    let ran = Test::new(&[]).run();
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("gscript"), "{}", ran.stderr);
}

#[test]
fn help_shows_examples_and_exit_codes() {
    let ran = Test::new(&["--help"]).run();
    assert_eq!(ran.status, 0);
    for text in ["Examples:", "gscript try encrypted-root", "Exit codes:"] {
        assert!(ran.stdout.contains(text), "{text}: {}", ran.stdout);
    }
    for shell in ["bash", "zsh", "fish"] {
        let ran = Test::new(&["completions", shell]).run();
        assert!(ran.status == 0 && ran.stdout.contains("--destroy"), "{shell}");
    }
}

#[test]
fn the_reference_by_name_and_by_domain() {
    let ran = Test::new(&["doc", "luks::open"]).run();
    assert!(ran.stdout.starts_with("## luks.open\n"), "{}", ran.stdout);
    let ran = Test::new(&["doc", "lvm"]).run();
    assert_eq!(ran.stdout.lines().count(), 12, "{}", ran.stdout);
    let ran = Test::new(&["list"]).run();
    for line in ["encrypted-root  ", "gentoo  ", "layouts/luks-lvm  "] {
        assert!(ran.stdout.contains(line), "{}", ran.stdout);
    }
}

#[test]
fn plans_for_a_described_machine_need_nothing() {
    let ran = Test::new(&[
        "plan",
        "@recipes/encrypted-root.rhai",
        "--machine",
        "@tests/machines/example.json",
        "--set",
        "disk=/dev/sda",
        "--set",
        "key_dev=/dev/disk/by-id/usb-Example_Stick_U1-part1",
    ])
    .run();
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("there is no device"), "{}", ran.stderr);
    let plan = |seen: &str| {
        let ran = Test::new(&[
            "plan",
            "@recipes/encrypted-root.rhai",
            "--machine",
            "@tests/machines/example.json",
            "--set",
            "disk=/dev/disk/by-id/ata-Example_SSD_S1",
            "--set",
            "key_dev=/dev/sdb1",
            "--set",
            "stage3=/var/tmp/stage3.tar.xz",
        ])
        .env("SEEN", seen)
        .run();
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert_eq!(ran.stderr, "");
        let home = project("").to_string_lossy().into_owned();
        normalized(&ran.stdout.replace(&home, ""))
    };
    snapshot("plan-encrypted-root.txt", &plan("first"));
    // A plan does not depend on environment variables.
    assert_eq!(plan("first"), plan("second"));
}

#[test]
fn a_trial_without_a_value_for_a_parameter_names_it() {
    let recipe = "//! # Two disks\n//! ```toml\n//! [params.disk]\n//! type = \"disk\"\n\
        //! [params.label]\n//! type = \"text\"\n//! ask = \"Label of the filesystem\"\n//! ```\n";
    let ran =
        Test::new(&["try", "r.rhai", "--disk", "1G", "--disk", "100M"]).file("r.rhai", recipe);
    let ran = ran.run();
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert_eq!(
        ran.stderr,
        "error: parameter \"label\" has no value (Label of the filesystem)\n |\n \
         = note: gscript try has /dev/ubda (1 GiB), /dev/ubdb (100 MiB), and the USB stick \
         /dev/ubdc with the partition /dev/ubdc1\n = help: set it: --set label=VALUE\n"
    );
    let sizes = ["--disk", "1M"].repeat(16);
    let words = [vec!["try", "r.rhai", "--set", "label=x"], sizes].concat();
    let ran = Test::new(&words).file("r.rhai", recipe).run();
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("at most 15 disks and a USB stick"), "{}", ran.stderr);
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let script = format!("{PROGRAM:?} doc | head -n 1; {PROGRAM:?} plan \"$0\" | head -n 1");
    let directory = tempfile::tempdir().expect("a directory");
    let recipe = directory.path().join("r.lua");
    let text = "for i = 1, 5000 do print(string.rep('x', 100)) end";
    std::fs::write(&recipe, text).expect("a recipe");
    let ran = std::process::Command::new("sh")
        .args(["-c", &script])
        .arg(&recipe)
        .output()
        .expect("a shell");
    let shown = String::from_utf8_lossy(&ran.stdout);
    assert_eq!((shown.lines().count(), ran.stderr.as_slice()), (2, b"".as_slice()), "{shown}");
}
