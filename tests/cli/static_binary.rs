//! The static binary works in an otherwise empty root.

use std::process::{Command, Stdio};

use crate::support::dsl::project;
use crate::support::skip::skip;

#[test]
#[ignore = "make lab builds the binary"]
fn one_static_binary_in_an_empty_root() {
    let test = "one_static_binary_in_an_empty_root";
    let binary = project("target/static/gscript");
    if !binary.exists() {
        return skip(test, "target/static/gscript is not there; make static builds it");
    }
    // A hard link, not a copy: a file that was just written cannot be executed while the child of
    // another test still has it open for writing (execve(2), ETXTBSY).
    let directory = tempfile::tempdir_in(project("target")).expect("a directory");
    std::fs::hard_link(&binary, directory.path().join("gscript")).expect("a link");
    let inside = |words: &[&str]| {
        let output = Command::new("unshare")
            .args(["--map-root-user", "--root"])
            .arg(directory.path())
            .arg("/gscript")
            .args(words)
            .env_clear()
            .envs([("LANG", "C.UTF-8"), ("TERM", "xterm")])
            .stdin(Stdio::null())
            .output()
            .expect("unshare");
        [output.stdout, output.stderr].map(|b| String::from_utf8_lossy(&b).into_owned()).concat()
    };
    if inside(&["-e", "1"]).contains("Operation not permitted") {
        return skip(test, "this system does not let users have namespaces");
    }
    // A machine that cannot be probed is not one without disks.
    assert!(inside(&["-e", "disk::list().len()"]).contains("the program lsblk is not installed"));
    assert!(inside(&["probe"]).contains("the program lsblk is not installed"));
    assert_eq!(inside(&["--lua", "-e", "40 + 2"]), "42\n");
    assert!(inside(&["doc", "luks.format"]).contains("cryptsetup-luksFormat(8)"));
    assert!(inside(&["nothing.rhai"]).contains("nothing.rhai: no such file and no bundled recipe"));
    // The bundled recipes are found by name although the root contains only the binary.
    assert!(inside(&["list"]).contains("encrypted-root "));
    let machine = project("tests/machines/example.json");
    std::fs::copy(machine, directory.path().join("machine.json")).expect("a machine");
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
    // Each primitive adds about 20 KiB, so a crate or a generic function that adds more is noticed.
    assert!(size < 16 << 20, "it has grown to {size} bytes");
}
