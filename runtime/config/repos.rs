//! `repos.conf` and `binrepos.conf` (portage(5)), which Portage reads with Python's configparser
//! (Python 3.11): one mistake in a file makes it ignore all of them.

use std::collections::BTreeSet;

/// A section of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoSection {
    /// The name of the repository, or `DEFAULT`.
    pub name: String,
    /// The keys in lower case, with their values.
    pub values: Vec<(String, String)>,
}

/// A mistake for which Portage ignores the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoFault {
    /// The number of the line, starting at 1.
    pub line: usize,
    /// The mistake.
    pub why: String,
}

/// The content of a line.
enum RepoLine<'a> {
    Section(&'a str),
    /// A key in lower case, and its value.
    Value(String, &'a str),
    /// A comment, an empty line, or the continuation of a value.
    Other,
    Unreadable,
}

/// Returns the content of each line.
fn lines(text: &str) -> Vec<RepoLine<'_>> {
    // A line with a larger indentation than that of a key continues its value.
    let mut open = None;
    let mut all = Vec::new();
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let bare = line.trim();
        let header = bare.strip_prefix('[').and_then(|rest| rest.rsplit_once(']'));
        let value = bare.split_once(['=', ':']).filter(|(key, _)| !key.trim().is_empty());
        let continues = open.is_some_and(|open| indent > open);
        all.push(match (header, value) {
            _ if bare.is_empty() || bare.starts_with(['#', ';']) || continues => RepoLine::Other,
            (Some((name, _)), _) => {
                open = None;
                RepoLine::Section(name)
            }
            (None, Some((key, value))) => {
                open = Some(indent);
                RepoLine::Value(key.trim().to_lowercase(), value.trim())
            }
            (None, None) => RepoLine::Unreadable,
        });
    }
    all
}

/// Returns the sections in their order.
pub fn sections(text: &str) -> Vec<RepoSection> {
    let mut found: Vec<RepoSection> = Vec::new();
    for line in lines(text) {
        match line {
            RepoLine::Section(name) => {
                found.push(RepoSection { name: name.to_owned(), values: Vec::new() });
            }
            RepoLine::Value(key, value) => {
                if let Some(last) = found.last_mut() {
                    last.values.push((key, value.to_owned()));
                }
            }
            RepoLine::Other | RepoLine::Unreadable => {}
        }
    }
    found
}

/// Returns the first mistake for which Portage ignores the file.
pub fn fault(text: &str) -> Option<RepoFault> {
    let (mut names, mut keys) = (BTreeSet::new(), BTreeSet::new());
    let mut inside = None;
    for (index, line) in lines(text).into_iter().enumerate() {
        let why = match line {
            RepoLine::Section(name) => {
                keys.clear();
                inside = Some(name);
                // Several sections of defaults are merged.
                let again = name != "DEFAULT" && !names.insert(name);
                again.then(|| format!("the section [{name}] occurs twice"))
            }
            RepoLine::Value(key, value) => match inside {
                None => Some(format!("{key} is set before the first section")),
                Some(_) if !keys.insert(key.clone()) => Some(format!("{key} is set twice")),
                Some(_) if is_bad_reference(value) => {
                    Some(format!("the value of {key} has a % that is not doubled"))
                }
                Some(_) => None,
            },
            RepoLine::Unreadable => Some("neither a section nor KEY = VALUE".to_owned()),
            RepoLine::Other => None,
        };
        if let Some(why) = why {
            return Some(RepoFault { line: index + 1, why });
        }
    }
    None
}

/// Returns whether a value has a `%` other than in `%%` and `%(NAME)s`.
fn is_bad_reference(value: &str) -> bool {
    let plain = value.replace("%%", "");
    plain.match_indices('%').any(|(at, _)| {
        let reference = plain[at + 1..].strip_prefix('(');
        reference.is_none_or(|rest| !rest.contains(")s"))
    })
}

