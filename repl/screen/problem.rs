//! Errors on a terminal: the recipe's line, what was tried, what to do next.

use gscript::failure::Failure;
use std::path::Path;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use gscript::event::Site;
use gscript::recipe::Recipe;
use gscript::reference::docs::advice_in_lua;
use gscript::script::{Language, has_secret};

use super::{Shown, Stream, canvas, style, tell, to_terminal};

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
    pub(crate) fn in_recipe(error: &Failure, recipe: &'a Recipe) -> Self {
        Self::of(error, recipe.source(error.site.as_ref()))
    }

    /// What a script error tells.
    pub(crate) fn of(error: &Failure, source: &'a str) -> Self {
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

    fn told(failure: &Failure, source: &'a str) -> Self {
        let mut problem = Self::new(failure.error.to_string());
        problem.site.clone_from(&failure.site);
        problem.source = source;
        problem.help = failure.error.remedy();
        problem.notes = called_from(failure);
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

    /// Adds a line that says what to do next.
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Prints it on standard error.
    pub(crate) fn print(&self) {
        tell(&self.text());
    }

    /// It as text. The renderer passes what it is given on to the terminal as it is: everything is
    /// escaped before.
    pub(crate) fn text(&self) -> Shown {
        let renderer = if style().coloured() { Renderer::styled() } else { Renderer::plain() };
        let width = match to_terminal(&Stream::Error) {
            true => canvas().width,
            false => DEFAULT_TERM_WIDTH,
        };
        let renderer = renderer.term_width(width);
        let title = lines(&self.title);
        let mut group = Group::with_title(Level::ERROR.primary_title(title.as_str()));
        let place = self.site.as_ref().filter(|site| !site.file.is_empty());
        let line = place.and_then(|site| line(self.source, site.line));
        // A secret that was written out is not repeated.
        let (line, hidden) = match line {
            Some(line) if has_secret(&line) => (None, true),
            line => (line, false),
        };
        if let (Some(site), Some(line)) = (place, line) {
            let span = line.len() - line.trim_start().len()..line.trim_end().len();
            let annotation = AnnotationKind::Primary.span(span).label(lines(&self.label));
            let number = usize::try_from(site.line).unwrap_or(1);
            let snippet = Snippet::source(line)
                .line_start(number)
                .path(lines(&site.file))
                .annotation(annotation);
            group = group.element(snippet);
        }
        let notes: Vec<(&str, String)> = match (place, hidden || self.source.is_empty()) {
            (Some(site), true) => vec![("at", site.to_string())],
            _ => Vec::new(),
        };
        for (name, text) in notes.iter().chain(&self.notes) {
            let note = Level::NOTE.with_name(Some((*name).to_owned())).message(lines(text));
            group = group.element(note);
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.with_name(Some("next")).message(lines(help)));
        }
        Shown::rendered(renderer.render(&[group]))
    }
}

/// A text as the renderer may have it.
fn lines(text: &str) -> String {
    Shown::lines(text).as_str().to_owned()
}

/// A line of a source, with its indentation.
fn line(source: &str, number: u32) -> Option<String> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    source.lines().nth(index).map(lines)
}

/// The places from which a script came to where it failed.
fn called_from(error: &Failure) -> Vec<(&'static str, String)> {
    error.called_from().map(|lines| ("called from", lines)).into_iter().collect()
}
