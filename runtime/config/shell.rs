//! Files of assignments that a shell reads, or something that reads like one: `/etc/default/grub`,
//! `/etc/conf.d/*`, `genkernel.conf`, `locale.conf`, `make.conf`.

use std::ops::Range;

/// A text that can't be read as assignments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: unclosed quote or parenthesis")]
pub struct Unclosed {
    /// Which line, from 1.
    pub line: usize,
}

/// An assignment that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Assignment {
    name: String,
    /// Where its value is, quotes included.
    value: Range<usize>,
    /// Whether it stands at the beginning of its line: others may depend on a condition.
    first: bool,
    /// Whether it adds to a value instead of setting it.
    adds: bool,
}

/// Whether a name can be assigned to.
pub fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The value of a variable, as the last assignment says: without its quotes, with what it would
/// expand left as it is written.
pub fn get(text: &str, name: &str) -> Result<Option<String>, Unclosed> {
    let found = assignments(text)?;
    Ok(found.iter().rfind(|found| found.name == name).map(|found| bare(&text[found.value.clone()])))
}

/// Every assignment: the name, the value as it is written, and whether it adds to another.
pub fn all(text: &str) -> Result<Vec<(String, String, bool)>, Unclosed> {
    let plain = |found: Assignment| (found.name, text[found.value].to_owned(), found.adds);
    Ok(assignments(text)?.into_iter().map(plain).collect())
}

/// The text in which a variable has a value; `quoted` is how the value is to be written.
///
/// The last assignment changes where it stands. Where there is none, or the last one is part of a
/// condition or adds to others, a line is added: behind the commented-out one, if there is one.
pub fn set(text: &str, name: &str, quoted: &str) -> Result<String, Unclosed> {
    let found = assignments(text)?;
    let line = format!("{name}={quoted}");
    match found.iter().rfind(|found| found.name == name) {
        Some(last) if last.first && !last.adds => {
            let old = &text[last.value.clone()];
            if bare(old) == bare(quoted) && !expands(old) && !expands(quoted) {
                return Ok(text.to_owned());
            }
            let (before, after) = (&text[..last.value.start], &text[last.value.end..]);
            Ok(format!("{before}{quoted}{after}"))
        }
        Some(_) => Ok(super::append(text, &line)),
        None => {
            let example = |line: &str| {
                line.strip_prefix('#').is_some_and(|rest| {
                    rest.trim_start().strip_prefix(name).is_some_and(|rest| rest.starts_with('='))
                })
            };
            let behind = super::change_last(text, example, |old| format!("{old}\n{line}"));
            Ok(behind.unwrap_or_else(|| super::append(text, &line)))
        }
    }
}

/// The text without the assignments to a variable that begin a line.
pub fn unset(text: &str, name: &str) -> Result<String, Unclosed> {
    let mut kept = text.to_owned();
    for found in assignments(text)?.iter().rev().filter(|found| found.first && found.name == name) {
        let start = text[..found.value.start].rfind('\n').map_or(0, |at| at + 1);
        let end =
            text[found.value.end..].find('\n').map_or(text.len(), |at| found.value.end + at + 1);
        kept.replace_range(start..end, "");
    }
    Ok(kept)
}

/// A value in double quotes, in which nothing is expanded.
pub fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Whether a shell would put something else in the place of a part of it.
fn expands(value: &str) -> bool {
    let mut chars = value.chars();
    let mut single = false;
    while let Some(c) = chars.next() {
        match c {
            '\'' => single = !single,
            '\\' if !single => drop(chars.next()),
            '$' | '`' if !single => return true,
            _ => {}
        }
    }
    false
}

/// A value without its quotes.
fn bare(value: &str) -> String {
    let mut out = String::new();
    let mut open = None;
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match (open, c) {
            (None, '"' | '\'') => open = Some(c),
            (Some(quote), c) if c == quote => open = None,
            (Some('"'), '\\') => match chars.next() {
                Some(c @ ('"' | '\\' | '$' | '`')) => out.push(c),
                Some('\n') | None => {}
                Some(c) => out.extend(['\\', c]),
            },
            (None, '\\') => out.extend(chars.next().filter(|c| *c != '\n')),
            _ => out.push(c),
        }
    }
    out
}

/// Every assignment, in order.
fn assignments(text: &str) -> Result<Vec<Assignment>, Unclosed> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line = &text[at..];
        let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
        let mut rest = &line[blank..];
        if let Some(after) = rest.strip_prefix("export ") {
            rest = after.trim_start_matches(' ');
        }
        let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let (name, tail) = rest.split_at(length);
        let value = tail.strip_prefix("+=").or_else(|| tail.strip_prefix('='));
        let start = match value {
            Some(value) if is_name(name) => {
                let start = text.len() - value.len();
                let value = start..word_end(text, start)?;
                at = value.end;
                let adds = tail.starts_with('+');
                found.push(Assignment { name: name.to_owned(), value, first: blank == 0, adds });
                at
            }
            _ => at,
        };
        at = text[start..].find('\n').map_or(text.len(), |end| start + end + 1);
    }
    Ok(found)
}

