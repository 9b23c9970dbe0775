//! The part of a program's output that an error shows.

use std::collections::VecDeque;
use std::sync::LazyLock;

use regex::Regex;

/// The number of last lines.
const LAST: usize = 12;
/// The number of error messages before those. The first ones are the cause; the others follow from
/// them.
const FIRST: usize = 4;
/// Matches error messages of compilers, make, shells, dracut and the kernel. A message that is not
/// matched is lost only if it is not among the last lines.
static ERROR_LINE: LazyLock<Regex> = LazyLock::new(|| {
    let known = r"(?i)\berror(:|\])|\*\*\* |: not found|command not found|no such file|no space left|undefined reference|out of memory|permission denied|input/output error";
    #[expect(clippy::expect_used, reason = "the pattern is constant; a test compiles it")]
    Regex::new(known).expect("a pattern")
});

/// The last lines of a program, and the first error messages before them: a program that works on
/// several things at once continues for a while after one has failed.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    first: Vec<String>,
    last: VecDeque<String>,
    /// Whether lines between the two were omitted.
    gap: bool,
}

impl Tail {
    /// Adds a line.
    pub(crate) fn push(&mut self, line: String) {
        self.last.push_back(line);
        if self.last.len() <= LAST {
            return;
        }
        let Some(line) = self.last.pop_front() else { return };
        if self.first.len() < FIRST && ERROR_LINE.is_match(&line) {
            self.first.push(line);
            self.gap = false;
        } else {
            self.gap = true;
        }
    }

    /// Returns all lines that were kept.
    pub(crate) fn into_lines(self) -> Vec<String> {
        let gap = (self.gap && !self.first.is_empty()).then(|| "…".to_owned());
        self.first.into_iter().chain(gap).chain(self.last).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(lines: impl IntoIterator<Item = String>) -> Vec<String> {
        let mut tail = Tail::default();
        lines.into_iter().for_each(|line| tail.push(line));
        tail.into_lines()
    }

    fn others(count: usize) -> impl Iterator<Item = String> {
        (0..count).map(|number| format!("  CC      fs/error{number}.o"))
    }

    #[test]
    fn the_cause_is_shown_although_others_went_on() {
        let cause = ["drivers/net/loopback.c:31:10: fatal error: no.h".to_owned()];
        let lines = tail(others(3).chain(cause.clone()).chain(others(500)));
        assert_eq!(lines[0], cause[0]);
        assert_eq!(lines[1], "…");
        assert_eq!(lines[2..], others(500).skip(488).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_shown_twice_and_no_gap_where_there_is_none() {
        let cause = ["make: *** [Makefile:1: all] Error 2".to_owned()];
        let lines: Vec<String> = cause.iter().cloned().chain(others(5)).collect();
        assert_eq!(tail(lines.clone()), lines);
        let lines: Vec<String> = cause.into_iter().chain(others(LAST)).collect();
        assert_eq!(tail(lines.clone()), lines);
    }

    #[test]
    fn of_many_complaints_the_first_are_the_cause() {
        let complaints = (0..100).map(|number| format!("x.c:{number}: error: no"));
        let lines = tail(complaints.clone().chain(others(20)));
        let first: Vec<String> = complaints.take(FIRST).collect();
        assert_eq!(lines[..FIRST], first);
        assert_eq!(lines.len(), FIRST + 1 + LAST);
    }

    #[test]
    fn without_complaints_the_last_lines_are_all() {
        assert_eq!(tail(others(100)), others(100).skip(100 - LAST).collect::<Vec<_>>());
    }
}
