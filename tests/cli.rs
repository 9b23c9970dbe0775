//! The command line, apart from what recipes do.

use std::process::{Command, Stdio};

use crate::dsl::{PROGRAM, Test, normal, project, snapshot};
use crate::lab::skip;

#[test]
fn expressions_in_both_languages() {
    Test::new(&["-e", "1 + 2"]).prints("3");
    Test::new(&["-e", "\"a\" + `${1 + 1}`"]).prints("a2");
    Test::new(&["-e", "let x = 1;"]).prints("");
    Test::new(&["-e", "#{ a: [1, 2.5, true, ()] }"]).prints("#{ a: [1, 2.5, true, ()] }");
    Test::new(&["--lua", "-e", "1 + 2"]).prints("3");
    Test::new(&["--lua", "-e", "return { a = { 1, 2.5, true } }"])
        .prints("{ a = { 1, 2.5, true } }");
    Test::new(&["-e", "text::find(\"v2.6.1\", \"(\\\\d+)[.](\\\\d+)\")"])
        .prints("[\"2.6\", \"2\", \"6\"]");
}

#[test]
fn advice_is_in_the_language_of_the_script() {
    for (name, script, call) in [
        ("a.rhai", "luks::info(\"/dev/sda\");", "luks::format makes"),
        ("a.lua", "luks.info('/dev/sda')", "luks.format makes"),
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
        "error: there is no primitive or domain luks.fromat\n |\n = next: did you mean luks.format?",
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
        normal(&ran.stdout.replace(&home, ""))
    };
    snapshot("plan-encrypted-root.txt", &plan("first"));
    // A plan does not depend on what the environment says.
    assert_eq!(plan("first"), plan("second"));
}

#[test]
fn one_static_binary_in_an_empty_root() {
    let test = "one_static_binary_in_an_empty_root";
    let binary = project("target/static/gscript");
    if !binary.exists() {
        return skip(test, "target/static/gscript is not there; make static builds it");
    }
    // A link, not a copy: what has just been written can't be started while another test's child
    // still has it open (execve(2), ETXTBSY).
    let folder = tempfile::tempdir_in(project("target")).expect("a folder");
    std::fs::hard_link(&binary, folder.path().join("gscript")).expect("a link");
    let inside = |words: &[&str]| {
        let output = Command::new("unshare")
            .args(["--map-root-user", "--root"])
            .arg(folder.path())
            .arg("/gscript")
            .args(words)
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .expect("unshare");
        [output.stdout, output.stderr].map(|b| String::from_utf8_lossy(&b).into_owned()).concat()
    };
    if inside(&["-e", "1"]).contains("Operation not permitted") {
        return skip(test, "this system does not let users have namespaces");
    }
    assert_eq!(inside(&["-e", "disk::list().len()"]), "0\n");
    assert_eq!(inside(&["--lua", "-e", "40 + 2"]), "42\n");
    assert!(inside(&["doc", "luks.format"]).contains("cryptsetup-luksFormat(8)"));
    assert!(inside(&["nothing.rhai"]).contains("nothing.rhai: no such file and no bundled recipe"));
    // The bundled recipes are there by name, and nothing but the binary is.
    assert!(inside(&["list"]).contains("encrypted-root "));
    let machine = project("tests/machines/example.json");
    std::fs::copy(machine, folder.path().join("machine.json")).expect("a machine");
    for name in ["encrypted-root", "encrypted-root.rhai"] {
        let said = inside(&["plan", name, "--machine", "machine.json"]);
        assert!(said.contains("parameter \"disk\" has no value"), "{name}: {said}");
        for words in [&["run", name][..], &[name]] {
            let said = inside(words);
            assert!(said.contains("the program lsblk is not installed"), "{words:?}: {said}");
        }
    }
    for name in ["encrypted-root", "layouts/luks-lvm"] {
        let said = inside(&["check", name]);
        assert!(said.contains(&format!("✓ {name}  ")), "{said}");
    }
    let said = inside(&["test", "rescue-encrypted-root"]);
    assert!(said.contains(" passed, ") && !said.contains("failed"), "{said}");
    assert!(inside(&["fork", "encrypted-root"]).contains("gscript plan ./encrypted-root.rhai"));
    assert!(inside(&["fork", "encrypted-root"]).contains("failed to write encrypted-root.rhai"));
    let size = std::fs::metadata(&binary).expect("the binary").len();
    assert!(size < 12 << 20, "it has grown to {size} bytes");
}

#[test]
fn whoever_stops_reading_has_seen_enough() {
    let script = format!("{PROGRAM:?} doc | head -n 1; {PROGRAM:?} plan \"$0\" | head -n 1");
    let folder = tempfile::tempdir().expect("a folder");
    let recipe = folder.path().join("r.lua");
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
