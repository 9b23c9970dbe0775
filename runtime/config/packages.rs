//! Portage's tables of packages (portage(5)): `package.use`, `package.accept_keywords`,
//! `package.license`. Each line consists of an atom and words.
//!
//! In `package.use`, a word such as `VIDEO_CARDS:` begins a group: the flags after it, up to the
//! next group or the end of the line, are values of that `USE_EXPAND` variable.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The format of the words in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordFormat {
    /// USE flags, which may be in groups.
    Flags,
    /// Words without groups.
    Plain,
}

/// A word of a line, with the group that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The group as written, without the colon.
    group: Option<String>,
    off: bool,
    name: String,
}

impl Word {
    /// Reads words in the order of a line: a group word applies to all that follow.
    pub fn read<'a>(words: impl IntoIterator<Item = &'a str>, format: WordFormat) -> Vec<Self> {
        let mut group: Option<&str> = None;
        let mut read = Vec::new();
        for word in words {
            match word.strip_suffix(':').filter(|_| format == WordFormat::Flags) {
                Some(name) => group = Some(name),
                None => {
                    let name = word.strip_prefix('-').unwrap_or(word).to_owned();
                    let off = word.starts_with('-');
                    read.push(Self { group: group.map(str::to_owned), off, name });
                }
            }
        }
        read
    }

    /// Returns the complete name of the flag: `intel` in the group `VIDEO_CARDS` is
    /// `video_cards_intel`.
    pub fn flag(&self) -> String {
        format!("{}{}", self.group.as_deref().map(prefix).unwrap_or_default(), self.name)
    }

    /// Returns whether the word clears all flags that begin with a prefix, and that prefix: `-*`
    /// and, for a group, `-video_cards_*`.
    fn clears(&self) -> Option<String> {
        let flag = self.flag();
        let prefix = flag.strip_suffix('*')?;
        (self.off && (prefix.is_empty() || prefix.ends_with('_'))).then(|| prefix.to_owned())
    }

    /// Returns whether this word has no effect once `later` has been read.
    fn replaced_by(&self, later: &Self) -> bool {
        let flag = self.flag();
        later.clears().is_some_and(|prefix| flag.starts_with(&prefix)) || later.flag() == flag
    }

    /// Returns the word as written after the word of its group.
    fn written(&self) -> String {
        format!("{}{}", if self.off { "-" } else { "" }, self.name)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.off { "-" } else { "" }, self.flag())
    }
}

/// Returns the prefix of the flags of a group.
fn prefix(group: &str) -> String {
    format!("{}_", group.to_lowercase())
}

/// The combined effect of words in their order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The prefixes of cleared flags.
    cleared: BTreeSet<String>,
    flags: BTreeMap<String, bool>,
}

impl Effective {
    /// Reads words in their order.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a Word>) -> Self {
        let mut state = Self::default();
        for word in words {
            match word.clears() {
                Some(prefix) => {
                    state.flags.retain(|flag, _| !flag.starts_with(&prefix));
                    state.cleared.retain(|cleared| !cleared.starts_with(&prefix));
                    state.cleared.insert(prefix);
                }
                None => drop(state.flags.insert(word.flag(), !word.off)),
            }
        }
        state
    }

    /// Returns the effect as words: what is cleared, then the flags, sorted by name.
    pub fn words(&self) -> Vec<String> {
        let cleared = self.cleared.iter().map(|prefix| format!("-{prefix}*"));
        let flag = |(flag, on): (&String, &bool)| format!("{}{flag}", if *on { "" } else { "-" });
        cleared.chain(self.flags.iter().map(flag)).collect()
    }
}

/// Returns whether words have the effect of `wanted`: reading these afterwards changes nothing.
pub fn holds(words: &[Word], wanted: &[Word]) -> bool {
    Effective::of(words) == Effective::of(words.iter().chain(wanted))
}

/// Returns whether words that are read later make some of these ineffective.
pub fn contradicts(words: &[Word], later: &[Word]) -> bool {
    let after = Effective::of(words.iter().chain(later));
    let is_off = |flag: &String| after.flags.get(flag) != Some(&true);
    Effective::of(words).flags.iter().any(|(flag, on)| *on == is_off(flag))
}

/// A line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableLine {
    /// The number of the line, starting at 1.
    pub number: usize,
    /// The atom.
    pub atom: String,
    /// The words.
    pub words: Vec<Word>,
}