/// Where the word that begins there ends.
fn word_end(text: &str, start: usize) -> Result<usize, Unclosed> {
    let unclosed = || Unclosed { line: text[..start].matches('\n').count() + 1 };
    let mut open: Vec<char> = Vec::new();
    let mut chars = text[start..].char_indices();
    while let Some((at, c)) = chars.next() {
        match (open.last(), c) {
            (Some('\''), '\'') | (Some('"'), '"') | (Some('`'), '`') | (Some(')'), ')') => {
                open.pop();
            }
            (Some('\''), _) | (Some('"'), '\'') => {}
            (_, '\\') => drop(chars.next()),
            (_, '\'' | '"' | '`') => open.push(c),
            (_, '$') if text[start + at..].starts_with("$(") => {
                chars.next();
                open.push(')');
            }
            (Some(')'), '(') => open.push(')'),
            (None, ' ' | '\t' | '\n' | '\r' | ';') => return Ok(start + at),
            _ => {}
        }
    }
    if open.is_empty() { Ok(text.len()) } else { Err(unclosed()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRUB: &str = "# How GRUB is configured.\nGRUB_TIMEOUT=5 # seconds\n\n\
        #GRUB_CMDLINE_LINUX=\"net.ifnames=0\"\nexport GRUB_DEFAULT='saved'\n  \
        if true; then\n  GRUB_THEME=/a\n  fi\nunknown line's quote\n";

    #[test]
    fn one_value_changes_and_the_rest_stays() {
        let cases = [
            ("GRUB_TIMEOUT", "0", "GRUB_TIMEOUT=5 #", "GRUB_TIMEOUT=\"0\" #"),
            ("GRUB_DEFAULT", "1", "GRUB_DEFAULT='saved'", "GRUB_DEFAULT=\"1\""),
            (
                "GRUB_CMDLINE_LINUX",
                "a b",
                "ifnames=0\"\n",
                "ifnames=0\"\nGRUB_CMDLINE_LINUX=\"a b\"\n",
            ),
            ("GRUB_THEME", "/b", "quote\n", "quote\nGRUB_THEME=\"/b\"\n"),
            ("NEW", "it's", "quote\n", "quote\nNEW=\"it's\"\n"),
        ];
        for (name, value, old, new) in cases {
            let changed = set(GRUB, name, &quoted(value)).expect(name);
            assert_eq!(changed, GRUB.replacen(old, new, 1), "{name}");
            assert_eq!(get(&changed, name), Ok(Some(value.to_owned())), "{name}");
            assert_eq!(set(&changed, name, &quoted(value)).as_deref(), Ok(changed.as_str()));
        }
        assert_eq!(
            unset(GRUB, "GRUB_TIMEOUT").expect("read"),
            GRUB.replacen("GRUB_TIMEOUT=5 # seconds\n", "", 1)
        );
    }

    #[test]
    fn every_value_comes_back_as_it_went_in() {
        for value in
            ["", "a", "$HOME `x` $(y)", "\"'\\", "a\\$b", "two\nlines", "# no comment", "é"]
        {
            let text = set("A=1\nB=2\n", "A", &quoted(value)).expect(value);
            assert_eq!(get(&text, "A"), Ok(Some(value.to_owned())));
            assert!(text.ends_with("\nB=2\n"), "{text}");
        }
    }

    #[test]
    fn values_may_go_over_lines_and_the_last_counts() {
        let text = "USE=\"a\n  b # not a comment\n  c\"\nX=$(echo \"a b\")z\nUSE+=\" d\"\n";
        assert_eq!(get(text, "X"), Ok(Some("$(echo a b)z".into())));
        assert_eq!(set(text, "USE", "\"e\"").expect("read"), format!("{text}USE=\"e\"\n"));
        let first = "USE=\"a\n  b\"\nY=1\n";
        assert_eq!(set(first, "USE", "\"e\"").as_deref(), Ok("USE=\"e\"\nY=1\n"));
        assert_eq!(get("A=1\nB=\"open\nC=2\n", "C"), Err(Unclosed { line: 2 }));
        assert_eq!(set("A=1", "B", "2").as_deref(), Ok("A=1\nB=2\n"));
        assert_eq!(set("A=1\r\nB=2\r\n", "A", "\"2\"").as_deref(), Ok("A=\"2\"\r\nB=2\r\n"));
    }
}
