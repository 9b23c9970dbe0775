//! Tests that print every kind of event with hostile strings on every screen, on a real terminal.
#![allow(clippy::disallowed_types, reason = "the test runs itself on a terminal")]

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use gscript::event::{BuildSource, BuildStatus, Event, Listener, LockHolder, RunningBuild, Site};
use gscript::recipe::Chapter;
use gscript::types::is_deceptive;
use nix::pty::{Winsize, openpty};

use super::json::Json;
use super::plain::PlainListener;
use super::terminal::Terminal;
use crate::shell::{Prose, Steps};
use crate::state::{Log, RunDirectory};

/// Returns a string that moves the cursor, clears the screen, sets the title, hides and colours
/// text, and forges a heading at the beginning of a row.
fn malicious() -> String {
    let sequences = "\u{1b}[2J\u{1b}[1mA\u{1b}[0m\u{1b}]0;t\u{7}\u{9b}2J\u{1b}[8m\u{1b}P\u{1b}\\";
    let marks = "\u{202e}\u{2066}\u{200f}\u{61c}\u{200b}\u{feff}\u{e0041}\u{2028}\u{2029}\u{7f}\0";
    format!("EVIL{sequences}\r{marks}\n# forged\r\n\t{}# forged", "x".repeat(85))
}

/// Returns the state of a package with this name and phase.
fn builds(text: &str) -> BuildStatus {
    let (name, phase) = (text.to_owned(), text.to_owned());
    let waits_for = Some(LockHolder { process: 1, name: text.to_owned() });
    let running = vec![RunningBuild { name, phase, seconds: 1, expected: None, memory: None }];
    let (done, total, failed, seconds) = (0, 1, 0, 1);
    let (left, load) = (None, Some(1.5));
    let source = BuildSource::Log;
    BuildStatus { source, done, total, failed, running, seconds, left, load, waits_for }
}

/// Returns the event that follows `event`; `None` gives the first. A new kind of event must be
/// added here.
fn after(event: Option<&Event>, text: &str) -> Option<Event> {
    let (text, call) = (text.to_owned(), 1);
    let Some(event) = event else { return Some(Event::Chapter { title: text }) };
    Some(match event {
        Event::Chapter { .. } => {
            let site = Site { file: text.as_str().into(), line: 1 };
            Event::Began { call, name: text.clone(), about: text, site }
        }
        Event::Began { .. } => Event::Step { call, text },
        Event::Step { .. } => Event::Line { call, text },
        Event::Line { .. } => Event::Progress { call, done: 1, total: Some(3) },
        Event::Progress { .. } => Event::Builds { call, status: builds(&text) },
        Event::Builds { .. } => Event::Terminal { taken: true },
        Event::Terminal { taken: true } => Event::Terminal { taken: false },
        Event::Terminal { taken: false } => Event::Warning { text },
        Event::Warning { .. } => Event::Said { text },
        Event::Said { .. } => Event::Layout { text },
        Event::Layout { .. } => Event::Released { text, error: None },
        Event::Released { error: None, .. } => {
            Event::Released { text: text.clone(), error: Some(text) }
        }
        Event::Released { error: Some(_), .. } => Event::Done { call, millis: 7, already: None },
        Event::Done { already: None, .. } => Event::Done { call, millis: 7, already: Some(text) },
        Event::Done { already: Some(_), .. } => Event::Failed { call, millis: 7, error: text },
        Event::Failed { .. } => Event::Skipped { call },
        Event::Skipped { .. } => Event::Ended { ok: true, changed: 1, already: 1, millis: 7 },
        Event::Ended { ok: true, .. } => {
            Event::Ended { ok: false, changed: 1, already: 1, millis: 7 }
        }
        Event::Ended { ok: false, .. } => return None,
    })
}

/// Shows all kinds of events on one screen.
fn show(screen: &mut dyn Listener, text: &str) {
    let mut last = None;
    while let Some(event) = after(last.as_ref(), text) {
        screen.on_event(&event);
        last = Some(event);
    }
}

