//! Ten thousand small files, each atomic and on the disk before the next: from both languages,
//! planned, journalled, logged and compared, against a loop of Python that only writes them.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{PROGRAM, Row, timed};

const RUNS: usize = 3;
const PYTHON: &str = "
import os, sys
for i in range(10000):
    path = f'{sys.argv[1]}/f{i}'
    fd = os.open(path + '.new', os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    os.write(fd, f'line {i}\\n'.encode())
    os.fsync(fd)
    os.close(fd)
    os.rename(path + '.new', path)
";

fn run(program: &str, args: &[&str]) {
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("it starts");
    assert!(status.success(), "{program} {args:?}");
}

pub fn rows() -> Vec<Row> {
    ["rhai", "lua"].map(row).into()
}

fn row(language: &str) -> Row {
    let what = format!("10,000 × file.write from {language} / Python loop with fsync");
    let mut row = Row::times(what, "-");
    for _ in 0..RUNS {
        // In memory, so that the disk's own speed is not what is compared.
        let directory = tempfile::tempdir_in("/dev/shm").expect("a directory");
        let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
        let (ours, theirs) = (path("ours"), path("theirs"));
        for made in [&ours, &theirs] {
            std::fs::create_dir(made).expect("a directory");
        }
        let recipe = path(&format!("writes.{language}"));
        std::fs::write(&recipe, script(language, &ours)).expect("a recipe");
        row.ours.push(timed(|| run(PROGRAM, &[&recipe, "--yes", "--journal", &path("runs")])));
        row.theirs.push(timed(|| run("python3", &["-c", PYTHON, &theirs])));
        let count =
            |path: &String| std::fs::read_dir(Path::new(path)).expect("a directory").count();
        assert_eq!((count(&ours), count(&theirs)), (10_000, 10_000));
    }
    row
}

fn script(language: &str, directory: &str) -> String {
    match language {
        "rhai" => {
            format!("for i in 0..10000 {{ file::write(`{directory}/f${{i}}`, `line ${{i}}\\n`); }}")
        }
        _ => format!(
            "for i = 0, 9999 do file.write('{directory}/f' .. i, 'line ' .. i .. '\\n') end"
        ),
    }
}
