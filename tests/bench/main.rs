//! What gscript costs, against what one would do instead; both in turn in one run, as ratios.
//!
//! `make bench` prints a table. Times are medians; the machine's noise shows in the spread.
#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark ends where it can't go on")]
#![allow(clippy::disallowed_types, reason = "it starts the programs that it compares")]

mod fill;
mod machine;
mod startup;
mod storage;
mod writes;

use std::time::{Duration, Instant};

/// The program, optimised.
const PROGRAM: &str = env!("CARGO_BIN_EXE_gscript");

/// Measures something.
type Bench = fn() -> Vec<Row>;

/// A line of the table.
struct Row {
    what: String,
    ours: Vec<Duration>,
    theirs: Vec<Duration>,
    aim: &'static str,
}

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let benches: [(&str, Bench); 5] = [
        ("startup", startup::rows),
        ("fill", fill::rows),
        ("writes", writes::rows),
        ("machine", machine::rows),
        ("storage", storage::rows),
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
        // Pair by pair: both of a pair ran under the same conditions.
        let pairs = self.ours.iter().zip(&self.theirs);
        let mut ratios: Vec<f64> = pairs.map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        let (Some(lowest), Some(most)) = (ratios.first(), ratios.last()) else {
            println!("{:<58} could not be measured here", self.what);
            return;
        };
        println!(
            "{:<58} {:>9} {:>9} {:>7.2} {:>13}  {}",
            self.what,
            shown(median(&self.ours)),
            shown(median(&self.theirs)),
            ratios[ratios.len() / 2],
            format!("({lowest:.2}-{most:.2})"),
            self.aim
        );
    }
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn shown(time: Duration) -> String {
    match time.as_micros() {
        0..10_000 => format!("{:.2} ms", time.as_secs_f64() * 1e3),
        10_000..1_000_000 => format!("{:.0} ms", time.as_secs_f64() * 1e3),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

/// How long something takes.
fn timed(what: impl FnOnce()) -> Duration {
    let start = Instant::now();
    what();
    start.elapsed()
}
