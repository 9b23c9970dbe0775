//! The interactive shell: time to the first prompt, time for completion, and speed of evaluation.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use gscript::reference::complete::{Candidates, proposals};
use gscript::script::Language;
use nix::pty::{Winsize, openpty};
use regex::Regex;

use super::machine::machine;
use super::plan::run_measured;
use super::{PROGRAM, PYTHON, Row, Unit, timed};

const RUNS: usize = 15;
/// Memory limit of a session at its first prompt, in bytes.
const MEMORY_LIMIT: f64 = 20.0 * 1024.0 * 1024.0;

pub fn rows() -> Vec<Row> {
    let mut rows = prompts();
    rows.push(tab());
    rows.extend(loops());
    rows
}

/// Starts a program on a terminal, waits for the text `sign`, and ends it; returns the seconds
/// until then and the peak memory in bytes.
fn prompt(program: &str, args: &[&str], sign: &str) -> (f64, f64) {
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let terminal = openpty(Some(&size), None).expect("a terminal");
    // Colours and cursor movements can be anywhere in the text.
    let controls = Regex::new(r"\x1b(\[[0-9;?]*[A-Za-z]|[78])").expect("a pattern");
    let ends = || terminal.slave.try_clone().expect("its other end");
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(args)
        .env("TERM", "xterm")
        .stdin(ends())
        .stdout(ends())
        .stderr(ends())
        .spawn()
        .expect("it starts");
    let mut screen = File::from(terminal.master);
    let (mut shown, mut buffer) = (Vec::new(), [0; 4096]);
    while !controls.replace_all(&String::from_utf8_lossy(&shown), "").contains(sign) {
        let count = screen.read(&mut buffer).expect("it shows something");
        // A line editor asks for the position of the cursor; a terminal answers.
        if buffer[..count].windows(4).any(|bytes| bytes == b"\x1b[6n") {
            screen.write_all(b"\x1b[1;1R").expect("an answer");
        }
        shown.extend(&buffer[..count]);
    }
    let took = start.elapsed().as_secs_f64();
    let memory = peak(child.id());
    child.kill().expect("its end");
    child.wait().expect("its end");
    (took, memory)
}

fn peak(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kib * 1024.0
}

fn prompts() -> Vec<Row> {
    let mut bash = Row::times("session: first prompt / bash -i", "under 50 ms");
    let mut python = Row::times("session: first prompt / python3 -i", "under 50 ms");
    let mut guestfish = Row::times("session: first prompt / guestfish --version", "under 50 ms");
    let mut memory = Row::times("session: memory at the prompt / 20 MiB", "1");
    memory.unit = Unit::Bytes;
    for _ in 0..RUNS {
        let (ours, peak) = prompt(PROGRAM, &["shell"], "gscript> ");
        bash.ours.push(ours);
        python.ours.push(ours);
        memory.ours.push(peak);
        memory.theirs.push(MEMORY_LIMIT);
        // Without the user's start-up files, which are not part of bash.
        bash.theirs.push(prompt("bash", &["--norc", "-i"], "# ").0);
        python.theirs.push(prompt(&PYTHON, &["-i"], ">>> ").0);
        if Command::new("guestfish").arg("--version").output().is_ok() {
            guestfish.ours.push(ours);
            guestfish.theirs.push(run_measured("guestfish", &["--version"]).0);
        }
    }
    vec![bash, python, guestfish, memory]
}

/// Completion of a path among ten thousand, on a machine with a thousand disks.
fn tab() -> Row {
    let directory = tempfile::tempdir().expect("a directory");
    for number in 0..10_000 {
        File::create(directory.path().join(format!("file{number}"))).expect("a file");
    }
    let known = Candidates::of(&machine(1000), Vec::new(), Vec::new(), Language::Rhai);
    let path = directory.path().display();
    let (text, shell) = (format!("x(\"{path}/file"), format!("compgen -f {path}/file > /dev/null"));
    let mut row = Row::times("session: Tab, 10,000 paths / bash compgen -f", "under 30 ms");
    for _ in 0..RUNS {
        row.ours.push(timed(|| assert_eq!(proposals(&known, &text).1.len(), 10_000)));
        row.theirs.push(run_measured("bash", &["-c", &shell]).0);
    }
    row
}

/// A million iterations.
fn loops() -> Vec<Row> {
    let python = "i = 0\ns = 0\nwhile i < 1000000:\n  s += i\n  i += 1";
    let rhai = "let i = 0; let s = 0; while i < 1000000 { s += i; i += 1; } s";
    let lua = "local s = 0; for i = 0, 999999 do s = s + i end; return s";
    [("Rhai", rhai, false), ("Lua", lua, true)]
        .into_iter()
        .map(|(name, text, is_lua)| {
            let what = format!("session: a million turns in {name} / python3");
            let mut row = Row::times(what, "1");
            for _ in 0..RUNS {
                row.ours.push(timed(|| piped(text, is_lua)));
                row.theirs.push(run_measured(&PYTHON, &["-c", python]).0);
            }
            row
        })
        .collect()
}

fn piped(text: &str, lua: bool) {
    let mut command = Command::new(PROGRAM);
    command.arg("shell").args(lua.then_some("--lua")).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(text.as_bytes()).expect("a text");
    drop(input);
    assert!(child.wait().expect("its end").success());
}
