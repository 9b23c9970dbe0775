//! The part `cgroup`: planned on recorded machines of each version, simulated with faults in every
//! step, and run on the hierarchies of this machine.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use gscript::machine::Machine;
use gscript::machine::cgroup::ControlGroups;
use gscript::recipe::Recipe;
use gscript::script::Language;
use gscript::system::sim::faults::{FaultEvent, Faults};
use gscript::system::{FailureKind, Sim};
use gscript::test::simulate;
use gscript::types::{Map, Pattern};

use crate::support::dsl::{PROGRAM, project};
use crate::support::planned::{planned, steps};
use crate::support::skip::skip;

fn recorded(version: &str) -> Machine {
    let path = project(&format!("tests/machine/cgroups/{version}.json"));
    let text = fs::read_to_string(path).expect("a recorded machine");
    Machine::read(&text).expect("a valid machine")
}

fn recipe(text: &str) -> Recipe {
    Recipe::parse("cgroup", Language::Rhai, text.to_owned()).expect("a recipe")
}

/// Plans a script. Returns the steps of each call, or the error.
fn plan(machine: &Machine, text: &str) -> Result<Vec<String>, String> {
    let report = planned(machine, Language::Rhai, text, &Map::new())?;
    Ok(report.calls().map(steps).collect())
}

/// Returns the error of a script that the plan refuses.
fn refused(version: &str, text: &str) -> String {
    plan(&recorded(version), text).expect_err("it must be refused")
}

