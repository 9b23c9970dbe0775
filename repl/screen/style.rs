//! Colours and signs: only where the terminal shows them and nobody said no.

use std::env;
use std::sync::OnceLock;

use anstyle::{AnsiColor, Style as Ansi};
use gscript::machine::Canvas;

use super::stream::{Stream, columns};
use super::{Show, Shown, shown};

/// How text is shown.
pub(crate) struct Style {
    colour: bool,
    /// Signs for done, already so, failed, warning.
    pub(crate) done: &'static str,
    pub(crate) same: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) warning: &'static str,
    /// Stands before what a recipe says, so that it can't look like what gscript says.
    pub(crate) said: &'static str,
    /// Stands before the rest of a line that is wider than the terminal.
    pub(crate) goes_on: &'static str,
}

/// The style of this process' standard error.
pub(crate) fn style() -> &'static Style {
    static STYLE: OnceLock<Style> = OnceLock::new();
    STYLE.get_or_init(|| Style::of(anstream::AutoStream::choice(&std::io::stderr())))
}

/// The style of this process' standard output.
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

/// The Linux console has no such signs in its fonts, and other locales have other characters.
fn unicode() -> bool {
    locale().is_none_or(|locale| is_utf8(&locale))
        && env::var("TERM").is_ok_and(|term| term != "linux")
}

/// How much a picture may take: the terminal's width, and box-drawing characters where the locale
/// has them (the Linux console's own fonts do, but it has to be a UTF-8 one for certain).
pub(crate) fn canvas() -> Canvas {
    const WIDEST: usize = 140;
    let told = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || columns(&Stream::Output).or_else(|| columns(&Stream::Error));
    let width: usize = told.or_else(seen).unwrap_or(80);
    let console = env::var("TERM").is_ok_and(|term| term == "linux");
    let unicode = match locale() {
        Some(locale) => is_utf8(&locale),
        None => !console,
    };
    // Pictures are indented by two.
    Canvas { width: width.clamp(20, WIDEST) - 2, unicode }
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
                goes_on: "↪",
            }
        } else {
            Self {
                colour,
                done: "+",
                same: "=",
                failed: "x",
                warning: "!",
                said: "|",
                goes_on: ">",
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

    /// The heading of a chapter. The mark tells it from the headings of gscript itself.
    pub(crate) fn chapter(&self, title: &str) -> Shown {
        self.bold(&format!("# {title}"))
    }

    /// What a recipe says, line by line behind a mark.
    pub(crate) fn said(&self, text: &str) -> Shown {
        Shown::indented(&shown!["  ", self.dim(self.said), " "], text)
    }

    /// A line of a unified diff.
    pub(crate) fn diff(&self, line: &str) -> Shown {
        let text = line.replace('\t', "    ");
        match line.as_bytes().first() {
            Some(b'+') => self.green(&text),
            Some(b'-') => self.red(&text),
            _ => self.dim(&text),
        }
    }

    /// Whether colours are shown.
    pub(crate) fn coloured(&self) -> bool {
        self.colour
    }
}
