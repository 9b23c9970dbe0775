//! Plans and failures as text.

use std::fmt::Write;
use std::io;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use gscript::docs::advice_in_lua;
use gscript::event::Site;
use gscript::machine::{Fact, picture};
use gscript::recipe::Recipe;
use gscript::report::{Entry, PlannedCall, Report, TakeBack};
use gscript::script::{Language, ScriptError};
use gscript::types::printable;

use crate::screen::{Style, canvas, style, tell};

/// An error with its place in the recipe and what to do next.
pub(crate) struct Problem<'a> {
    /// What is wrong.
    pub title: String,
    /// Where.
    pub site: Option<Site>,
    /// The text of the recipe.
    pub source: &'a str,
    /// What stands at that place.
    pub label: String,
    /// Further lines: what was tried, what the tool said, what state things are in.
    pub notes: Vec<(&'static str, String)>,
    /// What to do next.
    pub help: Option<String>,
}

impl<'a> Problem<'a> {
    /// A problem without a place.
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            site: None,
            source: "",
            label: String::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// What an error of a recipe tells, with the line of the file that it is in.
    pub(crate) fn in_recipe(error: &ScriptError, recipe: &'a Recipe) -> Self {
        Self::of(error, recipe.source(error.site().as_ref()))
    }

    /// What a script error tells.
    pub(crate) fn of(error: &ScriptError, source: &'a str) -> Self {
        let problem = Self::told(error, source);
        let file = problem.site.as_ref().map(|site| Path::new(site.file.as_ref()));
        match file.and_then(Language::of) {
            Some(language) => problem.speaking(language),
            None => problem,
        }
    }

    /// With the calls in its advice as this language writes them.
    pub(crate) fn speaking(self, language: Language) -> Self {
        match (language, self.help) {
            (Language::Lua, Some(help)) => Self { help: Some(advice_in_lua(&help)), ..self },
            (_, help) => Self { help, ..self },
        }
    }

    fn told(error: &ScriptError, source: &'a str) -> Self {
        match error {
            ScriptError::Script { message, site, remedy, .. } => Self {
                site: Some(site.clone()),
                source,
                notes: called_from(error),
                help: remedy.clone(),
                ..Self::new(message.clone())
            },
            ScriptError::Stopped { site } => {
                Self { site: Some(site.clone()), source, ..Self::new(error.to_string()) }
            }
            ScriptError::Failure(failure) => {
                let mut problem = Self::new(failure.error.to_string());
                problem.site.clone_from(&failure.site);
                problem.source = source;
                problem.help = failure.error.remedy();
                problem.notes = called_from(error);
                if let Some(call) = &failure.call {
                    problem.label = call.to_string();
                }
                if let Some(step) = &failure.step {
                    problem.notes.push(("tried", step.clone()));
                }
                let said = failure.error.tool_output();
                if !said.is_empty() {
                    problem.notes.push(("it said", said.join("\n")));
                }
                problem
            }
        }
    }

    /// Adds a line that says what to do next.
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Prints it on standard error.
    pub(crate) fn print(&self) {
        tell(&self.text());
    }

    /// It as text.
    pub(crate) fn text(&self) -> String {
        let renderer = if style().coloured() { Renderer::styled() } else { Renderer::plain() };
        let mut group = Group::with_title(Level::ERROR.primary_title(self.title.as_str()));
        let place = self.site.as_ref().filter(|site| !site.file.is_empty());
        let line = place.and_then(|site| line_span(self.source, site.line));
        if let (Some(site), Some(span)) = (place, line) {
            let annotation = AnnotationKind::Primary.span(span).label(self.label.as_str());
            let snippet =
                Snippet::source(self.source).path(site.file.as_ref()).annotation(annotation);
            group = group.element(snippet);
        }
        let notes: Vec<(&str, String)> = match (place, self.source.is_empty()) {
            (Some(site), true) => vec![("at", site.to_string())],
            _ => Vec::new(),
        };
        for (name, text) in notes.iter().chain(&self.notes) {
            group = group.element(Level::NOTE.with_name(Some((*name).to_owned())).message(text));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.with_name(Some("next")).message(help.as_str()));
        }
        renderer.render(&[group])
    }
}

/// The places from which a script came to where it failed.
fn called_from(error: &ScriptError) -> Vec<(&'static str, String)> {
    error.called_from().map(|lines| ("called from", lines)).into_iter().collect()
}

/// The bytes of a line without its indentation.
fn line_span(source: &str, line: u32) -> Option<Range<usize>> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let text = source.lines().nth(index)?;
    let start = text.as_ptr() as usize - source.as_ptr() as usize;
    let indent = text.len() - text.trim_start().len();
    Some(start + indent..start + text.trim_end().len())
}