const LIMITS: &str = r#"
    cgroup::create("build", #{ controllers: ["memory", "cpu"] });
    let set = cgroup::set("build", #{ memory_max: "100000", cpu_quota: 50 });
    if set.memory_max != 98304 || set.cpu_quota != 50 { throw set; }
    if cgroup::get("build") != set { throw cgroup::get("build"); }
    cgroup::freeze("build");
    cgroup::set("build", #{ memory_max: "98304" });
    cgroup::thaw("build");
    cgroup::remove("build");
"#;

#[test]
fn each_version_has_its_files() {
    let v2 = plan(&recorded("v2"), LIMITS).expect("a plan");
    assert_eq!(
        v2,
        [
            "echo '+cpu' >/sys/fs/cgroup/cgroup.subtree_control && mkdir /sys/fs/cgroup/build",
            "echo 100000 >/sys/fs/cgroup/build/memory.max && echo '50000 100000' >/sys/fs/cgroup/build/cpu.max",
            "echo 1 >/sys/fs/cgroup/build/cgroup.freeze",
            "",
            "echo 0 >/sys/fs/cgroup/build/cgroup.freeze",
            "rmdir /sys/fs/cgroup/build",
        ]
    );
    let v1 = plan(&recorded("v1"), LIMITS).expect("a plan");
    assert_eq!(
        v1[0],
        "mkdir /sys/fs/cgroup/freezer/build /sys/fs/cgroup/cpu/build /sys/fs/cgroup/memory/build"
    );
    assert_eq!(
        v1[1],
        "echo 100000 >/sys/fs/cgroup/memory/build/memory.limit_in_bytes && echo 100000 >/sys/fs/cgroup/cpu/build/cpu.cfs_period_us; echo 50000 >/sys/fs/cgroup/cpu/build/cpu.cfs_quota_us"
    );
    assert_eq!(v1[2], "echo FROZEN >/sys/fs/cgroup/freezer/build/freezer.state");
    let hybrid = plan(&recorded("hybrid"), LIMITS).expect("a plan");
    assert_eq!(
        hybrid[0],
        "mkdir /sys/fs/cgroup/unified/build /sys/fs/cgroup/cpu/build /sys/fs/cgroup/memory/build"
    );
    assert_eq!(hybrid[2], "echo 1 >/sys/fs/cgroup/unified/build/cgroup.freeze");
}

#[test]
fn what_the_kernel_would_refuse_is_refused_in_the_plan() {
    let tells = |version: &str, script: &str, error: &str| {
        let told = refused(version, script);
        assert!(told.contains(error), "{version}: {script}\n{told}");
    };
    tells(
        "v2",
        r#"cgroup::create("x", #{ controllers: ["cpuset"] });"#,
        "controller cpuset: not available in control group /",
    );
    tells(
        "v2",
        r#"cgroup::create("init/x", #{ controllers: ["memory"] });"#,
        "control group init: cannot enable memory for its children while it has 3 processes",
    );
    tells(
        "v2",
        r#"cgroup::create("guests/x", #{ controllers: ["memory"] }); cgroup::add_process("guests", 40);"#,
        "control group guests: cannot have processes of its own while it enables memory",
    );
    tells(
        "v2",
        r#"cgroup::set("guests", #{ cpu_quota: 50 });"#,
        "control group guests: has no controller cpu",
    );
    tells("v2", r#"cgroup::remove("init");"#, "control group init: has processes 1,40-41");
    tells("v2", r#"cgroup::remove("guests");"#, "contains control group guests/web");
    tells("v2", r#"cgroup::freeze("none");"#, "control group none: no such group");
    tells("v2", r#"cgroup::kill("/");"#, "control group /: cannot be killed");
    tells("v2", r#"cgroup::set("guests", #{});"#, "no limit is given");
    tells(
        "v1",
        r#"cgroup::set("guests", #{ swap_max: "1G" });"#,
        "memory.swap.max: not available in version 1",
    );
    tells(
        "v1",
        r#"cgroup::device_allow("guests", ["/dev/sda"]);"#,
        "control group guests: has no controller devices",
    );
    tells(
        "hybrid",
        r#"cgroup::create("guests", #{ controllers: ["pids"] });"#,
        "control group guests: exists without pids",
    );
    let mut none = recorded("v2");
    none.cgroup.found = Some(ControlGroups::default());
    let told = plan(&none, r#"cgroup::create("x");"#).expect_err("nothing is mounted");
    assert!(told.contains("no hierarchy is mounted"), "{told}");
}

#[test]
fn groups_of_an_unprobed_machine_are_assumed() {
    let calls = plan(&Machine::empty(), LIMITS.split("if cgroup").next().expect("a part"));
    let calls = calls.expect("a plan");
    assert!(calls[0].ends_with("mkdir /sys/fs/cgroup/build"), "{calls:?}");
}

#[test]
fn a_process_moves_in_the_model() {
    let text = r#"
        cgroup::create("own");
        cgroup::add_process("own", 40);
        if cgroup::processes("own") != [40] || cgroup::processes("init") != [1, 41] { throw "lost"; }
        cgroup::kill("own");
        cgroup::remove("own");
    "#;
    assert_eq!(plan(&recorded("v2"), text).expect("a plan").len(), 4);
}

/// Every step fails in turn; nothing of the run is left.
#[test]
fn a_failing_step_leaves_no_group() {
    const SCRIPT: &str = r#"
        cgroup::create("a", #{ controllers: ["memory", "cpu", "devices"] });
        cgroup::create("a/b", #{ controllers: ["memory", "devices"] });
        cgroup::set("a", #{ memory_max: "1G", cpu_weight: 50 });
        cgroup::set("guests", #{ memory_max: "2G" });
        cgroup::add_process("a/b", 40);
        cgroup::device_allow("a/b", ["/dev/sda"], #{ basic: false });
        cgroup::freeze("a/b");
        cgroup::thaw("a/b");
        cgroup::freeze("guests");"#;
    let script = recipe(SCRIPT);
    for version in ["v1", "v2"] {
        let machine = recorded(version);
        let mut failed = 0;
        for after in 0.. {
            let faults = Faults::default();
            let event = FaultEvent::Fails {
                step: Pattern::new("…"),
                broken: FailureKind::Kernel("Device or resource busy".into()),
                says: Vec::new(),
            };
            faults.add(event, after);
            let ran = simulate(&script, Ok(Map::new()), &machine, Sim::new(), &faults, false);
            if faults.injected() != [true] {
                assert!(ran.error.is_none(), "{:?}", ran.error.map(|error| error.to_string()));
                break;
            }
            let error = ran.error.expect("a failed step ends the run").to_string();
            assert!(error.contains("Device or resource busy"), "{error}");
            // A controller stays enabled while there are other groups that may use it.
            let left = |machine: &Machine| {
                let found = machine.cgroup.found.clone().expect("groups");
                let state = found.groups.into_iter();
                let state = state.map(|(name, g)| (name, g.limits, g.processes, g.frozen));
                state.collect::<Vec<_>>()
            };
            assert_eq!(left(&ran.after), left(&machine), "{version}, {after}: {:?}", ran.released);
            failed += 1;
        }
        assert!(failed >= 10, "only {failed} steps");
    }
}

/// Runs on the hierarchies of this machine, in a group of its own.
#[test]
fn groups_of_this_kernel_are_limited_frozen_killed_and_removed() {
    let test = "groups_of_this_kernel_are_limited_frozen_killed_and_removed";
    let directory = tempfile::tempdir().expect("a directory");
    if !nix::unistd::geteuid().is_root() || !is_usable(directory.path()) {
        return skip(test, "this system does not let the test create control groups");
    }
    let script = r#"
        set -eu
        cd "$2"
        G=$1 N=gscript-test-$$
        export GSCRIPT_STATE=$2/state
        run() { "$G" "$@" --yes; }
        groups() { find /sys/fs/cgroup -name "$N*" | wc -l; }
        file() { find /sys/fs/cgroup -path "*/$N/$1"; }
        sleep 1000 &
        pid=$!
        trap 'kill -9 $pid 2>/dev/null || true' EXIT
        here() { grep -c "/$N$" /proc/$pid/cgroup || true; }

        cat >make.rhai <<END
cgroup::create("$N", #{ controllers: ["pids"] });
print(cgroup::set("$N", #{ pids_max: 20 }).pids_max);
cgroup::add_process("$N", $pid);
print(cgroup::processes("$N"));
cgroup::freeze("$N");
END
        # A failed run leaves nothing, and the process runs where it was.
        { cat make.rhai; echo "cgroup::add_process(\"$N\", 4194303);"; } >fails.rhai
        if run fails.rhai --journal j0 >fails.txt 2>&1; then exit 9; fi
        grep -q 'the process has ended' fails.txt
        test "$(groups)" = 0
        test "$(here)" = 0
        grep -q '^State:.[SR]' /proc/$pid/status

        run make.rhai --prove --journal j1 2>&1 | tee made.txt
        grep -q '│ 20$' made.txt
        grep -qF "│ [$pid]" made.txt
        test "$(cat $(file pids.max))" = 20
        test "$(here)" -ge 1
        # A second run changes nothing.
        run make.rhai --journal j2 2>&1 | tee again.txt
        grep -q 'is frozen' again.txt
        # What is busy is refused.
        echo "cgroup::remove(\"$N\");" >remove.rhai
        if run remove.rhai --journal j3 2>busy.txt; then exit 9; fi
        grep -q "control group $N: has processes $pid" busy.txt
        # Killing needs an approval of its own.
        echo "cgroup::kill(\"$N\"); cgroup::remove(\"$N\");" >kill.rhai
        if "$G" kill.rhai --yes --journal j4 2>approve.txt </dev/null; then exit 9; fi
        kill -0 $pid
        run kill.rhai --destroy $N --prove --journal j5
        test "$(groups)" = 0
        wait $pid && exit 9 || test $? = 137
        # A run that was left behind is released by its journal.
        head -n 2 make.rhai >left.rhai
        run left.rhai --journal j6
        test "$(groups)" -ge 1
        "$G" release j6/*/journal.jsonl --yes
        test "$(groups)" = 0
    "#;
    let output = Command::new("/bin/bash")
        .args(["-c", script, "bash", PROGRAM])
        .arg(directory.path())
        .stdin(Stdio::null())
        .output()
        .expect("bash");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{:?}\n{}", output.status, String::from_utf8_lossy(&said));
}

/// Returns whether the machine has a hierarchy in which a group with the controller `pids` can be
/// created.
fn is_usable(directory: &Path) -> bool {
    let probe = Command::new(PROGRAM)
        .arg("probe")
        .env("GSCRIPT_STATE", directory.join("state"))
        .stdin(Stdio::null())
        .output()
        .expect("gscript");
    let machine = Machine::read(&String::from_utf8_lossy(&probe.stdout)).expect("a machine");
    let Some(found) = machine.cgroup.found else { return false };
    let Some((top, _)) = found.directory_of("pids", "/") else { return false };
    let group = format!("{top}/gscript-probe-{}", std::process::id());
    found.available().contains("pids")
        && fs::create_dir(&group).is_ok()
        && fs::remove_dir(&group).is_ok()
}
