//! `gscript build-log`: shows the build log of a package, and the first error in it.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use gscript::config::build_log::without_escapes;
use gscript::error::{Error, Exit};
use gscript::primitives::{BuildErrorInfo, PackageLog, package_logs};
use gscript::system::{GrowingFile, Interrupts, Real};
use gscript::types::AbsPath;

use super::interrupts;
use crate::cli::BuildLogArgs;
use crate::render::Problem;
use crate::screen::{Shown, print_stderr, print_stdout};

/// How often a log that is being written is read.
const INTERVAL: Duration = Duration::from_millis(200);

/// The longest line that is printed as a whole, in bytes.
const MAX_LINE: usize = 64 << 10;

pub(crate) fn build_log(args: &BuildLogArgs) -> Exit {
    let shown = interrupts().and_then(|interrupts| {
        let files = Real::new(interrupts.clone());
        let root = root(&args.root)?;
        let logs = package_logs(&root, &args.name, &files).map_err(|error| refused(&error))?;
        let log = the_one(&args.name, logs)?;
        show(&root, &log, args, &interrupts)
    });
    shown.unwrap_or_else(|exit| exit)
}

/// Returns the absolute path of a root.
fn root(path: &Path) -> Result<AbsPath, Exit> {
    match std::fs::canonicalize(path) {
        Ok(path) => Ok(AbsPath::assume_valid(path)),
        Err(error) => {
            Problem::new(format!("failed to open {}: {error}", path.display())).print();
            Err(Exit::Usage)
        }
    }
}

fn refused(error: &Error) -> Exit {
    let mut problem = Problem::new(error.to_string());
    problem.help = error.remedy();
    problem.print();
    error.exit()
}

fn opened(log: &PackageLog) -> Result<GrowingFile, Exit> {
    GrowingFile::open(&log.log, log.lock.clone()).map_err(|error| failed(log, &error))
}

fn failed(log: &PackageLog, error: &std::io::Error) -> Exit {
    let mut problem = Problem::new(format!("failed to read {}: {error}", log.log));
    if error.kind() == std::io::ErrorKind::PermissionDenied {
        problem = problem.help("run as root, or as a member of the group portage");
    }
    problem.print();
    Exit::Failed
}

/// Returns the only log, or the only one of a package that is being built.
fn the_one(name: &str, logs: Vec<PackageLog>) -> Result<PackageLog, Exit> {
    let names: Vec<&str> = logs.iter().map(|log| log.package.as_str()).collect();
    let names = names.join(", ");
    let is_built = |log: &PackageLog| opened(log).is_ok_and(|file| file.is_written());
    let (mut built, mut others): (Vec<_>, Vec<_>) = logs.into_iter().partition(is_built);
    match (built.len(), others.len()) {
        (1, _) => Ok(built.remove(0)),
        (0, 1) => Ok(others.remove(0)),
        _ => {
            Problem::new(format!("{name}: several packages have a build log"))
                .help(format!("name one of {names}"))
                .print();
            Err(Exit::Usage)
        }
    }
}

/// Prints a log as it is written; returns how the build ended.
fn show(
    root: &AbsPath,
    log: &PackageLog,
    args: &BuildLogArgs,
    interrupts: &Interrupts,
) -> Result<Exit, Exit> {
    let mut file = opened(log)?;
    let is_built = file.is_written();
    let state = if is_built { "is being built" } else { "build log" };
    print_stderr(&format!("{}  {state}  {}", log.package, log.log));
    let (mut text, mut printer) = (Vec::new(), Printer::new(args.lines));
    loop {
        // Before the rest is read: it is complete once the lock is released.
        let ends = args.no_follow || !file.is_written();
        loop {
            let bytes = file.read_more().map_err(|error| failed(log, &error))?;
            if bytes.is_empty() {
                break;
            }
            printer.add(&bytes);
            keep(&mut text, &bytes);
        }
        printer.print();
        if ends {
            break;
        }
        if interrupts.count() > 0 {
            return Ok(Exit::Stopped);
        }
        std::thread::sleep(INTERVAL);
    }
    printer.finish();
    match is_built && args.no_follow {
        true => Ok(Exit::Done),
        false => Ok(ended(root, log, &String::from_utf8_lossy(&text))),
    }
}

/// Keeps what is searched for the first error: a log of hundreds of megabytes is not held in memory.
fn keep(text: &mut Vec<u8>, bytes: &[u8]) {
    const MOST: usize = 64 << 20;
    text.extend_from_slice(bytes);
    if text.len() > MOST {
        // The beginning is less likely to have the error than the end.
        let half = text.len() / 2;
        let newline = text[half..].iter().position(|byte| *byte == b'\n').unwrap_or(0);
        text.drain(..=half + newline);
    }
}

/// Prints how a build ended.
fn ended(root: &AbsPath, log: &PackageLog, text: &str) -> Exit {
    let installed = log.installed.as_ref();
    let is_incomplete = log.log.outside().exists()
        && installed.is_some_and(|installed| !installed.outside().exists());
    let error = BuildErrorInfo::of(root, &log.package, &log.log, text);
    let has_failed = gscript::config::build_log::has_failed(text);
    if !has_failed && !is_incomplete {
        print_stderr(&format!("{}: built", log.package));
        return Exit::Done;
    }
    let how = if has_failed { "failed" } else { "was interrupted" };
    let phase =
        if error.phase.is_empty() { String::new() } else { format!(" ({} phase)", error.phase) };
    let mut problem = Problem::new(format!("{} {how}{phase}", log.package));
    if has_failed && error.line > 0 {
        problem.title = format!("{}: {}", problem.title, error.text);
        problem.notes.push(("log", format!("{}:{}, {} error", log.log, error.line, error.kind)));
        problem.notes.push(("output", error.context.join("\n")));
    }
    if has_failed {
        problem.help = Some(error.remedy);
    }
    problem.print();
    Exit::Failed
}

/// Prints the last lines of what there is, and then every line.
struct Printer {
    last: VecDeque<String>,
    most: usize,
    partial: Vec<u8>,
    follows: bool,
}

impl Printer {
    fn new(most: usize) -> Self {
        Self { last: VecDeque::new(), most, partial: Vec::new(), follows: false }
    }

    fn add(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.partial.len() < MAX_LINE {
                self.partial.extend_from_slice(piece);
            }
            if piece.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.partial);
        let line = String::from_utf8_lossy(&line);
        self.last.push_back(line.trim_end_matches(['\n', '\r']).to_owned());
        if !self.follows && self.last.len() > self.most {
            self.last.pop_front();
        }
        if self.follows {
            self.print();
        }
    }

    /// Prints the lines that are complete; from now on, all of them.
    fn print(&mut self) {
        self.follows = true;
        for line in self.last.drain(..) {
            print_stdout(&Shown::lines(&without_escapes(&line)));
        }
    }

    fn finish(&mut self) {
        if !self.partial.is_empty() {
            self.end_line();
        }
        self.print();
    }
}
