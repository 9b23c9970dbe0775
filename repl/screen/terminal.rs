//! A live screen: a spinner or progress bar for the running action, below the lines of finished
//! ones.

use std::time::Duration;

use gscript::event::{BuildStatus, Event, Listener};
use gscript::types::cut;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::plain::lines;
use super::{Shown, builds, canvas, print_stderr, shown};

/// A listener that shows a run on standard error.
pub(super) struct Terminal {
    bar: Option<ProgressBar>,
    title: String,
    /// Whether an action is running, including while a program or a prompt uses the terminal.
    running: bool,
    /// Whether the bar counts packages, with a row for each that is being built.
    counts_builds: bool,
}

impl Terminal {
    pub(super) fn new() -> Self {
        Self { bar: None, title: String::new(), running: false, counts_builds: false }
    }

    fn begin(&mut self) {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        bar.set_style(template("  {spinner} {msg}  {elapsed}"));
        bar.set_message(message(&self.title, ""));
        bar.enable_steady_tick(Duration::from_millis(100));
        self.bar = Some(bar);
    }

    fn progress(&mut self, done: u64, total: Option<u64>) {
        let Some(bar) = &self.bar else { return };
        if let Some(total) = total.filter(|_| bar.length() != total) {
            bar.set_length(total);
            bar.set_style(template(
                "  {spinner} {msg}  {bar:20} {percent:>3}%  {bytes_per_sec}  {eta} left",
            ));
        }
        bar.set_position(done);
    }

    fn builds(&mut self, status: &BuildStatus) {
        let Some(bar) = &self.bar else { return };
        if !std::mem::replace(&mut self.counts_builds, true) {
            bar.set_style(template("  {spinner} {msg}  {bar:20} {pos} of {len}{prefix}"));
            bar.set_message(beside(&self.title, BESIDE_COUNT));
        }
        let width = canvas().width;
        let rows = [builds::rest(status)].into_iter().chain(builds::rows(status));
        let row = |row: Shown| format!("\n{}", cut(shown!["      ", row].as_str(), width));
        bar.set_length(status.total);
        bar.set_position(status.done);
        bar.set_prefix(rows.map(row).collect::<String>());
    }

    fn end(&mut self) {
        self.counts_builds = false;
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn print(&self, line: &Shown) {
        match &self.bar {
            Some(bar) => bar.suspend(|| print_stderr(line)),
            None => print_stderr(line),
        }
    }
}

/// The columns of the spinner and the time.
const BESIDE_TIME: usize = 24;
/// The columns of the spinner, the bar and the number of packages.
const BESIDE_COUNT: usize = 42;

/// Returns the running action and its program's last line, cut to one row beside the spinner.
fn message(title: &str, line: &str) -> String {
    match line {
        "" => beside(title, BESIDE_TIME),
        line => cut_beside(&shown![title, "  ", line], BESIDE_TIME),
    }
}

/// Returns the running action, cut to a row with other columns.
fn beside(title: &str, others: usize) -> String {
    cut_beside(&shown![title], others)
}

fn cut_beside(text: &Shown, others: usize) -> String {
    cut(text.as_str(), canvas().width.saturating_sub(others))
}

fn template(text: &str) -> ProgressStyle {
    // The templates are constants: an invalid one would show in every test.
    ProgressStyle::with_template(text).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

impl Listener for Terminal {
    fn on_event(&mut self, event: &Event) {
        match event {
            Event::Began { name, about, .. } => {
                format!("{name} {about}").trim_end().clone_into(&mut self.title);
                self.running = true;
                self.begin();
            }
            Event::Progress { done, total, .. } => self.progress(*done, *total),
            Event::Builds { status, .. } => self.builds(status),
            Event::Line { .. } if self.counts_builds => {}
            Event::Line { text, .. } => {
                if let Some(bar) = &self.bar {
                    bar.set_message(message(&self.title, text));
                }
            }
            Event::Done { .. } | Event::Failed { .. } | Event::Skipped { .. } => {
                self.running = false;
                self.end();
            }
            Event::Terminal { taken: true } => self.end(),
            Event::Terminal { taken: false } if self.running => self.begin(),
            _ => {}
        }
        for line in lines(event, &self.title) {
            self.print(&line);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.end();
    }
}
