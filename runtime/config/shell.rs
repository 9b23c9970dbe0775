//! Files of assignments that are read by a shell or a similar parser: `/etc/default/grub`,
//! `/etc/conf.d/*`, `genkernel.conf`, `locale.conf`, `make.conf`.

use std::ops::Range;

/// An error for content that can't be parsed as assignments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: unclosed quote or parenthesis")]
pub struct Unclosed {
    /// The line number, starting at 1.
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Assignment {
    name: String,
    /// The range of the value, including quotes.
    value: Range<usize>,
    /// Whether the assignment begins at the start of its line: indented ones may depend on a
    /// condition.
    first: bool,
    /// Whether the assignment appends to a value (`+=`) instead of setting it.
    adds: bool,
}

/// Returns whether a string is a valid variable name.
pub fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Returns the value of a variable in its last assignment, without quotes; expansions are not
/// performed.
pub fn get(text: &str, name: &str) -> Result<Option<String>, Unclosed> {
    let found = assignments(text)?;
    Ok(found.iter().rfind(|found| found.name == name).map(|found| bare(&text[found.value.clone()])))
}

/// Returns the last assignment of a variable: the number of its line, starting at 1, and the value
/// as written.
pub fn last(text: &str, name: &str) -> Result<Option<(usize, String)>, Unclosed> {
    let found = assignments(text)?.into_iter().rfind(|found| found.name == name);
    Ok(found.map(|found| (line_of(text, found.value.start), text[found.value].to_owned())))
}

/// Returns whether a value refers to a variable.
pub fn refers_to(value: &str, name: &str) -> bool {
    value.split('$').skip(1).any(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        rest.strip_prefix(name).is_some_and(|end| !end.starts_with(is_name_char))
    })
}

/// Returns the files that are included with `source` or `.`: the number of the line, and the path
/// as written.
pub fn included(text: &str) -> Result<Vec<(usize, String)>, Unclosed> {
    let values: Vec<Range<usize>> = assignments(text)?.into_iter().map(|a| a.value).collect();
    let (mut found, mut at) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let in_value = values.iter().any(|value| value.start < at && at < value.end);
        let commands = line.split([';', '&', '|']).map(str::trim_start);
        let paths = commands.filter_map(|command| {
            let command = command.strip_prefix("then ").map_or(command, str::trim_start);
            let path = command.strip_prefix(". ").or_else(|| command.strip_prefix("source "))?;
            path.split_whitespace().next().map(bare)
        });
        if !in_value {
            found.extend(paths.map(|path| (line_of(text, at), path)));
        }
        at += line.len();
    }
    Ok(found)
}

/// Returns the number of the line at an offset, starting at 1.
fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Returns all assignments: the name, the value as written, and whether it is appended to an
/// existing value.
pub fn all(text: &str) -> Result<Vec<(String, String, bool)>, Unclosed> {
    let plain = |found: Assignment| (found.name, text[found.value].to_owned(), found.adds);
    Ok(assignments(text)?.into_iter().map(plain).collect())
}

/// Returns the content with a variable set to `quoted`, which is written literally.
///
/// The last assignment is changed in place. If there is none, or if the last one is part of a
/// condition or appends to a value, a line is added: after the commented-out assignment, if there
/// is one, otherwise at the end.
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

/// Returns the content without the assignments to a variable that begin a line.
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

/// Quotes a value with double quotes, so that nothing in it is expanded.
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

/// Returns whether a shell would expand a part of the value.
pub(super) fn expands(value: &str) -> bool {
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

/// Removes the quotes from a value.
pub(super) fn bare(value: &str) -> String {
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

/// Returns all assignments in order.
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

/// Returns the end of the word that begins at `start`.
fn word_end(text: &str, start: usize) -> Result<usize, Unclosed> {
    let unclosed = || Unclosed { line: line_of(text, start) };
    let mut open: Vec<char> = Vec::new();
    let array = text[start..].starts_with('(');
    let mut chars = text[start..].char_indices();
    while let Some((at, c)) = chars.next() {
        let commented = || text[..start + at].ends_with([' ', '\t', '\n', '(']);
        if array && c == '#' && open == [')'] && commented() {
            chars.by_ref().find(|(_, c)| *c == '\n');
            continue;
        }
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
            (None, '(') if at == 0 => open.push(')'),
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
        let array = "A=( \"a b\" # it's\n  'c' ) # end\nB=1\n";
        assert_eq!(last(array, "A"), Ok(Some((1, "( \"a b\" # it's\n  'c' )".into()))));
        assert_eq!(set(array, "A", "\"d\"").as_deref(), Ok("A=\"d\" # end\nB=1\n"));
        assert_eq!(get("A=1\nB=( a\nC=2\n", "C"), Err(Unclosed { line: 2 }));
        assert_eq!(get("A=1\nB=\"open\nC=2\n", "C"), Err(Unclosed { line: 2 }));
        assert_eq!(set("A=1", "B", "2").as_deref(), Ok("A=1\nB=2\n"));
        assert_eq!(set("A=1\r\nB=2\r\n", "A", "\"2\"").as_deref(), Ok("A=\"2\"\r\nB=2\r\n"));
    }

    #[test]
    fn included_files_and_references_are_found() {
        let text = "# . /no\nA=\". /no\n. /no\"\nif true; then . /b; fi\n[ -r '/c' ] && . '/c' # c\nsource /d\nx.y /no\n";
        let found: Vec<String> = included(text)
            .expect("read")
            .iter()
            .map(|(line, path)| format!("{line}:{path}"))
            .collect();
        assert_eq!(found, ["4:/b", "5:/c", "6:/d"]);
        assert_eq!(last("A=1\n\nexport A='2'\nB=3", "A"), Ok(Some((3, "'2'".to_owned()))));
        for (value, refers) in
            [("$A", true), ("\"x ${A} y\"", true), ("${A:-x}", true), ("$AB", false), ("A", false)]
        {
            assert_eq!(refers_to(value, "A"), refers, "{value}");
        }
    }
}
