//! The location of the front matter of a recipe: in one TOML block, in the comment that begins on
//! the first line.
//!
//! Apparent front matter in any other place is an error: if its `[needs]` were ignored, the recipe
//! would run without restrictions.

use std::ops::Range;

use crate::script::{Language, comments};

/// A line of the comment: the line number in the file, and the content without the comment marker.
pub(super) type BlockLine<'a> = (u32, &'a str);

/// The fences of the TOML block.
const OPEN: &str = "```toml";
const CLOSE: &str = "```";

/// An error for misplaced front matter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misplaced {
    pub(super) line: u32,
    pub(super) why: String,
    pub(super) remedy: String,
}

impl Misplaced {
    fn new(line: u32, why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { line, why: why.into(), remedy: remedy.into() }
    }
}

/// The comment at the top of a recipe.
#[derive(Debug)]
pub(super) struct Comment<'a> {
    pub(super) lines: Vec<BlockLine<'a>>,
    /// The range of the block in `lines`, including its fences.
    pub(super) block: Option<Range<usize>>,
}

impl<'a> Comment<'a> {
    /// Finds the comment and its block.
    pub(super) fn find(language: Language, text: &'a str) -> Result<Self, Misplaced> {
        if text.starts_with('\u{feff}') {
            let why = "the file begins with a byte order mark";
            return Err(Misplaced::new(1, why, "save the file as UTF-8 without a byte order mark"));
        }
        let lines = top(language, text);
        let block = block(&lines)?;
        reject_misplaced(
            language,
            text,
            lines.last().map_or(0, |(line, _)| *line),
            block.is_some(),
        )?;
        Ok(Self { lines, block })
    }

    /// Returns the lines between the fences.
    pub(super) fn inside(&self) -> &[BlockLine<'a>] {
        self.block.as_ref().map_or(&[], |block| &self.lines[block.start + 1..block.end - 1])
    }

    /// Returns the line number of the opening fence.
    pub(super) fn begins(&self) -> u32 {
        self.block.as_ref().map_or(0, |block| self.lines[block.start].0)
    }

    /// Returns the lines outside of the block.
    pub(super) fn outside(&self) -> Vec<BlockLine<'a>> {
        match &self.block {
            Some(block) => [&self.lines[..block.start], &self.lines[block.end..]].concat(),
            None => self.lines.clone(),
        }
    }
}

/// Returns the comment lines at the beginning of a recipe.
fn top(language: Language, text: &str) -> Vec<BlockLine<'_>> {
    let marker = language.front_mark();
    (1..)
        .zip(text.lines())
        .skip_while(|(line, text)| *line == 1 && text.starts_with("#!"))
        .map_while(|(line, text)| {
            let text = text.trim_start().strip_prefix(marker)?;
            Some((line, text.strip_prefix(' ').unwrap_or(text)))
        })
        .collect()
}

/// Parses a Markdown fence: its character, its length, and the info string.
fn fence(line: &str) -> Option<(char, usize, &str)> {
    let line = line.trim();
    let sign = line.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
    let rest = line.trim_start_matches(sign);
    let count = line.len() - rest.len();
    (count >= 3).then(|| (sign, count, rest.trim()))
}

/// Returns whether a line opens a TOML block, in any spelling.
fn opens_toml(line: &str) -> bool {
    let toml = |info: &str| info.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("toml"));
    fence(line).is_some_and(|(_, _, info)| toml(info.trim_start_matches(['{', '.'])))
}

/// Returns whether a line is the header of a front matter table.
fn is_head(line: &str) -> bool {
    let line = line.trim();
    let name = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let name = name.map(|name| name.trim_matches(['[', ']', ' ']).to_ascii_lowercase());
    name.is_some_and(|name| matches!(&*name, "needs" | "params") || name.starts_with("params."))
}

fn exact(line: u32, text: &str) -> Misplaced {
    let why = format!("the block must begin with {OPEN}, found {:?}", text.trim());
    Misplaced::new(line, why, format!("write {OPEN}, in lower case and without a space"))
}

