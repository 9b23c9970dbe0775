//! Resuming a run whose journal has a hundred thousand records, compared with Python, which only
//! reads them.

use std::fs;

use super::plan::run_measured;
use super::writes::Memory;
use super::{PROGRAM, PYTHON as INTERPRETER, Row, Unit};

const RUNS: usize = 5;
/// Each action has two records, and the run has one.
const ACTIONS: usize = 50_000;
/// Limit for resuming the run.
const SECONDS: f64 = 1.0;
const MEMORY_LIMIT: f64 = 200.0 * 1024.0 * 1024.0;
const PYTHON: &str = "
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
assert records[0]['record'] == 'run'
";

pub fn rows() -> Vec<Row> {
    let directory = Memory::mount();
    let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    let (recipe, runs) = (path("many.rhai"), path("runs"));
    let files = path("files");
    let text = format!(
        "file::make_dir(\"{files}\");\n\
         for i in 1..{ACTIONS} {{ file::write(`{files}/f${{i}}`, `line ${{i}}\\n`); }}"
    );
    fs::write(&recipe, text).expect("a recipe");
    run_measured(PROGRAM, &[&recipe, "--yes", "--json", "--journal", &runs]);
    let run = fs::read_dir(&runs).expect("the runs").next().expect("a run").expect("it");
    let journal = run.path().join("journal.jsonl");
    let whole = fs::read_to_string(&journal).expect("the journal");
    // The run was interrupted just before its end.
    let cut = whole.trim_end().rfind('\n').expect("many lines") + 1;
    let records = whole[..cut].lines().count();
    assert_eq!(records, 2 * ACTIONS + 1);
    let journal = journal.to_string_lossy().into_owned();
    let mut times = Row::times(format!("resume: {records} records / Python reads them"), "≤ 1 s");
    let mut limit = Row::times(format!("resume: {records} records / 1 s"), "1");
    let mut memory = Row::times("resume: their memory / 200 MiB", "1");
    memory.unit = Unit::Bytes;
    for _ in 0..RUNS {
        fs::write(&journal, &whole[..cut]).expect("the journal");
        let (time, peak) = run_measured(PROGRAM, &["resume", "--json", &journal]);
        let after = fs::read_to_string(&journal).expect("the journal");
        assert!(after.ends_with("{\"record\":\"ended\",\"ok\":true}\n"), "the run did not finish");
        times.ours.push(time);
        times.theirs.push(run_measured(&INTERPRETER, &["-c", PYTHON, &journal]).0);
        limit.ours.push(time);
        limit.theirs.push(SECONDS);
        memory.ours.push(peak);
        memory.theirs.push(MEMORY_LIMIT);
    }
    vec![times, limit, memory]
}