/// Shows the plan, chapter by chapter, and what has to be agreed to. It is written as it goes: a long
/// plan is not kept a second time as text.
pub(crate) fn show(report: &Report, s: &Style, out: &mut dyn io::Write) {
    let mut out = io::BufWriter::new(out);
    let mut text = String::new();
    for entry in &report.entries {
        text.clear();
        // Writing to a String can't fail.
        let _ = match entry {
            Entry::Chapter { title } => writeln!(text, "\n{}", s.bold(&printable(title))),
            Entry::Said { text: said } => {
                said.lines().try_for_each(|line| writeln!(text, "  {}", printable(line)))
            }
            Entry::Call(call) => {
                planned(&mut text, call, s);
                Ok(())
            }
        };
        if io::Write::write_all(&mut out, text.as_bytes()).is_err() {
            // Whoever stopped reading has seen enough.
            return;
        }
    }
    let _ = io::Write::write_all(&mut out, summary(report, s).as_bytes());
    let _ = io::Write::flush(&mut out);
}

/// An action that is about to be done.
pub(crate) fn call(call: &PlannedCall, s: &Style) -> String {
    let mut out = String::new();
    planned(&mut out, call, s);
    out
}

fn planned(out: &mut String, call: &PlannedCall, s: &Style) {
    let title = format!("{} {}", call.name, call.about);
    let place = s.dim(&call.site.to_string());
    let _ = writeln!(out, "  {}  {place}", printable(title.trim_end()));
    if let Some(why) = &call.already {
        let _ = writeln!(out, "      {}", s.dim(&printable(&format!("already so: {why}"))));
        return;
    }
    for effect in &call.effects {
        if effect.loses().is_some() {
            let _ = writeln!(out, "      {}", s.red(&printable(&effect.to_string())));
        }
    }
    for step in &call.steps {
        for (index, line) in step.text.lines().enumerate() {
            let sign = if index == 0 { "$" } else { " " };
            let _ = writeln!(out, "      {sign} {}", printable(line));
        }
        if let Some(diff) = &step.diff {
            edited(out, diff, s);
        }
    }
    if call.guess {
        let _ = writeln!(out, "      {}", s.dim("~ what it returns is a guess until then"));
    }
    let undo = match &call.undo {
        TakeBack::Nothing => None,
        TakeBack::Commands { commands } => Some(format!("undo: {}", commands.join(" && "))),
        TakeBack::Impossible { why } => Some(format!("no undo: {why}")),
    };
    if let Some(undo) = undo {
        let _ = writeln!(out, "      {}", s.dim(&printable(&undo)));
    }
    for warning in &call.warnings {
        let _ = writeln!(out, "      {}", s.yellow(&printable(&format!("warning: {warning}"))));
    }
}

/// A unified diff below its step, which has named the file already.
fn edited(out: &mut String, diff: &str, s: &Style) {
    const MOST: usize = 60;
    let header = if diff.starts_with("--- ") { 2 } else { 0 };
    let lines: Vec<&str> =
        diff.lines().skip(header).filter(|line| !line.starts_with("@@")).collect();
    for line in lines.iter().take(MOST) {
        let shown = printable(&line.replace('\t', "    "));
        let shown = match line.as_bytes().first() {
            Some(b'+') => s.green(&shown),
            Some(b'-') => s.red(&shown),
            _ => s.dim(&shown),
        };
        let _ = writeln!(out, "        {shown}");
    }
    if lines.len() > MOST {
        let _ = writeln!(out, "        {}", s.dim(&format!("… {} more lines", lines.len() - MOST)));
    }
}

/// What has to be agreed to, and the disks before and after.
fn summary(report: &Report, s: &Style) -> String {
    let mut out = String::new();
    let touched = report.touched();
    let canvas = canvas();
    if !touched.is_empty() {
        let _ = writeln!(out, "\n{}", s.bold("Before"));
        let _ = writeln!(out, "{}", indent(&picture(&report.before, &touched, canvas)));
        let _ = writeln!(out, "\n{}", s.bold("After"));
        let _ = writeln!(out, "{}", indent(&picture(&report.after.revealed(), &touched, canvas)));
    }
    let _ = writeln!(out, "\n{}", s.bold("This run"));
    for (effect, target) in report.approval.effects() {
        let text = match (target.map(|target| &target.identity), effect) {
            (Some(identity), gscript::action::Effect::Destroys { .. }) => {
                s.red(&format!("destroys everything on {identity}"))
            }
            (Some(identity), effect) => format!("{effect} ({identity})"),
            (None, effect) => effect.to_string(),
        };
        let _ = writeln!(out, "  {text}");
    }
    for caution in report.cautions() {
        let _ = writeln!(out, "  {}", s.yellow(&format!("warning: {caution}")));
    }
    if report.guesses > 0 {
        let _ = writeln!(out, "  {} values are guesses until then", report.guesses);
    }
    out
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// What a failed run leaves behind that outlives a reboot.
pub(crate) fn remains(lasting: &[Fact]) -> Option<String> {
    const MOST: usize = 8;
    let mut lines: Vec<String> = lasting
        .iter()
        .filter(|fact| !matches!(fact, Fact::Dir { .. } | Fact::File { .. } | Fact::Link { .. }))
        .map(ToString::to_string)
        .collect();
    lines.dedup();
    if lines.is_empty() {
        return None;
    }
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    Some(lines.join("\n"))
}