/// Finds the block in the comment.
fn block(lines: &[BlockLine<'_>]) -> Result<Option<Range<usize>>, Misplaced> {
    let mut found: Option<Range<usize>> = None;
    // The open fence: its index, its character, its length, and whether it belongs to the TOML
    // block.
    let mut open: Option<(usize, char, usize, bool)> = None;
    for (index, (line, text)) in lines.iter().enumerate() {
        let Some((start, sign, count, ours)) = open else {
            if opens_toml(text) {
                if let Some(first) = &found {
                    let at = lines[first.start].0;
                    let why = format!(
                        "second front matter block; the first one begins on line \
                        {at}"
                    );
                    return Err(Misplaced::new(*line, why, "merge both into one block"));
                }
                if text.trim_end() != OPEN {
                    return Err(exact(*line, text));
                }
                open = Some((index, '`', CLOSE.len(), true));
            } else if is_head(text) {
                return Err(unmarked(*line, text));
            } else if let Some((sign, count, _)) = fence(text) {
                open = Some((index, sign, count, false));
            }
            continue;
        };
        match fence(text) {
            Some((same, many, "")) if same == sign && many >= count => {
                if ours {
                    found = Some(start..index + 1);
                }
                open = None;
            }
            _ if ours => {}
            _ if opens_toml(text) => {
                let why = format!("the block on line {} is not closed", lines[start].0);
                return Err(Misplaced::new(*line, why, "close it with the marker that opened it"));
            }
            _ if is_head(text) => return Err(unmarked(*line, text)),
            _ => {}
        }
    }
    match open {
        Some((start, _, _, true)) => {
            let why = format!("the {OPEN} block is not closed");
            Err(Misplaced::new(lines[start].0, why, format!("close it with {CLOSE}")))
        }
        _ => Ok(found),
    }
}

fn unmarked(line: u32, text: &str) -> Misplaced {
    let why = format!("{} is outside the {OPEN} block", text.trim());
    Misplaced::new(line, why, format!("put it between {OPEN} and {CLOSE}"))
}

/// Rejects front matter in comments after the top comment, which ends on line `end`.
fn reject_misplaced(
    language: Language,
    text: &str,
    end: u32,
    block: bool,
) -> Result<(), Misplaced> {
    let mark = language.front_mark();
    // Reading the comments takes as long as parsing the script.
    let below = text.lines().skip(end as usize);
    if !below.into_iter().any(|line| may_be_front(line, mark, language)) {
        return Ok(());
    }
    let remedy = || match (end, block) {
        (0, _) => format!("begin the file with the comment: {mark} on the first line"),
        (_, true) => "move it into the block at the top of the file".to_owned(),
        (_, false) => format!("move it into the comment at the top; every line begins with {mark}"),
    };
    for (first, comment) in comments(language, text) {
        for (line, text) in (first..).zip(comment.lines()).filter(|(line, _)| *line > end) {
            let plain = plain(text);
            if opens_toml(plain) || is_head(plain) || is_head(text) {
                let why = format!("{plain:?} is not in the comment at the top");
                return Err(Misplaced::new(line, why, remedy()));
            }
            // In Rhai, `///` comments describe chapters; in Lua, both kinds of comments have the
            // same marker.
            if language == Language::Rhai && line == first && comment.starts_with(mark) {
                let why = format!("{mark} is not in the comment at the top");
                return Err(Misplaced::new(line, why, remedy()));
            }
        }
    }
    Ok(())
}

/// Returns whether a line can be front matter in a comment: most lines that can are in none.
fn may_be_front(line: &str, mark: &str, language: Language) -> bool {
    let line = line.to_ascii_lowercase();
    let is_head = |name: &str| {
        line.match_indices(name).any(|(at, _)| {
            let before = line[..at].trim_end_matches(['[', ' ']).len();
            line[before..at].contains('[')
        })
    };
    line.contains("toml")
        || (language == Language::Rhai && line.contains(mark))
        || is_head("needs")
        || is_head("params")
}

/// Removes the comment marker from a line.
fn plain(line: &str) -> &str {
    let line = line.trim().trim_start_matches(['/', '!', '*', '-']);
    // `--[==[` begins a long comment in Lua.
    let inner = line.strip_prefix('[').map(|rest| rest.trim_start_matches('='));
    inner.and_then(|rest| rest.strip_prefix('[')).unwrap_or(line).trim()
}
