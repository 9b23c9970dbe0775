//! Parsing strings, such as the output of programs.

use serde::Serialize;

use regex::RegexBuilder;

use crate::args;
use crate::error::{Result, Rule};
use crate::operation::{Answer, Planning, Query};

args! {
    /// Finds the first match of a regular expression in a string.
    ///
    /// Returns a list with the whole match and the match of each capture group, in this order, or
    /// nil if there is no match. A group that does not participate in the match is nil.
    ///
    /// Source: the syntax of the regex crate. Matching takes linear time, and a pattern that is too
    /// complex for the length of the string is an error, so that no pattern can block a run.
    ///
    /// ```
    /// let found = text::find("cryptsetup 2.6.1 flags: UDEV", "(\\d+)\\.(\\d+)");
    /// ```
    "text.find" => pub struct Find {
        /// The string to search.
        pub text: String,
        /// The regular expression.
        pub pattern: String,
    }
}

args! {
    /// Splits a string into lines, without empty lines and trailing whitespace.
    ///
    /// ```
    /// let lines = text::lines("one\ntwo\n");
    /// ```
    "text.lines" => pub struct Lines {
        /// The string to split.
        pub text: String,
    }
}

/// An invalid pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid pattern {pattern:?}: {why}")]
pub struct BadPattern {
    /// The beginning of the pattern.
    pub pattern: String,
    /// The reason.
    pub why: String,
}

impl Rule for BadPattern {
    fn remedy(&self) -> Option<String> {
        Some("escape special characters such as ( or . with a backslash".into())
    }
}

/// The result of `text.find`.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Groups(Option<Vec<Option<String>>>);

/// The maximum size of a compiled pattern in bytes.
const MAX_PATTERN_SIZE: usize = 1 << 20;
/// The maximum product of the sizes of a compiled pattern and of a string, in bytes: in the worst
/// case, each byte of the string is compared with the whole pattern.
const MAX_SEARCH_COST: usize = 1 << 34;

/// Returns the beginning of a pattern, for messages.
fn shown(pattern: &str) -> String {
    const MAX_SHOWN: usize = 100;
    match pattern.char_indices().nth(MAX_SHOWN) {
        Some((at, _)) => format!("{}…", &pattern[..at]),
        None => pattern.to_owned(),
    }
}

impl Query for Find {
    type Output = Groups;

    fn answer(&self, _cx: &mut Planning<'_>) -> Result<Answer<Groups>> {
        let most = (MAX_SEARCH_COST / self.text.len().max(1)).min(MAX_PATTERN_SIZE);
        let pattern = RegexBuilder::new(&self.pattern).size_limit(most).build();
        let pattern = pattern.map_err(|error| {
            if let (regex::Error::CompiledTooBig(_), true) = (&error, most < MAX_PATTERN_SIZE) {
                let why = format!("too complex for a string of {} bytes", self.text.len());
                return BadPattern { pattern: shown(&self.pattern), why };
            }
            // The last line of the message contains the reason.
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
