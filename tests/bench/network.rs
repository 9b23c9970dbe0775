//! Links and control groups, compared with `ip -batch` and loops of a shell: one run of each, in a
//! network namespace of its own. Without root, nothing can be measured.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{PROGRAM, Row};

const PAIRS: u32 = 300;
const GROUPS: u32 = 1000;

/// The script around each measurement: only the commands after the third word are timed, one by one.
const WRAPPER: &str = r#"
set -e
cd "$1"
mount -t tmpfs tmpfs /run
eval "$2"
after=$3
shift 3
for command; do
    start=$(date +%s%N)
    eval "$command"
    echo $(( $(date +%s%N) - start )) >>nanos
done
eval "$after"
"#;

/// Runs gscript as the root of the namespace.
const OURS: &str = r#"ours() { "$PROGRAM" "$@" --yes --anything-in / --journal /run/journal >said 2>&1 || { cat said >&2; exit 1; }; }"#;

pub fn rows() -> Vec<Row> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: String| {
        fs::write(directory.path().join(name), text).expect("a file");
    };
    file(
        "links.rhai",
        format!(
            "for n in 0..{PAIRS} {{ bridge::create(`b${{n}}`); tap::create(`t${{n}}`); bridge::add_port(`b${{n}}`, `t${{n}}`); }}"
        ),
    );
    let each =
        |text: &str| (0..PAIRS).map(|n| text.replace('N', &n.to_string())).collect::<String>();
    file(
        "links.ip",
        each("link add bN type bridge\ntuntap add dev tN mode tap\nlink set tN master bN\n"),
    );
    file("group.ip", each("link set bN group 7\nlink set tN group 7\n"));
    file("gone.ip", each("link delete bN\nlink delete tN\n"));
    file(
        "groups.rhai",
        format!(
            "cgroup::create(\"bench\", #{{ controllers: [\"pids\"] }});\nfor n in 0..{GROUPS} {{\n    let name = `bench/${{n}}`;\n    cgroup::create(name, #{{ controllers: [\"pids\"] }});\n    cgroup::set(name, #{{ pids_max: 20 }});\n}}"
        ),
    );
    let mut rows = links(directory.path());
    rows.push(groups(directory.path()));
    rows
}

/// Runs commands in namespaces of their own; returns the seconds of each.
fn measured(directory: &Path, before: &str, work: &[&str], after: &str) -> Option<Vec<f64>> {
    let _ = fs::remove_file(directory.join("nanos"));
    let before = format!("{OURS}\n{before}");
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "bash", "-c", WRAPPER, "bash"]).arg(directory);
    command
        .args([&before, after])
        .args(work)
        .env("PROGRAM", PROGRAM)
        .env("GSCRIPT_STATE", "/run/state");
    let status = command.stdin(Stdio::null()).status().expect("unshare starts");
    let nanos = fs::read_to_string(directory.join("nanos")).ok().filter(|_| status.success())?;
    let seconds = |line: &str| line.parse::<f64>().expect("a number") / 1e9;
    Some(nanos.lines().map(seconds).collect())
}

/// Adds a pair of measurements, if both can be made.
fn pair(row: &mut Row, ours: Option<f64>, theirs: Option<f64>) {
    if let (Some(ours), Some(theirs)) = (ours, theirs) {
        row.ours.push(ours);
        row.theirs.push(theirs);
    }
}

fn links(directory: &Path) -> Vec<Row> {
    const BATCH: &str = "ip -batch links.ip";
    let shell = format!(
        "for n in $(seq 0 {}); do ip link add b$n type bridge; ip tuntap add dev t$n mode tap; ip link set t$n master b$n; done",
        PAIRS - 1
    );
    let mut batch = Row::times("network: 300 bridges with a tap / ip -batch", "1.1");
    let mut lines = Row::times("network: 300 bridges with a tap / shell loop of ip", "0.13");
    let mut planned = Row::times("network: plan of 300 bridges with a tap / ip -batch", "");
    let mut removed = Row::times("network: release of 600 links / ip -batch, one by one", "0.33");
    let mut group = Row::times("network: one message for 600 links / ip -batch, one by one", "");
    let run = |before: &str, work: &[&str]| measured(directory, before, work, ":");
    let release = "\"$PROGRAM\" release --yes /run/journal/*/journal.jsonl >said 2>&1";
    let ours = run(":", &["\"$PROGRAM\" plan links.rhai >plan.txt", "ours links.rhai", release]);
    let theirs = run(":", &[BATCH, "ip -batch gone.ip"]);
    let looped = run(":", &[&shell]);
    let grouped = run("ip -batch links.ip; ip -batch group.ip", &["ip link delete group 7"]);
    let nth = |times: &Option<Vec<f64>>, at: usize| times.as_ref()?.get(at).copied();
    pair(&mut planned, nth(&ours, 0), nth(&theirs, 0));
    pair(&mut batch, nth(&ours, 1), nth(&theirs, 0));
    pair(&mut lines, nth(&ours, 1), nth(&looped, 0));
    pair(&mut removed, nth(&ours, 2), nth(&theirs, 1));
    pair(&mut group, nth(&grouped, 0), nth(&theirs, 1));
    vec![batch, lines, planned, removed, group]
}

fn groups(directory: &Path) -> Row {
    const REMOVE: &str =
        "for d in $(find /sys/fs/cgroup -depth -type d -path '*/bench*'); do rmdir $d; done";
    let shell = format!(
        "C=$(dirname $(find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs -path '*/pids/*' | head -n 1) /sys/fs/cgroup/x | head -n 1)
        mkdir $C/bench; [ ! -e $C/cgroup.controllers ] || {{ echo +pids >$C/cgroup.subtree_control; echo +pids >$C/bench/cgroup.subtree_control; }}
        for n in $(seq {GROUPS}); do mkdir $C/bench/$n; echo 20 >$C/bench/$n/pids.max; read limit <$C/bench/$n/pids.max; [ $limit = 20 ]; done"
    );
    let mut row = Row::times("network: 1,000 limited control groups / shell loop", "0.05");
    let nth = |times: Option<Vec<f64>>| times?.first().copied();
    let ours = nth(measured(directory, REMOVE, &["ours groups.rhai"], REMOVE));
    pair(&mut row, ours, nth(measured(directory, REMOVE, &[&shell], REMOVE)));
    row
}
