//! Adding words to a package table, where they take effect.

use super::PortageRule;
use super::files::ConfigFiles;
use crate::config::packages::{self, TableLine, Word, WordFormat};
use crate::error::Result;
use crate::machine::files::FileStatus;
use crate::operation::{Effect, Plan, Planning};
use crate::primitives::edit::{edit, system_file, target, writes};
use crate::types::{AbsPath, Atom, Place, TableFile};

/// A package table.
pub(super) struct PackageTable<'a> {
    pub name: &'static str,
    pub root: &'a AbsPath,
    pub format: WordFormat,
}

/// Words of an atom in a package table.
pub(super) struct TableRow<'a> {
    pub table: PackageTable<'a>,
    pub atom: &'a Atom,
    pub words: Vec<&'a str>,
    pub file: &'a TableFile,
}

impl PackageTable<'_> {
    fn path(&self) -> String {
        format!("/etc/portage/{}", self.name)
    }

    pub(super) fn files(&self, cx: &Planning<'_>) -> Result<ConfigFiles> {
        ConfigFiles::read(&system_file(self.root, &self.path()), cx)
    }

    /// Returns the words of an atom in the order in which Portage reads them.
    pub(super) fn words(&self, table: &ConfigFiles, atom: &str) -> Vec<Word> {
        table
            .files
            .iter()
            .flat_map(|(_, text)| packages::words_of(text, atom, self.format))
            .collect()
    }
}

impl TableRow<'_> {
    pub(super) fn effects(&self) -> Vec<Effect> {
        vec![writes(self.table.root, &self.table.path())]
    }

    pub(super) fn plan(&self, cx: &Planning<'_>) -> Result<Plan<()>> {
        if let Some(word) = self.words.last().filter(|word| word.ends_with(':')) {
            return Err(PortageRule::EmptyGroup { group: (*word).to_owned() }.into());
        }
        let (format, path) = (self.table.format, self.table.path());
        let words = Word::read(self.words.iter().copied(), format);
        let whole = system_file(self.table.root, &path);
        let own = match target(&whole, cx)? {
            FileStatus::File { .. } => whole,
            _ => system_file(self.table.root, &format!("{path}/{}", self.file)),
        };
        let table = self.table.files(cx)?;
        let warning = self.contrary(&table, &words);
        let change = |text: &str| packages::add(text, self.atom, &words, format);
        let holds = |table: &ConfigFiles| match words.is_empty() {
            true => self.is_listed(table),
            false => packages::holds(&self.table.words(table, self.atom), &words),
        };
        let old = |place: &Place| table.files.iter().find(|(found, _)| found == place);
        let changed = |place: &Place| change(old(place).map_or("", |(_, text)| text));
        let is_changed = old(&own).is_none_or(|(_, text)| change(text) != *text);
        // Another file sets the words already.
        if table.complete && holds(&table) && is_changed {
            let row: Vec<&str> =
                [self.atom.as_str()].into_iter().chain(self.words.iter().copied()).collect();
            let why = format!("{path} has {}", row.join(" "));
            return Ok(Plan::already(why).warn(warning));
        }
        // A later file that sets the same flags takes precedence: they are changed there instead.
        // Each candidate is tried with all files, and there may be thousands.
        let later = table.files.iter().filter(|(at, text)| at.path > own.path && self.is_in(text));
        let later = later.map(|(place, _)| place);
        let takes_effect = |place: &&Place| holds(&table.with(place, changed(place)));
        let place = std::iter::once(&own).chain(later).find(takes_effect).unwrap_or(&own).clone();
        Ok(edit(place, cx, |text| Ok(change(text)))?.warn(warning))
    }

    fn is_listed(&self, table: &ConfigFiles) -> bool {
        table.files.iter().any(|(_, text)| self.is_in(text))
    }

    /// Returns whether a file has a line of this atom.
    fn is_in(&self, text: &str) -> bool {
        packages::lines(text, self.table.format).iter().any(|line| self.is_it(line))
    }

    fn is_it(&self, line: &TableLine) -> bool {
        line.atom == self.atom.as_str()
    }

    /// Returns a warning about a line of a more specific atom that contradicts the words.
    fn contrary(&self, table: &ConfigFiles, words: &[Word]) -> Option<String> {
        let package = package_of(self.atom)?;
        if package != self.atom.as_str() {
            return None;
        }
        let narrower =
            |line: &TableLine| !self.is_it(line) && package_of(&line.atom) == Some(package);
        for (place, text) in &table.files {
            for line in packages::lines(text, self.table.format).into_iter().filter(narrower) {
                if !packages::contradicts(words, &line.words) {
                    continue;
                }
                let said: Vec<String> = line.words.iter().map(ToString::to_string).collect();
                return Some(format!(
                    "{place}:{}: {} {} takes precedence over {} for the versions that it matches",
                    line.number,
                    line.atom,
                    said.join(" "),
                    self.atom
                ));
            }
        }
        None
    }
}

/// Returns the category and name of an atom without operator, version, slot, repository and flags;
/// `None` for a set or a pattern.
fn package_of(atom: &str) -> Option<&str> {
    let bare = atom.trim_start_matches(['<', '>', '=', '~', '!']);
    let bare = &bare[..bare.find([':', '[']).unwrap_or(bare.len())];
    if bare.contains('@') || !bare.contains('/') || bare.starts_with('*') {
        return None;
    }
    if !atom.starts_with(['<', '>', '=', '~']) {
        return Some(bare).filter(|bare| !bare.contains('*'));
    }
    // The version begins after the last hyphen that a digit follows, apart from the revision.
    let digit = |at: &usize| bare[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    let version = bare.rmatch_indices('-').map(|(at, _)| at).find(digit);
    version.map(|at| &bare[..at])
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_package_of_an_atom_is_found() {
        for (atom, package) in [
            ("media-libs/mesa", Some("media-libs/mesa")),
            (">=media-libs/mesa-24.1-r2:0/1::gentoo[x]", Some("media-libs/mesa")),
            ("=x11-libs/gtk+-3*", Some("x11-libs/gtk+")),
            ("media-libs/mesa:0", Some("media-libs/mesa")),
            ("*/*", None),
            ("media-libs/*", None),
            ("@world", None),
        ] {
            assert_eq!(super::package_of(atom), package, "{atom}");
        }
    }
}
