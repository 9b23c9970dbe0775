//! Texts that programs print.

use serde::Serialize;

use regex::RegexBuilder;

use crate::args;
use crate::error::{Result, Rule};
use crate::operation::{Answer, Planning, Query};

args! {
    /// Finds the first place where a pattern fits a text, and returns the list of what its groups
    /// matched: the whole match first, then each group in its order. Nothing if it fits nowhere.
    ///
    /// Source: the pattern language of the regex crate; it is linear, and a pattern that is too complex for a
    /// text of this length is an error, so no pattern can hang a run.
    ///
    /// ```
    /// let found = text::find("cryptsetup 2.6.1 flags: UDEV", "(\\d+)\\.(\\d+)");
    /// ```
    "text.find" => pub struct Find {
        /// The text.
        pub text: String,
        /// The pattern.
        pub pattern: String,
    }
}

args! {
    /// Splits a text into its lines, without empty ones and without blanks at their ends.
    ///
    /// ```
    /// let lines = text::lines("one\ntwo\n");
    /// ```
    "text.lines" => pub struct Lines {
        /// The text.
        pub text: String,
    }
}

/// A pattern that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid pattern {pattern:?}: {why}")]
pub struct BadPattern {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub why: String,
}

impl Rule for BadPattern {
    fn remedy(&self) -> Option<String> {
        Some("escape special characters such as ( or . with a backslash".into())
    }
}

/// What a pattern found; a group that took no part is nothing.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Groups(Option<Vec<Option<String>>>);

/// A pattern that needs more bytes than this is a bomb.
const MOST: usize = 1 << 20;
/// Bytes of a pattern times bytes of a text: every byte of the text can meet all of the pattern.
const WORK: usize = 1 << 34;

/// The beginning of a pattern, for messages.
fn shown(pattern: &str) -> String {
    const MOST: usize = 100;
    match pattern.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &pattern[..at]),
        None => pattern.to_owned(),
    }
}

impl Query for Find {
    type Output = Groups;

    fn answer(&self, _cx: &mut Planning<'_>) -> Result<Answer<Groups>> {
        let most = (WORK / self.text.len().max(1)).min(MOST);
        let pattern = RegexBuilder::new(&self.pattern).size_limit(most).build();
        let pattern = pattern.map_err(|error| {
            if let (regex::Error::CompiledTooBig(_), true) = (&error, most < MOST) {
                let why = format!("too complex for a string of {} bytes", self.text.len());
                return BadPattern { pattern: shown(&self.pattern), why };
            }
            // The last line of the crate's message says what is wrong.
            let why = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
            let why = why.trim_start_matches("error: ").to_owned();
            BadPattern { pattern: shown(&self.pattern), why }
        })?;
        let groups = pattern.captures(&self.text).map(|found| {
            found.iter().map(|group| group.map(|group| group.as_str().to_owned())).collect()
        });
        Ok(Answer::Known(Groups(groups)))
    }
}

impl Query for Lines {
    type Output = Vec<String>;

    fn answer(&self, _cx: &mut Planning<'_>) -> Result<Answer<Vec<String>>> {
        let lines = self.text.lines().map(str::trim_end).filter(|line| !line.is_empty());
        Ok(Answer::Known(lines.map(str::to_owned).collect()))
    }
}
