//! Portage: logs of merges, tables of many files, builds of many packages and builds that print much.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::plan::run_measured;
use super::{PROGRAM, Row, Unit, timed};

const RUNS: usize = 5;
/// Each of these takes a minute or more.
const BUILD_RUNS: usize = 2;
/// Package that the log of merges is asked for.
const WANTED: &str = "dev-libs/beta7";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![history(), history_memory(), package_use()];
    rows.extend(builds());
    rows
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn output(program: &str, args: &[&str]) -> String {
    let command = Command::new(program).args(args).stdin(Stdio::null()).output();
    let output = command.expect("it starts");
    assert!(output.status.success(), "{program} {args:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Writes a log of this size with 600 packages, of which some fail; returns how often the wanted one
/// was merged.
fn write_log(path: &Path, size: usize) -> usize {
    let (mut log, mut time, mut merged) = (String::with_capacity(size + 4096), 1_200_000_000, 0);
    for run in 0_usize.. {
        if log.len() > size {
            break;
        }
        let count = 3 + run % 5;
        log += &format!("{time}: Started emerge on: Jan 01, 2020 00:00:00\n");
        log += &format!("{time}:  *** emerge --update --deep --newuse @world\n");
        for number in 0..count {
            let which = (run * 7 + number * 13) % 600;
            let category = ["app-misc", "dev-libs", "sys-apps", "media-libs"][which / 150];
            let name = ["alpha", "beta", "gamma"][which / 50 % 3];
            let package = format!("{category}/{name}{}", which % 50);
            let version = format!("{package}-{}.{number}.{}", 1 + run % 9, run % 4);
            let of = format!("({} of {count})", number + 1);
            let ebuild = format!("({version}::/var/db/repos/gentoo/x/x.ebuild)");
            log += &format!("{time}:  >>> emerge {of} {version} to /\n");
            log += &format!("{time}:  === {of} Cleaning {ebuild}\n");
            log += &format!("{time}:  === {of} Compiling/Merging {ebuild}\n");
            time += 60 + (run * number) % 600;
            if (run + number) % 23 != 22 {
                log += &format!("{time}:  === {of} Merging {ebuild}\n");
                log += &format!("{time}:  >>> AUTOCLEAN: {package}:0\n");
                log += &format!("{time}:  === {of} Post-Build Cleaning {ebuild}\n");
                log += &format!("{time}:  ::: completed emerge {of} {version} to /\n");
                merged += usize::from(package == WANTED);
            }
        }
        log += &format!("{time}:  *** exiting successfully.\n{time}:  *** terminating.\n");
    }
    fs::write(path, log).expect("free space");
    merged
}

/// Compares with emlop, if it is installed (`cargo install emlop`).
fn history() -> Row {
    let mut row = Row::times("merges of a package in a log of 100 MB / emlop", "1");
    if Command::new("emlop").arg("--version").output().is_err() {
        return row;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("emerge.log");
    let merged = write_log(&path, 100_000_000);
    let log = text(&path);
    let expression = format!(
        r#"let n = 0; for one in portage::history("/", #{{ log: "{log}", name: "{WANTED}" }}) {{ if one.outcome == "merged" {{ n += 1; }} }} n"#
    );
    for _ in 0..RUNS {
        let (mut ours, mut theirs) = (String::new(), String::new());
        row.ours.push(timed(|| ours = output(PROGRAM, &["-e", &expression])));
        let args = ["-F", &log, "stats", "-s", "p", "-o", "tab", WANTED];
        row.theirs.push(timed(|| theirs = output("emlop", &args)));
        let total = |said: &str| said.split_whitespace().any(|word| word == merged.to_string());
        assert!(total(&ours) && total(&theirs), "{merged}: {ours} {theirs}");
    }
    row
}

/// Compares the memory for a log with that for one of a hundredth of its size.
fn history_memory() -> Row {
    let (ours, theirs) = (Vec::new(), Vec::new());
    let what = "memory for the merges of a package in 100 MB / in 1 MB".into();
    let mut row = Row { what, ours, theirs, target: "1", unit: Unit::Bytes };
    let directory = tempfile::tempdir().expect("a directory");
    for (size, peaks) in [(100_000_000, &mut row.ours), (1_000_000, &mut row.theirs)] {
        let path = directory.path().join("emerge.log");
        write_log(&path, size);
        let expression = format!(
            r#"portage::history("/", #{{ log: "{}", name: "{WANTED}" }}).len()"#,
            text(&path)
        );
        for _ in 0..RUNS {
            peaks.push(run_measured(PROGRAM, &["-e", &expression]).1);
        }
    }
    row
}

/// Changes one of 10,000 files in package.use, which is found by reading all of them.
fn package_use() -> Row {
    let mut row = Row::times("a USE flag among 10,000 files in package.use / grep, sed", "1");
    let root = tempfile::tempdir().expect("a directory");
    let table = root.path().join("etc/portage/package.use");
    fs::create_dir_all(&table).expect("a directory");
    for number in 0..10_000 {
        let line = format!("app-misc/p{number} one -two\n");
        fs::write(table.join(format!("p{number}")), line).expect("a file");
    }
    let recipe = root.path().join("use.rhai");
    for run in 0..RUNS {
        let package = format!("app-misc/p{}", 7_000 + run);
        let call = format!(
            "portage::package_use(\"{}\", \"{package}\", [\"two\"]);",
            root.path().display()
        );
        fs::write(&recipe, call).expect("a recipe");
        let runs = text(&root.path().join(format!("runs{run}")));
        let args = [&text(&recipe), "--yes", "--journal", &runs];
        row.ours.push(timed(|| _ = output(PROGRAM, &args)));
        let script = "file=$(grep -rlF \"$1 \" \"$2\") && sed -i 's/-two/two/' \"$file\"";
        let other = format!("app-misc/p{}", 8_000 + run);
        let args = ["-c", script, "sh", &other, &text(&table)];
        row.theirs.push(timed(|| _ = output("sh", &args)));
    }
    row
}

/// The figures of a build: seconds in total, seconds of processor time and bytes of memory.
struct Figures {
    total: f64,
    processor: f64,
    memory: f64,
}

/// Runs the script in a mount namespace of its own.
fn build(what: &str) -> Figures {
    let directory = tempfile::tempdir().expect("a directory");
    let project = env!("CARGO_MANIFEST_DIR");
    let script = format!("{project}/tests/bench/builds.sh");
    let command = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "--", "bash", &script, PROGRAM])
        .args([&text(directory.path()), project, what])
        .env("NAMESPACE", "own")
        .stdin(Stdio::null())
        .output();
    let output = command.expect("make bench runs as root");
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stdout));
    let figure = |name: &str| {
        let text = fs::read_to_string(directory.path().join(name)).unwrap_or_default();
        text.trim().parse().unwrap_or(f64::NAN)
    };
    Figures {
        total: figure("microseconds") / 1e6,
        processor: figure("ticks") / figure("hertz"),
        memory: figure("memory"),
    }
}

fn builds() -> [Row; 3] {
    let mut many = Row::times("keep_building of 50 packages / emerge --keep-going", "1.05");
    let mut loud = Row::times("processor time for 200 MB of output / whole build", "0.02");
    let (ours, theirs) = (Vec::new(), Vec::new());
    let what = "memory for 200 MB of output / for 1 MB".into();
    let mut memory = Row { what, ours, theirs, target: "1", unit: Unit::Bytes };
    for _ in 0..BUILD_RUNS {
        many.ours.push(build("keep_building").total);
        many.theirs.push(build("keep_going").total);
        let (large, small) = (build("loud_200000000"), build("loud_1000000"));
        loud.ours.push(large.processor);
        loud.theirs.push(large.total);
        memory.ours.push(large.memory);
        memory.theirs.push(small.memory);
    }
    [many, loud, memory]
}
