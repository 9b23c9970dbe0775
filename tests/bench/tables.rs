//! A flag for one package in a `package.use` of 10,000 files, against grep and sed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::writes::Memory;
use super::{PROGRAM, Row, timed};

const RUNS: usize = 5;
const FILES: usize = 10_000;
const PACKAGE: &str = "app-misc/p5000";
const SED: &str =
    "grep -rlx 'app-misc/p5000 .*' \"$1\" | xargs sed -i '/^app-misc.p5000 /s/$/ doc/'";

fn run(program: &str, args: &[&str]) {
    let quiet = Stdio::null;
    let mut command = Command::new(program);
    let status = command.args(args).stdin(quiet()).stdout(quiet()).stderr(quiet()).status();
    assert!(status.expect("it starts").success(), "{program} {args:?}");
}

/// Writes the table and returns its file for the package.
fn fill(table: &Path) -> std::path::PathBuf {
    fs::create_dir_all(table).expect("a directory");
    for i in 0..FILES {
        let line = format!("app-misc/p{i} flag{i} -other\n");
        fs::write(table.join(format!("p{i:05}")), line).expect("a file");
    }
    table.join("p05000")
}

pub fn rows() -> Vec<Row> {
    let memory = Memory::mount();
    let root = memory.path().join("root");
    let table = root.join("etc/portage/package.use");
    let file = fill(&table);
    let before = fs::read(&file).expect("a file");
    let recipe = memory.path().join("flag.rhai");
    // The default name of the file would be written last.
    let call = format!(
        "portage::package_use({:?}, {PACKAGE:?}, [\"doc\"], #{{ file: \"p05000\" }});",
        root.to_string_lossy()
    );
    fs::write(&recipe, call).expect("a recipe");
    let (recipe, runs) = (recipe.to_string_lossy(), memory.path().join("runs"));
    let ours = [&*recipe, "--yes", "--journal", &runs.to_string_lossy()];
    let mut row = Row::times("USE flag among 10,000 files of package.use / grep | sed -i", "1");
    for _ in 0..RUNS {
        row.ours.push(timed(|| run(PROGRAM, &ours)));
        assert!(flags(&file).contains(&"doc".to_owned()));
        fs::write(&file, &before).expect("a file");
        row.theirs.push(timed(|| run("sh", &["-c", SED, "sh", &table.to_string_lossy()])));
        assert!(flags(&file).contains(&"doc".to_owned()));
        fs::write(&file, &before).expect("a file");
    }
    vec![row]
}

fn flags(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a file");
    text.split_whitespace().skip(1).map(str::to_owned).collect()
}
