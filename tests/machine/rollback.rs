//! Changes of links that are rolled back unless they are confirmed, on a simulated machine.

use gscript::recipe::Recipe;
use gscript::script::Language;
use gscript::system::sim::faults::{FaultEvent, Faults};
use gscript::system::{FailureKind, Sim};
use gscript::test::simulate;
use gscript::types::{Map, Pattern};

use super::net::{host, plan};

/// Moves the address of the session from a card to a bridge.
const BRIDGED: &str = r#"
    let change = net::arm_rollback(["eth0", "br1"], #{ within: 90 });
    bridge::create("br1");
    net::up("br1");
    net::remove_address("eth0", "192.0.2.10/24");
    bridge::add_port("br1", "eth0");
    net::add_address("br1", "192.0.2.10/24");
    net::add_route("default", "br1", #{ via: "192.0.2.254" });
    net::confirm(change);
"#;

#[test]
fn links_of_the_session_change_while_a_rollback_is_armed() {
    let calls = plan(&host(), BRIDGED).expect("a plan");
    assert_eq!(calls.len(), 8);
    assert!(calls[0].contains("restores link eth0 unless its change is confirmed"), "{calls:?}");
    assert!(calls[0].contains("gscript confirm --roll-back "), "{calls:?}");
    assert!(calls[7].contains("wait up to 90 s for: gscript confirm "), "{calls:?}");
    assert!(calls[7].contains("waits for the confirmation of network change "), "{calls:?}");
}

/// Without the confirmation, the links would be restored after a run that reports success.
#[test]
fn a_script_that_never_confirms_is_refused() {
    let error = plan(&host(), &BRIDGED.replace("net::confirm(change);", "")).expect_err("refused");
    assert!(error.contains(" of br1, eth0 is not confirmed at the end of the script"), "{error}");
}

/// Each step fails in turn, the last one because the change is not confirmed.
#[test]
fn an_unconfirmed_change_is_rolled_back() {
    let recipe = Recipe::parse("net", Language::Rhai, BRIDGED.to_owned()).expect("a recipe");
    for after in 0.. {
        let faults = Faults::default();
        let (broken, says) = (FailureKind::Kernel("no memory".into()), Vec::new());
        let event = FaultEvent::Fails { step: Pattern::new("…"), broken, says };
        faults.add(event, after);
        let ran = simulate(&recipe, Ok(Map::new()), &host(), Sim::new(), &faults, false);
        let net = ran.after.net;
        let carried = |link: &str| {
            let links = net.links.as_ref().expect("the links");
            links.get(link).is_some_and(|link| {
                link.all_addresses().any(|one| one.to_string() == "192.0.2.10/24")
            })
        };
        if faults.injected() != [true] {
            assert!(ran.error.is_none());
            assert!(carried("br1") && !carried("eth0"));
            assert_eq!(after, 8);
            break;
        }
        assert!(carried("eth0") && !carried("br1"), "after step {after}");
        assert_eq!(
            (&net.links, &net.routes),
            (&host().net.links, &host().net.routes),
            "after step {after}"
        );
    }
}

#[test]
fn what_a_rollback_would_not_restore_is_refused() {
    for (script, error) in REFUSED {
        let said = plan(&host(), script).expect_err(script);
        assert!(said.contains(error), "{script}: {said}");
    }
}

/// Scripts that are refused on the host, and why.
const REFUSED: &[(&str, &str)] = &[
    (r"net::arm_rollback([]);", "rollback: no links"),
    (r#"net::arm_rollback(["eth9"]);"#, "network link eth9: no such link"),
    (r#"net::arm_rollback(["eth0"], #{ within: 0 });"#, "a number of seconds from 1 to 86400"),
    (r#"net::arm_rollback(["eth0"]); net::arm_rollback(["eth1"]);"#, "of eth0: not confirmed yet"),
    (r#"net::confirm("0123abcd");"#, "network change 0123abcd: no such change"),
    (r#"net::confirm("../../x");"#, "the value that net.arm_rollback returned"),
    (
        r#"net::arm_rollback(["eth0"]); net::up("br0"); net::down("br0");"#,
        "network link br0: not restored by the rollback of network change",
    ),
    (r#"net::arm_rollback(["eth1"]); net::down("eth0");"#, "carries the SSH connection"),
    (
        r#"net::arm_rollback(["vm0", "br0"]); tap::remove("vm0");"#,
        "network link vm0: a rollback cannot create a tap again",
    ),
    (
        r#"let change = net::arm_rollback(["eth0", "new0"]); net::confirm(change);"#,
        "network link new0: no such link",
    ),
];
