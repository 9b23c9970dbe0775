//! The time to start the program and evaluate an expression.

use std::process::{Command, Stdio};

use super::{PROGRAM, PYTHON, Row, timed};

const RUNS: usize = 40;

fn run(program: &str, args: &[&str]) -> f64 {
    timed(|| {
        let status = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .expect("it starts");
        assert!(status.success());
    })
}

fn compare(what: &str, ours: &[&str], program: &str, args: &[&str], aim: &'static str) -> Row {
    let mut row = Row::times(what, aim);
    // The first runs fill the caches.
    run(PROGRAM, ours);
    run(program, args);
    for _ in 0..RUNS {
        row.ours.push(run(PROGRAM, ours));
        row.theirs.push(run(program, args));
    }
    row
}

pub fn rows() -> Vec<Row> {
    let (rhai, lua) = (["-e", "1"], ["--lua", "-e", "1"]);
    vec![
        compare("start: gscript -e 1 / bash -c :", &rhai, "bash", &["-c", ":"], "1.5"),
        compare("start: gscript --lua -e 1 / bash -c :", &lua, "bash", &["-c", ":"], "1.5"),
        compare("start: gscript -e 1 / python3 -c pass", &rhai, &PYTHON, &["-c", "pass"], "0.1"),
    ]
}
