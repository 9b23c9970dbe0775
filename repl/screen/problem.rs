//! Errors on a terminal: the line of the recipe, the failed command, the next action.

use gscript::failure::Failure;
use std::path::Path;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use gscript::event::Site;
use gscript::recipe::Recipe;
use gscript::reference::docs::advice_in_lua;
use gscript::script::{Language, has_secret};

use super::{Shown, Stream, canvas, is_terminal_stream, print_stderr, style};

/// An error with its location in the recipe and the next action.
pub(crate) struct Problem<'a> {
    pub title: String,
    pub site: Option<Site>,
    /// The source of the recipe.
    pub source: &'a str,
    /// The label of the marked line.
    pub label: String,
    /// Further lines by name: the command, its output, the resulting state.
    pub notes: Vec<(&'static str, String)>,
    /// The next action of the user.
    pub help: Option<String>,
}

impl<'a> Problem<'a> {
    /// Creates a problem without a location.
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

    /// Creates the problem of a failed recipe, with the source of the file in which it failed.
    pub(crate) fn in_recipe(error: &Failure, recipe: &'a Recipe) -> Self {
        Self::of(error, recipe.source(error.site.as_ref()))
    }

    /// Creates the problem of a failed script with this source.
    pub(crate) fn of(error: &Failure, source: &'a str) -> Self {
        let problem = Self::from_failure(error, source);
        let file = problem.site.as_ref().map(|site| Path::new(site.file.as_ref()));
        match file.and_then(Language::of) {
            Some(language) => problem.in_language(language),
            None => problem,
        }
    }

    /// Converts the calls in the help to the syntax of a language.
    pub(crate) fn in_language(self, language: Language) -> Self {
        match (language, self.help) {
            (Language::Lua, Some(help)) => Self { help: Some(advice_in_lua(&help)), ..self },
            (_, help) => Self { help, ..self },
        }
    }

    fn from_failure(failure: &Failure, source: &'a str) -> Self {
        let mut problem = Self::new(failure.error.to_string());
        problem.site.clone_from(&failure.site);
        problem.source = source;
        problem.help = failure.error.remedy();
        problem.notes = called_from(failure);
        if let Some(call) = &failure.call {
            problem.label = call.to_string();
        }
        if let Some(step) = &failure.step {
            problem.notes.push(("command", step.clone()));
        }
        let said = failure.error.tool_output();
        if !said.is_empty() {
            problem.notes.push(("output", said.join("\n")));
        }
        problem
    }

    /// Adds the next action of the user.
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Notes that nothing on the machine has been changed.
    pub(crate) fn nothing_changed(&mut self) {
        self.notes.push(("state", "nothing has been changed".into()));
    }

    /// Prints the problem on standard error.
    pub(crate) fn print(&self) {
        print_stderr(&self.text());
    }

    /// Renders the problem. The renderer passes its input to the terminal unchanged, so everything
    /// is escaped first.
    pub(crate) fn text(&self) -> Shown {
        let renderer = if style().coloured() { Renderer::styled() } else { Renderer::plain() };
        let width = match is_terminal_stream(&Stream::Error) {
            true => canvas().width,
            false => DEFAULT_TERM_WIDTH,
        };
        let renderer = renderer.term_width(width);
        let title = lines(&self.title);
        let mut group = Group::with_title(Level::ERROR.primary_title(title.as_str()));
        let place = self.site.as_ref().filter(|site| !site.file.is_empty());
        let line = place.and_then(|site| line(self.source, site.line));
        // A secret in the source is not printed again.
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
            group = group.element(Level::HELP.with_name(Some("help")).message(lines(help)));
        }
        Shown::rendered(renderer.render(&[group]))
    }
}

/// Escapes a string for the renderer.
fn lines(text: &str) -> String {
    Shown::lines(text).as_str().to_owned()
}

/// Returns a line of a source, with its indentation.
fn line(source: &str, number: u32) -> Option<String> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    source.lines().nth(index).map(lines)
}

/// Returns the calls that led to the failure, as a note.
fn called_from(error: &Failure) -> Vec<(&'static str, String)> {
    error.caller_lines().map(|lines| ("called from", lines)).into_iter().collect()
}
