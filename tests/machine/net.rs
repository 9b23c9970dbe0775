//! The part `net`: planned on simulated machines, and run in a network namespace of a real kernel.

use std::fs;
use std::process::{Command, Stdio};

use gscript::machine::Machine;
use gscript::recipe::Recipe;
use gscript::run::job::Job;
use gscript::script::Language;
use gscript::system::{Interrupts, Sim};
use gscript::types::Map;

use crate::support::dsl::{PROGRAM, project};
use crate::support::skip::skip;

/// Returns a machine with these links.
fn machine(links: &str) -> Machine {
    let text = format!(
        r#"{{"format": 1, "host": {{"udev": true}}, "devices": {{}}, "net": {{"links": {links}}}}}"#
    );
    Machine::read(&text).expect("a machine")
}

/// Plans a script. Returns each call with its steps, effects and undo, or the error.
fn plan(machine: &Machine, text: &str) -> Result<Vec<String>, String> {
    let recipe =
        Recipe::parse("net", Language::Rhai, text.to_owned()).map_err(|e| e.to_string())?;
    let variables = Map::new();
    let job = Job {
        recipe: &recipe,
        variables: &variables,
        seed: [1; 32],
        interrupts: Interrupts::default(),
        terminal: false,
    };
    let report = job.plan(machine, Box::new(Sim::new())).map_err(|failed| failed.0.to_string())?;
    let calls = report.calls().map(|call| {
        let steps: Vec<String> = call.steps.iter().map(ToString::to_string).collect();
        let effects: Vec<String> = call.effects.iter().map(ToString::to_string).collect();
        format!("{}: {:?}, {:?}, {:?}, {:?}", call.name, steps, effects, call.undo, call.already)
    });
    Ok(calls.collect())
}

const LINKS: &str = r#"{"eth0": {"up": false, "mtu": 1500}, "lo": {"up": true, "mtu": 65536}}"#;

#[test]
fn links_are_planned_on_a_simulated_machine() {
    let calls = plan(
        &machine(LINKS),
        r#"net::up("lo");
        net::up("eth0");
        let up = net::links().filter(|link| link.up).len();
        if up != 2 { throw up; }
        net::up("eth0");"#,
    );
    let calls = calls.expect("a plan");
    assert_eq!(calls.len(), 3, "{calls:?}");
    assert!(calls[0].contains(r#"Some("link lo is up")"#), "{calls:?}");
    assert_eq!(
        calls[1],
        r#"net.up: ["ip link set eth0 up"], ["changes link eth0"], Commands { commands: ["ip link set eth0 down"] }, None"#
    );
    assert!(calls[2].contains(r#"Some("link eth0 is up")"#), "{calls:?}");
    let missing = plan(&machine(LINKS), r#"net::up("eth1");"#).expect_err("there is none");
    assert!(missing.contains("network link eth1: no such link"), "{missing}");
}

#[test]
fn links_of_an_unprobed_machine_are_unknown() {
    let machine = Machine::empty();
    assert_eq!(machine.net.links, None);
    let calls = plan(&machine, r#"net::up("eth0"); if net::links().len() != 0 { throw "known"; }"#);
    assert_eq!(calls.expect("a plan").len(), 1);
}

#[test]
fn needs_hold_for_links() {
    let recipe = |needs: &str| {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("up.rhai");
        let front = format!("//! # Up\n//!\n//! ```toml\n//! [needs]\n//! {needs}\n//! ```\n");
        fs::write(&path, front + "net::up(\"lo\");\n").expect("a recipe");
        let machine = project("tests/machines/example.json");
        let plan = Command::new(PROGRAM)
            .args(["plan", "--machine"])
            .arg(machine)
            .arg(&path)
            .stdin(Stdio::null())
            .output()
            .expect("gscript");
        let text = [plan.stdout, plan.stderr].concat();
        (plan.status.code(), String::from_utf8_lossy(&text).into_owned())
    };
    let (code, said) = recipe("alters = [\"lo\"]");
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = recipe("alters = [\"eth0\"]");
    assert!(code != Some(0) && said.contains("changes link lo"), "{said}");
}

/// Sets the link `lo` down or prints whether the kernel has it up, without gscript.
const FLAGS: &str = r#"
import fcntl, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
name = b"lo".ljust(16, b"\0")
flags = lambda: struct.unpack("16xh", fcntl.ioctl(s, 0x8913, name + bytes(16))[:18])[0]
if sys.argv[1] == "down":
    fcntl.ioctl(s, 0x8914, name + struct.pack("h", flags() & ~1) + bytes(14))
print("up" if flags() & 1 else "down")
"#;

/// Runs on the kernel of this machine, in a network namespace that has only `lo`, which is down.
#[test]
fn links_of_a_real_kernel_are_seen_and_set_up() {
    let test = "links_of_a_real_kernel_are_seen_and_set_up";
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("flags.py"), FLAGS).expect("a script");
    let script = r#"
        set -e
        cd "$2"
        export GSCRIPT_STATE=$2/state
        test "$(python3 flags.py show)" = down
        echo 'print(net::links().map(|link| `${link.name} ${link.up}`));' >links.rhai
        "$1" links.rhai --yes --journal j0 2>&1 | tee seen.txt
        grep -q 'lo false' seen.txt
        echo 'net::up("lo");' >up.rhai
        "$1" up.rhai --yes --prove --journal j1
        test "$(python3 flags.py show)" = up
        "$1" up.rhai --yes --prove --journal j2 2>&1 | tee again.txt
        grep -q 'link lo is up' again.txt
        python3 flags.py down
        # A failed run sets the link down again.
        mkdir full
        mount -t tmpfs -o size=4k none full
        head -c 40000 /dev/zero | tr '\0' x >text
        printf 'net::up("lo");\nfile::copy("%s/text", "%s/full/text");\n' "$2" "$2" >fails.rhai
        if "$1" fails.rhai --yes --journal j3 2>fails.txt; then exit 9; fi
        grep -q 'No space left' fails.txt
        test "$(python3 flags.py show)" = down
        # No such link.
        echo 'net::up("none0");' >none.rhai
        if "$1" none.rhai --yes --journal j4 2>none.txt; then exit 9; fi
        grep -q 'network link none0: no such link' none.txt
        grep -q 'use one of lo' none.txt
    "#;
    let own = if nix::unistd::geteuid().is_root() { None } else { Some("--map-root-user") };
    let output = Command::new("unshare")
        .args(["--net", "--mount"])
        .args(own)
        .args(["--", "/bin/bash", "-c", script, "bash", PROGRAM])
        .arg(directory.path())
        .stdin(Stdio::null())
        .output()
        .expect("unshare");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if said.starts_with("unshare: ") {
        return skip(test, "this system does not let users have network namespaces");
    }
    assert!(output.status.success(), "{:?}\n{said}", output.status);
}
