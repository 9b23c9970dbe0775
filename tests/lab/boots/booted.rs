//! The combinations that were seen booting: `booted.txt` has a line for each, the month and the name of the row. A test that
//! passes writes its own line if `GSCRIPT_WRITE_DOCS` is set.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use crate::support::dsl::project;

fn file() -> PathBuf {
    project("tests/lab/boots/booted.txt")
}

/// Returns the month in which each combination was last seen booting, by its name.
pub fn months() -> BTreeMap<String, String> {
    let text = fs::read_to_string(file()).expect("the list");
    let line = |line: &str| {
        let (month, name) = line.split_once(' ').expect("a month and a name");
        (name.to_owned(), month.to_owned())
    };
    text.lines().map(line).collect()
}

/// Adds a combination that has just booted. Only appended, because other tests may do the same.
pub fn record(name: &str) {
    if std::env::var_os("GSCRIPT_WRITE_DOCS").is_none() {
        return;
    }
    let month = Command::new("date").args(["-u", "+%Y-%m"]).output().expect("date");
    let line = format!("{} {name}\n", String::from_utf8_lossy(&month.stdout).trim());
    let file = File::options().append(true).create(true).open(file());
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the list");
}

/// Writes one line for each of these combinations that has booted, in this order.
pub fn tidy(names: &[String]) {
    let months = months();
    let line = |name: &String| Some(format!("{} {name}\n", months.get(name)?));
    fs::write(file(), names.iter().filter_map(line).collect::<String>()).expect("the list");
}
