//! The cost of a plan: of the bundled recipe compared with the start of Python, and of recipes that
//! are each ten times as long as the one before.

use std::process::{Command, Stdio};

use super::{PROGRAM, PYTHON, Row, Unit, timed};

const RUNS: usize = 10;
/// Memory limit of a plan of the bundled recipe, in bytes.
const MEMORY_LIMIT: f64 = 25.0 * 1024.0 * 1024.0;
const MACHINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/machines/example.json");
const RECIPE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/recipes/encrypted-root.rhai");
const WRITES: &str =
    "let i = 0; while i < COUNT { file::write(`/srv/f${i}`, `line ${i}\\n`); i += 1; }";

/// Runs a program to its end; returns its time in seconds and its peak memory in bytes.
pub fn run_measured(program: &str, args: &[&str]) -> (f64, f64) {
    let mut peak = 0.0;
    let time = timed(|| {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null());
        peak = wait_for_peak(command.spawn().expect("it starts").id());
    });
    (time, peak)
}

/// Waits for a child, which must succeed; returns its peak memory in bytes.
#[allow(unsafe_code, reason = "only wait4(2) reports the memory of a single child")]
fn wait_for_peak(pid: u32) -> f64 {
    let pid = nix::libc::pid_t::try_from(pid).expect("a process");
    let mut status = 0;
    // SAFETY: An all-zero rusage is valid, and both pointers are to locals of the expected type.
    let usage = unsafe {
        let mut usage: nix::libc::rusage = std::mem::zeroed();
        assert_eq!(nix::libc::wait4(pid, &raw mut status, 0, &raw mut usage), pid);
        usage
    };
    assert_eq!(status, 0, "it failed");
    #[allow(clippy::cast_precision_loss, reason = "memory sizes are below 2^52 KiB")]
    let kib = usage.ru_maxrss as f64;
    kib * 1024.0
}

fn plan(recipe: &str, sets: &[&str]) -> (f64, f64) {
    let mut args = vec!["plan", recipe, "--machine", MACHINE];
    args.extend(sets.iter().flat_map(|set| ["--set", set]));
    run_measured(PROGRAM, &args)
}

pub fn rows() -> Vec<Row> {
    let mut rows = shipped();
    rows.extend(longer());
    rows.extend(many("text", &[]));
    rows.extend(many("JSON", &["--json"]));
    rows
}

/// As many calls as a script may make, measured from outside, compared with the limits per call.
fn many(form: &str, flags: &[&str]) -> Vec<Row> {
    const CALLS: u32 = 100_000;
    const SECONDS_PER_CALL: f64 = 20e-6;
    const MEMORY: f64 = 1024.0;
    let directory = tempfile::tempdir().expect("a directory");
    let planned = |count: u32| {
        let file = directory.path().join(format!("{count}.rhai")).to_string_lossy().into_owned();
        let text = "let i = 0; while i < COUNT { file::make_dir(`/srv/d${i}`); i += 1; }";
        std::fs::write(&file, text.replace("COUNT", &count.to_string())).expect("a recipe");
        let mut args = vec!["plan", &file, "--machine", MACHINE];
        args.extend(flags);
        run_measured(PROGRAM, &args)
    };
    let mut times = Row::times(format!("plan: each of 100,000 calls as {form} / 20 µs"), "1");
    let what = format!("plan: memory of each of 100,000 calls as {form} / 1 KiB");
    let mut memory = Row::times(what, "1");
    memory.unit = Unit::Bytes;
    for _ in 0..3 {
        let (empty, all) = (planned(0), planned(CALLS));
        times.ours.push((all.0 - empty.0) / f64::from(CALLS));
        times.theirs.push(SECONDS_PER_CALL);
        memory.ours.push((all.1 - empty.1) / f64::from(CALLS));
        memory.theirs.push(MEMORY);
    }
    vec![times, memory]
}

fn shipped() -> Vec<Row> {
    let mut times = Row::times("plan: encrypted-root / python3 -c pass", "0.5");
    let mut memory = Row::times("plan: encrypted-root, memory / 25 MiB", "1");
    memory.unit = Unit::Bytes;
    for _ in 0..RUNS {
        let sets = ["disk=/dev/sda", "key_dev=/dev/sdb1", "stage3=/var/tmp/stage3.tar.xz"];
        let (time, peak) = plan(RECIPE, &sets);
        times.ours.push(time);
        times.theirs.push(run_measured(&PYTHON, &["-c", "pass"]).0);
        memory.ours.push(peak);
        memory.theirs.push(MEMORY_LIMIT);
    }
    vec![times, memory]
}

/// Each length compared with the one before: per action, above the cost of an empty plan.
fn longer() -> Vec<Row> {
    let directory = tempfile::tempdir().expect("a directory");
    let each = |count: u32| -> (f64, f64) {
        let file = directory.path().join(format!("{count}.rhai")).to_string_lossy().into_owned();
        std::fs::write(&file, WRITES.replace("COUNT", &count.to_string())).expect("a recipe");
        plan(&file, &[])
    };
    let empty = each(0);
    let one = |count: u32| {
        let (time, peak) = each(count);
        ((time - empty.0) / f64::from(count), (peak - empty.1) / f64::from(count))
    };
    let mut rows = Vec::new();
    let lengths = [100, 1_000, 10_000, 100_000];
    for pair in lengths.windows(2) {
        let (short, long) = (pair[0], pair[1]);
        let mut times =
            Row::times(format!("plan: one of {long} actions / one of {short}"), "≤ 20 µs");
        let mut memory =
            Row::times(format!("plan: memory of one of {long} / of {short}"), "≤ 1 KiB");
        memory.unit = Unit::Bytes;
        for _ in 0..3 {
            let (ours, theirs) = (one(long), one(short));
            times.ours.push(ours.0);
            times.theirs.push(theirs.0);
            memory.ours.push(ours.1);
            memory.theirs.push(theirs.1.max(1.0));
        }
        rows.extend([times, memory]);
    }
    rows
}