/// The process that the tests below start on a terminal. Environment variables select the screen
/// and the string.
#[test]
#[ignore = "run by the tests below"]
fn every_kind_once() {
    let text = std::env::var("GSCRIPT_TEXT").expect("a text").replace("\\0", "\0");
    match std::env::var("GSCRIPT_SCREEN").expect("a screen").as_str() {
        "plain" => show(&mut PlainListener::default(), &text),
        "terminal" => show(&mut Terminal::new(), &text),
        "json" => show(&mut Json, &text),
        _ => {
            let chapter = Chapter { title: text.clone(), prose: text.clone(), line: 1 };
            show(&mut Prose(Steps::new(vec![chapter])), &text);
        }
    }
}

/// Returns the output of a screen on a terminal of 80 columns.
fn seen(screen: &str, text: &str) -> String {
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let pair = openpty(Some(&size), None).expect("a terminal");
    let slave = |fd: &OwnedFd| Stdio::from(fd.try_clone().expect("a descriptor"));
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args([
            "--exact",
            "screen::tests::every_kind_once",
            "--ignored",
            "--nocapture",
            "--color=never",
        ])
        .env("GSCRIPT_SCREEN", screen)
        .env("GSCRIPT_TEXT", text.replace('\0', "\\0"))
        .envs([("TERM", "xterm"), ("LANG", "C.UTF-8")])
        .env_remove("NO_COLOR")
        .env_remove("LC_ALL")
        .stdin(Stdio::null())
        .stdout(slave(&pair.slave))
        .stderr(slave(&pair.slave))
        .spawn()
        .expect("it starts");
    drop(pair.slave);
    let reader = thread::spawn(move || {
        let mut all = Vec::new();
        // Reading a pseudoterminal fails when its other side has been closed.
        let _ = File::from(pair.master).read_to_end(&mut all);
        all
    });
    assert!(child.wait().expect("it ends").success(), "{screen}");
    String::from_utf8(reader.join().expect("it reads")).expect("text")
}

/// Returns the escape sequences in order. All other characters must be harmless.
fn sequences(seen: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = seen;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\u{1b}' => {
                let end = rest[2..].find(|c: char| c.is_ascii_alphabetic()).expect("an end");
                found.push(&rest[..end + 3]);
                end + 3
            }
            '\r' | '\n' => 1,
            c => {
                assert!(!is_deceptive(c), "{c:?} in {seen:?}");
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    found
}

/// The expected sequences: bold, dim, colours, reset, and redrawing the progress line.
const OURS: [&str; 10] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
    "\u{1b}[2K",
    "\u{1b}[1A",
    "\u{1b}[2A",
    "\u{1b}[1B",
];

fn no_row_is_forged(seen: &str) {
    for row in seen.split(['\r', '\n']) {
        assert!(!row.starts_with("# forged") && !row.starts_with("EVIL"), "{row:?} in {seen}");
    }
}

#[test]
fn no_event_gets_through_to_a_terminal() {
    for screen in ["plain", "terminal", "json", "prose"] {
        let evil = seen(screen, &malicious());
        assert!(evil.contains("EVIL"), "{screen}: {evil}");
        for sequence in sequences(&evil) {
            assert!(OURS.contains(&sequence), "{screen}: {sequence:?} in {evil:?}");
        }
        no_row_is_forged(&evil);
        if screen != "terminal" {
            // The number of redraws of a progress line depends on the clock.
            let harmless = seen(screen, "EVIL\nas many\nlines");
            assert_eq!(sequences(&evil), sequences(&harmless), "{screen}");
        }
    }
}

#[test]
fn json_stays_data() {
    let text = malicious().replace('\0', "");
    let seen = seen("json", &text).replace("\r\n", "\n");
    let events: Vec<Event> = seen
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).expect("an event"))
        .collect();
    let mut last = None;
    for event in events {
        assert_eq!(after(last.as_ref(), &text), Some(event.clone()));
        last = Some(event);
    }
    assert_eq!(after(last.as_ref(), &text), None);
}

#[test]
fn the_log_can_be_read_on_a_terminal() {
    let directory = tempfile::tempdir().expect("a directory");
    let run = RunDirectory::of(&directory.path().join("journal.jsonl"));
    show(&mut Log::create(&run).expect("a log"), &malicious());
    let log = std::fs::read_to_string(run.log()).expect("the log");
    assert_eq!(sequences(&log), Vec::<&str>::new());
    // Every line begins with its time.
    let stamped = |line: &str| line.as_bytes().get(8) == Some(&b'.');
    assert!(log.lines().all(stamped), "{log}");
    assert!(Path::new(&run.log()).exists());
}
