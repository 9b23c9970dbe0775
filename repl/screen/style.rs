//! Colours and signs: only where the terminal shows them and nobody said no.

use std::env;
use std::sync::OnceLock;

use anstyle::{AnsiColor, Style as Ansi};

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

/// The Linux console has no such signs in its fonts, and other locales have other characters.
fn unicode() -> bool {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    let utf8 = locale.is_none_or(|locale| locale.to_ascii_lowercase().contains("utf"));
    utf8 && env::var("TERM").is_ok_and(|term| term != "linux")
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