/// Returns the content with keys of a section set. A key is changed in its line, or added at the end
/// of the section; a missing section is added at the end of the file.
pub fn set(text: &str, section: &str, values: &[(&str, String)]) -> String {
    let mut out: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let read = lines(text);
    let is_it = |line: &RepoLine<'_>| matches!(line, RepoLine::Section(name) if *name == section);
    let Some(start) = read.iter().position(is_it) else {
        let all = values.iter().map(|(key, value)| format!("{key} = {value}"));
        let gap = if text.trim().is_empty() { "" } else { "\n" };
        let header = format!("[{section}]");
        let added = [header].into_iter().chain(all);
        return added
            .fold(format!("{}{gap}", terminated(text)), |text, line| super::append(&text, &line));
    };
    let next = |line: &RepoLine<'_>| matches!(line, RepoLine::Section(_));
    let end = read[start + 1..].iter().position(next).map_or(read.len(), |at| start + 1 + at);
    let mut last = start;
    for (index, line) in read.iter().enumerate().take(end).skip(start + 1) {
        if matches!(line, RepoLine::Value(..)) {
            last = index;
        }
    }
    let mut added = String::new();
    for (key, value) in values {
        let at =
            (start..end).find(|&at| matches!(&read[at], RepoLine::Value(found, _) if found == key));
        match at {
            Some(at) => {
                if !matches!(&read[at], RepoLine::Value(_, found) if found == value) {
                    out[at] = format!("{key} = {value}\n");
                    let more = read[at + 1..end].iter().zip(&mut out[at + 1..]);
                    let more = more.take_while(|(line, text)| {
                        let is_text =
                            !text.trim().is_empty() && !text.trim().starts_with(['#', ';']);
                        matches!(line, RepoLine::Other) && is_text
                    });
                    more.for_each(|(_, text)| text.clear());
                }
            }
            None => added = super::append(&added, &format!("{key} = {value}")),
        }
    }
    if !added.is_empty() {
        out[last] = terminated(&out[last]) + added.as_str();
    }
    out.concat()
}

/// Returns the text with a newline at its end, unless it is empty.
fn terminated(text: &str) -> String {
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{gap}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# mine\n[DEFAULT]\nmain-repo = gentoo\n\n[gentoo]\nlocation = /var/db/repos/gentoo\nsync-type: rsync\n# end\n\n[local]\nlocation=/srv/local\nauto-sync = no";

    #[test]
    fn keys_are_set_and_the_rest_stays() {
        let value = |text: &str| vec![("sync-type", text.to_owned())];
        assert_eq!(set(TEXT, "gentoo", &value("rsync")), TEXT);
        let git = TEXT.replace("sync-type: rsync", "sync-type = git");
        assert_eq!(set(TEXT, "gentoo", &value("git")), git);
        let added = TEXT.replace("sync-type: rsync\n", "sync-type: rsync\npriority = 5\n");
        assert_eq!(set(TEXT, "gentoo", &[("priority", "5".into())]), added);
        let local = format!("{TEXT}\npriority = 5\n");
        assert_eq!(set(TEXT, "local", &[("priority", "5".into())]), local);
        let new = format!("{TEXT}\n\n[x]\nlocation = /x\n");
        assert_eq!(set(TEXT, "x", &[("location", "/x".into())]), new);
        assert_eq!(set("", "x", &[("location", "/x".into())]), "[x]\nlocation = /x\n");
        assert_eq!(fault(&new), None);
        assert_eq!(sections(&new).len(), 4);
    }

    #[test]
    fn mistakes_for_which_portage_ignores_all_files_are_found() {
        for (text, line) in [
            ("location = /x\n[x]\n", 1),
            ("[x]\nlocation = /x\n\n[x]\n", 4),
            ("[x]\nlocation = /x\nLocation: /y\n", 3),
            ("[x]\nlocation\n", 2),
            ("[x]\nsync-uri = https://x/%20y\n", 2),
        ] {
            assert_eq!(fault(text).map(|fault| fault.line), Some(line), "{text}");
        }
        for good in [
            "",
            "# x\n",
            "[x]\nlocation = %(ROOT)s/x\n",
            "[x]\na = b\n  c\n",
            "[DEFAULT]\n[DEFAULT]\n",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
    }
}
