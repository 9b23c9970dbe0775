//! Benchmarks of gscript against doing the same without it. Both are measured alternately and
//! reported as ratios.
//!
//! `make bench` prints a table. Times are medians; the spread shows the noise of the machine.
#![allow(clippy::expect_used, clippy::panic, reason = "a failed benchmark must panic")]
#![allow(clippy::disallowed_types, reason = "benchmarks start the programs that they compare")]

#[global_allocator]
static ALLOCATOR: gscript::script::Counting = gscript::script::Counting;

mod builds;
mod collections;
mod fill;
mod first_errors;
mod guests;
mod journal;
mod machine;
mod network;
mod plan;
mod replay;
mod session;
mod startup;
mod storage;
mod tables;
mod writes;

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Instant;

/// The program, optimised.
const PROGRAM: &str = env!("CARGO_BIN_EXE_gscript");

/// The Python interpreter: that of the system if there is one, because `python3` itself may be the
/// script of a version manager, which takes four times as long to start.
static PYTHON: LazyLock<String> = LazyLock::new(|| {
    const SYSTEM: &str = "/usr/bin/python3";
    if Path::new(SYSTEM).exists() {
        return SYSTEM.to_owned();
    }
    let mut command = Command::new("python3");
    let output = command.args(["-c", "import sys; print(sys.executable)"]).output();
    let output = output.expect("python3 starts");
    String::from_utf8(output.stdout).expect("a path").trim().to_owned()
});

/// Measures one group of rows.
type Bench = fn() -> Vec<Row>;

/// A row of the table.
struct Row {
    what: String,
    ours: Vec<f64>,
    theirs: Vec<f64>,
    target: &'static str,
    unit: Unit,
}

/// The unit of the figures in a row.
#[derive(Clone, Copy)]
enum Unit {
    Seconds,
    Bytes,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [work, directory, which, file] = words.as_slice()
        && work == journal::WORK
    {
        return journal::work(directory, which, file);
    }
    let wanted: Vec<&String> = words.iter().filter(|arg| !arg.starts_with('-')).collect();
    let benches: [(&str, Bench); 15] = [
        ("startup", startup::rows),
        ("fill", fill::rows),
        ("writes", writes::rows),
        ("machine", machine::rows),
        ("plan", plan::rows),
        ("storage", storage::rows),
        ("journal", journal::rows),
        ("replay", replay::rows),
        ("session", session::rows),
        ("first errors", first_errors::rows),
        ("builds", builds::rows),
        ("tables", tables::rows),
        ("collections", collections::rows),
        ("guests", guests::rows),
        ("network", network::rows),
    ];
    println!(
        "{:<58} {:>9} {:>9} {:>7} {:>13}  aim",
        "", "gscript", "instead", "ratio", "(lowest-most)"
    );
    for (name, bench) in benches {
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str())) {
            for row in bench() {
                row.print();
            }
        }
    }
}

impl Row {
    fn print(&self) {
        // In pairs: both measurements of a pair were made under the same conditions.
        let pairs = self.ours.iter().zip(&self.theirs);
        let mut ratios: Vec<f64> = pairs.map(|(a, b)| a / b).collect();
        ratios.sort_by(f64::total_cmp);
        let (Some(lowest), Some(most)) = (ratios.first(), ratios.last()) else {
            println!("{:<58} could not be measured here", self.what);
            return;
        };
        println!(
            "{:<58} {:>9} {:>9} {:>7.2} {:>13}  {}",
            self.what,
            self.unit.shown(median(&self.ours)),
            self.unit.shown(median(&self.theirs)),
            ratios[ratios.len() / 2],
            format!("({lowest:.2}-{most:.2})"),
            self.target
        );
    }
}

impl Row {
    /// Creates a row of times.
    fn times(what: impl Into<String>, aim: &'static str) -> Self {
        let (ours, theirs) = (Vec::new(), Vec::new());
        Self { what: what.into(), ours, theirs, target: aim, unit: Unit::Seconds }
    }
}

impl Unit {
    fn shown(self, figure: f64) -> String {
        match self {
            Self::Bytes if figure < 2048.0 => format!("{figure:.0} B"),
            Self::Bytes if figure < 10e6 => format!("{:.0} KiB", figure / 1024.0),
            Self::Bytes => format!("{:.1} MiB", figure / 1024.0 / 1024.0),
            Self::Seconds if figure < 1e-3 => format!("{:.1} µs", figure * 1e6),
            Self::Seconds if figure < 0.01 => format!("{:.2} ms", figure * 1e3),
            Self::Seconds if figure < 1.0 => format!("{:.0} ms", figure * 1e3),
            Self::Seconds => format!("{figure:.2} s"),
        }
    }
}

fn median(figures: &[f64]) -> f64 {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// Returns how many seconds a function takes.
fn timed(what: impl FnOnce()) -> f64 {
    let start = Instant::now();
    what();
    start.elapsed().as_secs_f64()
}
