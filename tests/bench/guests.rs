//! Guests: the start of a kernel, many at once, and emerge on virtiofs.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{PROGRAM, Row};

/// A row, the part of `guests.sh` that measures it, and how often.
const ROWS: [(&str, &str, &str, &str); 3] = [
    ("a guest of UML to its login / linux.uml itself", "start", "5", "1.5"),
    ("10 guests of UML at once / one after another", "parallel", "3", "0.7"),
    ("emerge with its build on virtiofs / on a virtio disk", "emerge", "3", "1.5"),
];

pub fn rows() -> Vec<Row> {
    ROWS.into_iter()
        .map(|(what, which, runs, aim)| {
            let mut row = Row::times(what, aim);
            for (ours, theirs) in measure(which, runs) {
                row.ours.push(ours);
                row.theirs.push(theirs);
            }
            row
        })
        .collect()
}

/// Returns pairs of times, or none if they cannot be measured here: that needs root, and the guests.
fn measure(which: &str, runs: &str) -> Vec<(f64, f64)> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = tempfile::tempdir().expect("a directory");
    let output = Command::new("unshare")
        .args(["--mount", "--net", "--propagation", "private", "--", "bash"])
        .arg(project.join("tests/bench/guests.sh"))
        .arg(PROGRAM)
        .arg(directory.path())
        .arg(project)
        .args([which, runs])
        .env("NAMESPACE", "own")
        .output()
        .expect("unshare starts");
    if !output.status.success() {
        eprintln!("{}{}", text(&output.stdout), text(&output.stderr));
        return Vec::new();
    }
    let times = fs::read_to_string(directory.path().join("times")).expect("the times");
    let seconds = |nanos: &str| nanos.parse::<f64>().expect("a number") / 1e9;
    let pair = |line: &str| line.split_once(' ').map(|(a, b)| (seconds(a), seconds(b)));
    times.lines().filter_map(pair).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