/// Returns the lines of a table, without comments.
pub fn lines(text: &str, format: WordFormat) -> Vec<TableLine> {
    let line = |(index, line): (usize, &str)| {
        let mut words = split_comment(line).0.split_whitespace();
        let atom = words.next()?.to_owned();
        Some(TableLine { number: index + 1, atom, words: Word::read(words, format) })
    };
    text.lines().enumerate().filter_map(line).collect()
}

/// Returns the words of an atom in all of its lines.
pub fn words_of(text: &str, atom: &str, format: WordFormat) -> Vec<Word> {
    let lines = lines(text, format).into_iter().filter(|line| line.atom == atom);
    lines.flat_map(|line| line.words).collect()
}

/// Returns the content with these words added to an atom.
///
/// A word replaces what it makes ineffective, such as its opposite (`-word`), and is added to the
/// last line of the atom; a comment at the end of that line is preserved.
pub fn add(text: &str, atom: &str, words: &[Word], format: WordFormat) -> String {
    let is_it = |line: &str| split_comment(line).0.split_whitespace().next() == Some(atom);
    let merged = |line: &str| merge(line, words, format);
    super::change_last(text, is_it, merged)
        .unwrap_or_else(|| super::append(text, &Sections::of(words).line(atom)))
}

/// Splits a line into its words and its comment. A `#` within a word does not begin a comment.
fn split_comment(line: &str) -> (&str, &str) {
    let begins = |at: &usize| *at == 0 || line[..*at].ends_with(char::is_whitespace);
    let at = line.match_indices('#').map(|(at, _)| at).find(begins);
    line.split_at(at.unwrap_or(line.len()))
}

fn merge(line: &str, words: &[Word], format: WordFormat) -> String {
    let (body, comment) = split_comment(line);
    let mut found = body.split_whitespace();
    let atom = found.next().unwrap_or_default();
    let found = Word::read(found, format);
    if holds(&found, words) {
        return line.to_owned();
    }
    let mut sections = Sections::of(&found);
    for word in words {
        let now: Vec<Word> = sections.words().cloned().collect();
        if holds(&now, std::slice::from_ref(word)) {
            continue;
        }
        sections.set(word);
    }
    let gap = if comment.is_empty() { "" } else { " " };
    format!("{}{gap}{comment}", sections.line(atom))
}

/// The words of a line, divided by their groups. A flag must not follow the word of another group,
/// which would change its meaning.
#[derive(Default)]
struct Sections {
    /// Words before the first group.
    plain: Vec<Word>,
    groups: Vec<Vec<Word>>,
}

impl Sections {
    fn of(words: &[Word]) -> Self {
        let mut sections = Self::default();
        for word in words {
            sections.push(word);
        }
        sections
    }

    fn words(&self) -> impl Iterator<Item = &Word> {
        self.plain.iter().chain(self.groups.iter().flatten())
    }

    /// Adds a word as the last one of its group.
    fn push(&mut self, word: &Word) {
        if word.group.is_none() {
            self.plain.push(word.clone());
            return;
        }
        let same = |group: &&mut Vec<Word>| group.first().is_some_and(|w| w.group == word.group);
        match self.groups.last_mut().filter(|last| same(last)) {
            Some(last) => last.push(word.clone()),
            None => self.groups.push(vec![word.clone()]),
        }
    }

    /// Makes a word effective: removes what it replaces, and adds it to a group of its variable, if
    /// there is one.
    fn set(&mut self, word: &Word) {
        self.plain.retain(|found| !found.replaced_by(word));
        let mut groups = std::mem::take(&mut self.groups);
        let flag = word.flag();
        let name_in = |group: &str| flag.strip_prefix(&prefix(group)).map(str::to_owned);
        let written = |group: &Vec<Word>| group.first().and_then(|word| word.group.clone());
        let place = groups.iter().rposition(|group| {
            written(group).is_some_and(|group| name_in(&group).is_some_and(|name| !name.is_empty()))
        });
        for (index, group) in groups.iter_mut().enumerate() {
            let named = written(group);
            group.retain(|found| !found.replaced_by(word));
            if let Some(named) = named.filter(|_| place == Some(index)) {
                let name = name_in(&named).unwrap_or_default();
                group.push(Word { group: Some(named), off: word.off, name });
            }
        }
        groups.retain(|group| !group.is_empty());
        self.groups = groups;
        if place.is_none() {
            self.push(word);
        }
    }

