//! Lines for files, pipes and serial consoles.

use gscript::event::{Event, Listener};

use super::builds::{self, Milestone};
use super::out::{elapsed, print_stderr};
use super::{Shown, shown, style};

/// A listener that prints a line per action on standard error.
#[derive(Default)]
pub(super) struct PlainListener {
    /// The name of the running action.
    title: String,
    /// The progress of a long step, in tenths, that was printed last.
    last_tenth: u64,
    /// The state of builds that was printed last.
    milestone: Milestone,
}

impl Listener for PlainListener {
    fn on_event(&mut self, event: &Event) {
        if let Event::Began { name, about, .. } = event {
            format!("{name} {about}").trim_end().clone_into(&mut self.title);
            self.last_tenth = 0;
            self.milestone = Milestone::default();
        }
        if let Event::Progress { done, total: Some(total), .. } = event {
            let tenths = done * 10 / (*total).max(1);
            if tenths > self.last_tenth {
                self.last_tenth = tenths;
                print_stderr(&format!("  … {}: {} %", self.title, tenths * 10));
            }
        }
        if let Event::Builds { status, .. } = event {
            let milestone = Milestone::of(status);
            if milestone != self.milestone {
                self.milestone = milestone;
                print_stderr(&builds::line(&self.title, status));
            }
        }
        for line in lines(event, &self.title) {
            print_stderr(&line);
        }
    }
}

/// Returns the lines that an event leaves on any screen.
pub(super) fn lines(event: &Event, title: &str) -> Vec<Shown> {
    let s = style();
    let note = |sign: Shown, text: Shown| vec![shown!["  ", sign, " ", text]];
    match event {
        Event::Chapter { title } => vec![Shown::default(), s.chapter(title)],
        Event::Done { millis, already: None, .. } => {
            note(s.green(s.done), shown![title, "  ", s.dim(&elapsed(*millis))])
        }
        Event::Done { already: Some(why), .. } => {
            note(s.dim(s.same), s.dim(&shown![title, "  unchanged: ", why]))
        }
        Event::Failed { millis, .. } => {
            note(s.red(s.failed), shown![title, "  failed after ", s.dim(&elapsed(*millis))])
        }
        Event::Skipped { .. } => note(s.yellow(s.warning), s.yellow(&shown![title, "  skipped"])),
        Event::Warning { text } => note(s.yellow(s.warning), s.yellow(text)),
        Event::Said { text } => vec![s.recipe_output(text)],
        Event::Released { text, error: None } => note(s.dim(s.same), s.dim(text)),
        Event::Released { text, error: Some(error) } => {
            note(s.red(s.failed), shown![text, ": ", error])
        }
        Event::Layout { text } => vec![Shown::default(), Shown::indented("  ", text)],
        Event::Ended { ok: true, changed, already, millis } => {
            let same = if *already > 0 { format!(", {already} unchanged") } else { String::new() };
            let time = elapsed(*millis);
            let actions = if *changed == 1 { "action" } else { "actions" };
            vec![Shown::default(), s.bold(&format!("Done: {changed} {actions}{same}, {time}"))]
        }
        Event::Ended { ok: false, .. }
        | Event::Began { .. }
        | Event::Step { .. }
        | Event::Line { .. }
        | Event::Progress { .. }
        | Event::Builds { .. }
        | Event::Terminal { .. } => Vec::new(),
    }
}
