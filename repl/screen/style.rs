//! Colours and symbols, if the terminal supports them and the user has not disabled them.

use std::env;
use std::sync::OnceLock;

use anstyle::{AnsiColor, Style as Ansi};
use gscript::machine::Canvas;

use super::stream::{Stream, columns};
use super::{Show, Shown, shown};

/// The colours and symbols of an output stream.
pub(crate) struct Style {
    colour: bool,
    /// Symbols for done, unchanged, failed and warning.
    pub(crate) done: &'static str,
    pub(crate) same: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) warning: &'static str,
    /// The mark before output of a recipe, which separates it from gscript's own output.
    pub(crate) said: &'static str,
    /// The mark before the continuation of a line that is wider than the terminal.
    pub(crate) record_resumed: &'static str,
}

/// Returns the style of standard error.
pub(crate) fn style() -> &'static Style {
    static STYLE: OnceLock<Style> = OnceLock::new();
    STYLE.get_or_init(|| Style::of(anstream::AutoStream::choice(&std::io::stderr())))
}

/// Returns the style of standard output.
pub(crate) fn output() -> &'static Style {
    static STYLE: OnceLock<Style> = OnceLock::new();
    STYLE.get_or_init(|| Style::of(anstream::AutoStream::choice(&std::io::stdout())))
}

fn locale() -> Option<String> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"))
}

fn is_utf8(locale: &str) -> bool {
    locale.to_ascii_lowercase().contains("utf")
}

/// Returns whether the Unicode symbols can be shown. The fonts of the Linux console do not have
/// them, and other locales have other characters.
fn unicode() -> bool {
    locale().is_none_or(|locale| is_utf8(&locale))
        && env::var("TERM").is_ok_and(|term| term != "linux")
}

/// Returns the dimensions of drawings: the width of the terminal, and whether box-drawing
/// characters can be used. The fonts of the Linux console have them, but its locale must be known
/// to be UTF-8.
pub(crate) fn canvas() -> Canvas {
    const MAX_WIDTH: usize = 140;
    let told = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || columns(&Stream::Output).or_else(|| columns(&Stream::Error));
    let width: usize = told.or_else(seen).unwrap_or(80);
    let console = env::var("TERM").is_ok_and(|term| term == "linux");
    let unicode = match locale() {
        Some(locale) => is_utf8(&locale),
        None => !console,
    };
    // Pictures are indented by two.
    Canvas { width: width.clamp(20, MAX_WIDTH) - 2, unicode }
}

impl Style {
    fn of(choice: anstream::ColorChoice) -> Self {
        let colour = choice != anstream::ColorChoice::Never;
        if unicode() {
            Self {
                colour,
                done: "✓",
                same: "·",
                failed: "✗",
                warning: "!",
                said: "│",
                record_resumed: "↪",
            }
        } else {
            Self {
                colour,
                done: "+",
                same: "=",
                failed: "x",
                warning: "!",
                said: "|",
                record_resumed: ">",
            }
        }
    }

    fn paint(&self, ansi: Ansi, text: &(impl Show + ?Sized)) -> Shown {
        if self.colour { Shown::painted(ansi, text) } else { shown![text] }
    }

    pub(crate) fn bold(&self, text: &(impl Show + ?Sized)) -> Shown {
        self.paint(Ansi::new().bold(), text)
    }

    pub(crate) fn dim(&self, text: &(impl Show + ?Sized)) -> Shown {
        self.paint(Ansi::new().dimmed(), text)
    }

    pub(crate) fn red(&self, text: &(impl Show + ?Sized)) -> Shown {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    pub(crate) fn green(&self, text: &(impl Show + ?Sized)) -> Shown {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    pub(crate) fn yellow(&self, text: &(impl Show + ?Sized)) -> Shown {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    /// Renders the heading of a chapter. The mark distinguishes it from gscript's own headings.
    pub(crate) fn chapter(&self, title: &str) -> Shown {
        self.bold(&format!("# {title}"))
    }

    /// Renders output of a recipe, with a mark before each line.
    pub(crate) fn recipe_output(&self, text: &str) -> Shown {
        Shown::indented(&shown!["  ", self.dim(self.said), " "], text)
    }

    /// Renders a line of a unified diff.
    pub(crate) fn diff(&self, line: &str) -> Shown {
        let text = line.replace('\t', "    ");
        match line.as_bytes().first() {
            Some(b'+') => self.green(&text),
            Some(b'-') => self.red(&text),
            _ => self.dim(&text),
        }
    }

    pub(crate) fn coloured(&self) -> bool {
        self.colour
    }
}