    fn line(&self, atom: &str) -> String {
        let mut words = vec![atom.to_owned()];
        words.extend(self.plain.iter().map(Word::written));
        for group in &self.groups {
            words.extend(group.first().and_then(|word| Some(format!("{}:", word.group.as_ref()?))));
            words.extend(group.iter().map(Word::written));
        }
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, atom: &str, words: &str) -> String {
        let words = Word::read(words.split_whitespace(), WordFormat::Flags);
        let changed = add(text, atom, &words, WordFormat::Flags);
        assert!(holds(&words_of(&changed, atom, WordFormat::Flags), &words), "{changed}");
        assert_eq!(add(&changed, atom, &words, WordFormat::Flags), changed);
        changed
    }

    #[test]
    fn words_are_merged_and_the_rest_stays() {
        let text = "# mine\nsys-fs/lvm2  lvm -thin # keep\n\nother/pkg a\n";
        assert_eq!(set(text, "sys-fs/lvm2", "lvm"), text);
        assert_eq!(
            set(text, "sys-fs/lvm2", "thin x"),
            text.replacen("sys-fs/lvm2  lvm -thin # keep", "sys-fs/lvm2 lvm thin x # keep", 1)
        );
        assert_eq!(set(text, "new/pkg", "~amd64"), format!("{text}new/pkg ~amd64\n"));
        assert_eq!(set("a/b x -x", "a/b", "x"), "a/b x");
        assert_eq!(set("a/b x#y #z", "a/b", "q"), "a/b x#y q #z");
    }

    #[test]
    fn a_flag_never_gets_behind_the_word_of_a_group() {
        for (before, words, after) in [
            ("a/b VIDEO_CARDS: intel", "vulkan", "a/b vulkan VIDEO_CARDS: intel"),
            ("a/b -x VIDEO_CARDS: -* intel # c", "x", "a/b x VIDEO_CARDS: -* intel # c"),
            ("a/b VIDEO_CARDS: intel", "video_cards_intel", "a/b VIDEO_CARDS: intel"),
            ("a/b VIDEO_CARDS: intel", "-video_cards_intel", "a/b VIDEO_CARDS: -intel"),
            ("a/b VIDEO_CARDS: -* intel", "video_cards_amdgpu", "a/b VIDEO_CARDS: -* intel amdgpu"),
            ("a/b video_cards_intel", "VIDEO_CARDS: -intel", "a/b VIDEO_CARDS: -intel"),
            ("a/b x", "VIDEO_CARDS: -* intel L10N: de", "a/b x VIDEO_CARDS: -* intel L10N: de"),
            (
                "a/b VIDEO_CARDS: radeon L10N: de",
                "VIDEO_CARDS: intel",
                "a/b VIDEO_CARDS: radeon intel L10N: de",
            ),
            (
                "a/b VIDEO_CARDS: radeon L10N: de",
                "VIDEO_CARDS: -* intel",
                "a/b VIDEO_CARDS: -* intel L10N: de",
            ),
            ("a/b VIDEO_CARDS: -* intel", "VIDEO_CARDS: -* intel", "a/b VIDEO_CARDS: -* intel"),
            (
                "a/b L10N: de VIDEO_CARDS: intel L10N: en",
                "L10N: -de",
                "a/b VIDEO_CARDS: intel L10N: en -de",
            ),
            ("a/b x VIDEO_CARDS: intel", "-* y", "a/b -* y"),
            ("a/b intel VIDEO_CARDS: intel", "-intel", "a/b -intel VIDEO_CARDS: intel"),
            ("a/b intel -*", "intel", "a/b -* intel"),
        ] {
            assert_eq!(set(before, "a/b", words), after, "{before} with {words}");
        }
        assert_eq!(set("", "*/*", "VIDEO_CARDS: -* intel"), "*/* VIDEO_CARDS: -* intel\n");
    }

    #[test]
    fn words_are_read_with_their_groups() {
        let text = "*/* x VIDEO_CARDS: -* intel -nouveau\n# */* y\n*/* -x\nb/c z";
        let read = Effective::of(&words_of(text, "*/*", WordFormat::Flags)).words();
        assert_eq!(read, ["-video_cards_*", "video_cards_intel", "-video_cards_nouveau", "-x"]);
        let line = &lines(text, WordFormat::Flags)[1];
        assert_eq!((line.number, line.words[0].to_string()), (3, "-x".to_owned()));
        let plain = Word::read(["A:", "b"], WordFormat::Plain);
        assert_eq!(plain[0].to_string(), "A:");
    }
}
