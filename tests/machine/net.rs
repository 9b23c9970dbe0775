//! The part `net`: planned on simulated machines, and run in a network namespace of a real kernel.

use std::fs;
use std::process::{Command, Stdio};

use gscript::machine::Machine;
use gscript::recipe::Recipe;
use gscript::script::Language;
use gscript::system::sim::faults::{FaultEvent, Faults};
use gscript::system::{FailureKind, Sim};
use gscript::test::simulate;
use gscript::types::{Map, Pattern};

use crate::support::dsl::{PROGRAM, project};
use crate::support::planned::planned;
use crate::support::skip::skip;

/// Returns a machine with these links.
fn machine(links: &str) -> Machine {
    let text = format!(
        r#"{{"format": 1, "host": {{"udev": true}}, "devices": {{}}, "net": {{"links": {links}}}}}"#
    );
    Machine::read(&text).expect("a machine")
}

/// Plans a script. Returns each call with its steps, effects and undo, or the error.
pub(super) fn plan(machine: &Machine, text: &str) -> Result<Vec<String>, String> {
    let report = planned(machine, Language::Rhai, text, &Map::new())?;
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

/// A host with an SSH session on its default route, a bridge for guests, and a namespace.
const HOST: &str = include_str!("network.json");

pub(super) fn host() -> Machine {
    Machine::read(HOST).expect("a machine")
}

/// Creates a namespace that is joined to a new bridge, and a link of each other kind.
const GUEST: &str = r#"
    netns::create("guest");
    bridge::create("br1");
    veth::create("guest0", "eth0", #{ peer_netns: "guest" });
    bridge::add_port("br1", "guest0");
    tap::create("tap0", #{ owner: 1000 });
    vlan::create("eth1.5", "eth1", 5);
    macvlan::create("mac0", "eth1", #{ mode: "private" });
    net::add_address("br1", "10.9.0.1/24");
    for link in ["br1", "guest0"] { net::up(link); }
    net::add_address("eth0", "10.9.0.2/24", #{ netns: "guest" });
    net::up("eth0", #{ netns: "guest" });
    net::wait("eth0", #{ netns: "guest", address: true });
    net::add_route("default", "eth0", #{ via: "10.9.0.1", netns: "guest" });"#;

#[test]
fn machine_files_keep_the_network() {
    let text = serde_json::to_string(&host()).expect("JSON");
    assert_eq!(Machine::read(&text), Ok(host()));
    let wrong = HOST.replace("\"parent\": \"eth1\"", "\"parent\": \"eth9\"");
    let notes = Machine::read(&wrong).expect_err("no such link");
    assert_eq!(notes[0].at, "net.links[\"eth1.7\"].parent");
}

#[test]
fn a_guest_is_joined_to_a_bridge() {
    let calls = plan(&host(), GUEST).expect("a plan");
    let group = calls[1].split(' ').skip_while(|word| *word != "group").nth(1).expect("a group");
    assert_eq!(
        calls[2],
        format!(
            r#"veth.create: ["ip link add guest0 group {group} type veth peer name eth0 group {group} netns guest"], ["creates link guest0", "creates link eth0 in namespace guest"], Commands {{ commands: ["ip link delete guest0"] }}, None"#
        )
    );
    for (call, step) in [
        (0, "ip netns add guest".to_owned()),
        (1, format!("ip link add br1 group {group} type bridge")),
        (3, "ip link set guest0 master br1".to_owned()),
        (4, format!("ip tuntap add dev tap0 mode tap user 1000; ip link set tap0 group {group}")),
        (5, format!("ip link add eth1.5 link eth1 group {group} type vlan id 5")),
        (6, format!("ip link add mac0 link eth1 group {group} type macvlan mode private")),
        (7, "ip address add 10.9.0.1/24 dev br1".to_owned()),
        (12, "wait up to 30 s for link eth0 in namespace guest".to_owned()),
        (13, "ip -n guest route add default via 10.9.0.1 dev eth0".to_owned()),
    ] {
        assert!(calls[call].contains(&format!("[\"{step}\"]")), "{step}: {}", calls[call]);
    }
}

#[test]
fn what_exists_is_kept() {
    let calls = plan(
        &host(),
        r#"bridge::create("br0"); tap::create("vm0", #{ owner: 1000 }); netns::create("old");
        veth::create("old0", "eth0", #{ peer_netns: "old" }); vlan::create("eth1.7", "eth1", 7);
        bridge::add_port("br0", "vm0"); net::add_address("br0", "10.0.3.1/24");
        tap::remove("tap9"); netns::remove("new"); bridge::remove_port("br0", "eth1");"#,
    );
    for call in calls.expect("a plan") {
        assert!(call.contains(", Some(\""), "{call}");
    }
}

#[test]
fn links_end_with_each_other() {
    let script = r#"
        if net::links().len() != 8 { throw net::links(); }
        netns::remove("old");
        if net::links().len() != 7 || netns::list() != [] { throw net::links(); }
        bridge::remove("br0");
        if net::links().filter(|link| "master" in link) != [] { throw net::links(); }
        net::up("eth1");
        net::up("eth1.7");
        net::down("eth1");
        if net::links().filter(|link| link.name == "eth1.7")[0].up { throw "up"; }
        net::down("eth0", #{ disconnect: true });
        net::up("eth0");
        net::add_route("default", "eth0", #{ via: "192.0.2.254" });"#;
    plan(&host(), script).expect("a plan");
}

#[test]
fn the_plan_refuses_what_would_fail_or_disconnect() {
    for (script, error) in REFUSED {
        let said = plan(&host(), script).expect_err(script);
        assert!(said.contains(error), "{script}: {said}");
    }
    let no_session = HOST.replace("\"session\": \"192.0.2.10\"", "\"session\": null");
    let machine = Machine::read(&no_session).expect("a machine");
    let said = plan(&machine, r#"net::down("eth0");"#).expect_err("the default route");
    assert!(said.contains("network link eth0 carries the default route"), "{said}");
    for allowed in [
        r#"bridge::add_port("br0", "eth0", #{ disconnect: true });"#,
        r#"net::add_address("br0", "192.0.2.20/28", #{ overlap: true });"#,
        r#"net::down("br0"); net::down("vm0");"#,
    ] {
        plan(&host(), allowed).expect(allowed);
    }
}

/// Scripts that are refused on the host, and why.
const REFUSED: &[(&str, &str)] = &[
    (r#"bridge::create("a/b");"#, "a name of 1 to 15 letters"),
    (r#"bridge::create("a234567890123456");"#, "a name of 1 to 15 letters"),
    (r#"netns::create("..");"#, "a name of 1 to 255 letters"),
    (r#"vlan::create("v", "eth1", 4095);"#, "a number from 1 to 4094"),
    (r#"bridge::create("eth1");"#, "network link eth1: the name is taken by a network card"),
    (r#"tap::create("vm0");"#, "network link vm0: the name is taken by a tap"),
    (r#"veth::create("new0", "eth1");"#, "network link eth1: the name is taken by a network card"),
    (r#"veth::create("a", "b", #{ netns: "c" });"#, "network namespace c: no such namespace"),
    (r#"vlan::create("v", "eth9", 5);"#, "network link eth9: no such link"),
    (r#"net::up("eth1.7");"#, "network link eth1.7: the link below, eth1, is down"),
    (r#"bridge::remove("vm0");"#, "network link vm0: expected a bridge, found a tap"),
    (r#"bridge::add_port("vm0", "eth1");"#, "network link vm0: expected a bridge, found a tap"),
    (r#"bridge::add_port("br0", "lo");"#, "it is the loopback link"),
    (r#"bridge::create("b"); bridge::add_port("br0", "b");"#, "it is a bridge"),
    (r#"bridge::create("b"); bridge::add_port("b", "vm0");"#, "vm0 is a port of br0"),
    (r#"net::add_address("br0", "192.0.2.10/32");"#, "192.0.2.10 is assigned to link eth0"),
    (
        r#"net::add_address("br0", "192.0.2.20/28");"#,
        "network of 192.0.2.20/28 overlaps 192.0.2.10/24, which is on link eth0",
    ),
    (
        r#"net::add_address("br0", "172.16.9.1/24");"#,
        "network of 172.16.9.1/24 overlaps 172.16.0.0/12, which is on link eth0",
    ),
    (
        r#"bridge::add_port("br0", "eth0");"#,
        "network link eth0 carries the SSH connection of this session, to 192.0.2.10",
    ),
    (r#"net::down("eth0");"#, "network link eth0 carries the SSH connection"),
    (r#"net::remove_address("eth0", "192.0.2.10/24");"#, "carries the SSH connection"),
    (
        r#"net::remove_route("default", "eth0", #{ via: "192.0.2.254" });"#,
        "carries the SSH connection",
    ),
    (r#"net::add_route("default", "br0");"#, "default route: the gateway is missing"),
    (
        r#"net::add_route("10.8.0.0/16", "br0", #{ via: "10.7.0.1" });"#,
        "gateway 10.7.0.1: link br0 has no address in its network",
    ),
    (r#"net::add_route("10.8.0.0/16", "eth1");"#, "10.8.0.0/16 dev eth1: the link is down"),
    (
        r#"net::add_route("default", "br0", #{ via: "10.0.3.9" });"#,
        "there is another one, default via 192.0.2.254 dev eth0",
    ),
    (r#"net::add_route("10.8.0.1/16", "br0");"#, "without bits beyond its prefix"),
];

/// Each step fails in turn, after the others have changed the simulated machine.
#[test]
fn a_failure_leaves_no_link() {
    let recipe = Recipe::parse("net", Language::Rhai, GUEST.to_owned()).expect("a recipe");
    let mut failed = 0;
    for after in 0.. {
        let faults = Faults::default();
        let (broken, says) = (FailureKind::Kernel("no memory".into()), Vec::new());
        let event = FaultEvent::Fails { step: Pattern::new("…"), broken, says };
        faults.add(event, after);
        let ran = simulate(&recipe, Ok(Map::new()), &host(), Sim::new(), &faults, false);
        if faults.injected() != [true] {
            assert!(ran.error.is_none());
            assert!(ran.after.net.links.as_ref().is_some_and(|links| links.contains_key("guest0")));
            break;
        }
        failed += 1;
        let error = ran.error.expect("a failure").to_string();
        assert!(error.contains("no memory"), "{error}");
        assert_eq!(ran.after.net, host().net, "after step {after}: {error}");
    }
    assert_eq!(failed, 14);
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
    let (code, said) = recipe("interfaces = [\"lo\"]");
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = recipe("interfaces = [\"eth0\"]");
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

/// What runs in that namespace.
const SCRIPT: &str = r#"
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
        # Two ends of a pair on a bridge, one of them in a namespace, and a failure that removes all.
        mount -t tmpfs none /run
        cat >pair.rhai <<'END'
netns::create("guest");
bridge::create("br0");
net::add_address("br0", "10.9.0.1/24");
net::up("br0");
veth::create("guest0", "eth0", #{ peer_netns: "guest" });
bridge::add_port("br0", "guest0");
net::up("guest0");
net::add_address("eth0", "10.9.0.2/24", #{ netns: "guest" });
net::up("eth0", #{ netns: "guest" });
net::wait("eth0", #{ netns: "guest", address: true });
END
        cat pair.rhai fails.rhai >pair_fails.rhai
        if "$1" pair_fails.rhai --yes --journal j5 2>pair.txt; then exit 9; fi
        grep -q 'No space left' pair.txt
        test "$(ls /run/netns)" = ''
        test "$(grep -c : /proc/net/dev)" = 1
        "$1" pair.rhai --yes --prove --journal j6
        grep -q 'guest0:' /proc/net/dev
        echo 'netns::remove("guest"); bridge::remove("br0");' >gone.rhai
        "$1" gone.rhai --yes --prove --journal j7
        test "$(grep -c : /proc/net/dev)" = 1
        test "$(ls /run/netns)" = ''
        # No such link.
        echo 'net::up("none0");' >none.rhai
        if "$1" none.rhai --yes --journal j4 2>none.txt; then exit 9; fi
        grep -q 'network link none0: no such link' none.txt
        grep -q 'use one of lo' none.txt
    "#;

/// Runs on the kernel of this machine, in a network namespace that has only `lo`, which is down.
#[test]
fn links_of_a_real_kernel_are_seen_and_set_up() {
    let test = "links_of_a_real_kernel_are_seen_and_set_up";
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("flags.py"), FLAGS).expect("a script");
    let own = if nix::unistd::geteuid().is_root() { None } else { Some("--map-root-user") };
    let output = Command::new("unshare")
        .args(["--net", "--mount"])
        .args(own)
        .args(["--", "/bin/bash", "-c", SCRIPT, "bash", PROGRAM])
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
