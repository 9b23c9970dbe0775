//! Colours and signs: only where the terminal shows them and nobody said no.

use std::env;
use std::sync::OnceLock;

use anstyle::{AnsiColor, Style as Ansi};
use gscript::machine::Canvas;

/// How text is shown.
pub(crate) struct Style {
    colour: bool,
    /// Signs for done, already so, failed, warning.
    pub(crate) done: &'static str,
    pub(crate) same: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) warning: &'static str,
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
    let seen = || {
        let terminals = [console::Term::stdout(), console::Term::stderr()];
        terminals.iter().find_map(console::Term::size_checked).map(|(_, columns)| columns.into())
    };
    let columns: usize = told.or_else(seen).unwrap_or(80);
    let console = env::var("TERM").is_ok_and(|term| term == "linux");
    let unicode = match locale() {
        Some(locale) => is_utf8(&locale),
        None => !console,
    };
    // Pictures are indented by two.
    Canvas { width: columns.clamp(20, WIDEST) - 2, unicode }
}

impl Style {
    fn of(choice: anstream::ColorChoice) -> Self {
        let colour = choice != anstream::ColorChoice::Never;
        if unicode() {
            Self { colour, done: "✓", same: "·", failed: "✗", warning: "!" }
        } else {
            Self { colour, done: "+", same: "=", failed: "x", warning: "!" }
        }
    }

    fn paint(&self, ansi: Ansi, text: &str) -> String {
        if self.colour { format!("{ansi}{text}{ansi:#}") } else { text.to_owned() }
    }

    pub(crate) fn bold(&self, text: &str) -> String {
        self.paint(Ansi::new().bold(), text)
    }

    pub(crate) fn dim(&self, text: &str) -> String {
        self.paint(Ansi::new().dimmed(), text)
    }

    pub(crate) fn red(&self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    pub(crate) fn green(&self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    pub(crate) fn yellow(&self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    /// Whether colours are shown.
    pub(crate) fn coloured(&self) -> bool {
        self.colour
    }
}
