//! The package tables in `/etc/portage`: each is a file, or a directory of files that Portage reads
//! in a fixed order.

use super::PortageRule;
use super::files::ConfigFiles;
use crate::args;
use crate::config::packages::{self, TableLine, Word, WordFormat};
use crate::error::Result;
use crate::machine::files::FileStatus;
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query};
use crate::primitives::edit::{edit, target, there, writes};
use crate::types::{AbsPath, Atom, Keyword, LicenseName, Place, TableFile, UseFlag};

args! {
    /// Sets USE flags of a package, in addition to existing ones.
    ///
    /// A word such as `VIDEO_CARDS:` begins a group, as in the file: the flags after it are values
    /// of that `USE_EXPAND` variable, and `-*` clears the others. A flag that a later file of the
    /// directory sets for the same atom is set there, because the last file takes precedence; a
    /// contrary flag of a more specific atom is reported. Undo restores the previous file.
    ///
    /// Source: portage(5), "package.use".
    ///
    /// ```
    /// portage::package_use("/mnt/old", "sys-fs/cryptsetup", ["static", "-udev"]);
    /// portage::package_use("/mnt/old", "*/*", ["VIDEO_CARDS:", "-*", "intel"]);
    /// ```
    "portage.package_use" => pub struct PackageUse {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The package, as an atom.
        pub atom: Atom,
        /// The USE flags; a leading `-` disables a flag.
        pub flags: Vec<UseFlag>,
        /// The name of the file in `/etc/portage/package.use`, if that is a directory.
        pub file: TableFile = "gscript",
    }
}

args! {
    /// Returns the USE flags that `/etc/portage/package.use` sets for an atom.
    ///
    /// Flags of a group have their complete name, such as `video_cards_intel`; a disabled flag
    /// begins with `-`. Later lines take precedence. Lines of other atoms that match the same
    /// package are not considered.
    ///
    /// Source: portage(5), "package.use".
    ///
    /// ```
    /// let flags = portage::use_flags("/mnt/old", "*/*");
    /// ```
    "portage.use_flags" => pub struct UseFlags {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The package, as an atom.
        pub atom: Atom,
    }
}

args! {
    /// Accepts keywords of a package, such as `~amd64` for a version that is not stable yet.
    ///
    /// Undo restores the previous file.
    ///
    /// Source: portage(5), "package.accept_keywords"; guide ER, "sys-fs/cryptsetup ~amd64".
    ///
    /// ```
    /// portage::accept_keywords("/mnt/old", "sys-fs/cryptsetup", ["~amd64"], #{ file: "crypto" });
    /// ```
    "portage.accept_keywords" => pub struct AcceptKeywords {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The package, as an atom.
        pub atom: Atom,
        /// The keywords.
        pub keywords: Vec<Keyword>,
        /// The name of the file in `/etc/portage/package.accept_keywords`, if that is a directory.
        pub file: TableFile = "gscript",
    }
}

args! {
    /// Accepts licenses of a package.
    ///
    /// Undo restores the previous file.
    ///
    /// Source: portage(5), "package.license".
    ///
    /// ```
    /// portage::license("/mnt/old", "sys-kernel/linux-firmware", ["linux-fw-redistributable"]);
    /// ```
    "portage.license" => pub struct License {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The package, as an atom.
        pub atom: Atom,
        /// The names of the licenses.
        pub licenses: Vec<LicenseName>,
        /// The name of the file in `/etc/portage/package.license`, if that is a directory.
        pub file: TableFile = "gscript",
    }
}

/// A package table.
struct PackageTable<'a> {
    name: &'static str,
    root: &'a AbsPath,
    format: WordFormat,
}

/// Words of an atom in a package table.
struct TableRow<'a> {
    table: PackageTable<'a>,
    atom: &'a Atom,
    words: Vec<&'a str>,
    file: &'a TableFile,
}

impl PackageTable<'_> {
    fn path(&self) -> String {
        format!("/etc/portage/{}", self.name)
    }

    fn files(&self, cx: &Planning<'_>) -> Result<ConfigFiles> {
        ConfigFiles::read(&there(self.root, &self.path()), cx)
    }

    /// Returns the words of an atom in the order in which Portage reads them.
    fn words(&self, table: &ConfigFiles, atom: &str) -> Vec<Word> {
        table
            .files
            .iter()
            .flat_map(|(_, text)| packages::words_of(text, atom, self.format))
            .collect()
    }
}

impl TableRow<'_> {
    fn effects(&self) -> Vec<Effect> {
        vec![writes(self.table.root, &self.table.path())]
    }

    fn plan(&self, cx: &Planning<'_>) -> Result<Plan<()>> {
        if let Some(word) = self.words.last().filter(|word| word.ends_with(':')) {
            return Err(PortageRule::EmptyGroup { group: (*word).to_owned() }.into());
        }
        let (format, path) = (self.table.format, self.table.path());
        let words = Word::read(self.words.iter().copied(), format);
        let whole = there(self.table.root, &path);
        let own = match target(&whole, cx)? {
            FileStatus::File { .. } => whole,
            _ => there(self.table.root, &format!("{path}/{}", self.file)),
        };
        let table = self.table.files(cx)?;
        let warning = self.contrary(&table, &words);
        let change = |text: &str| packages::add(text, self.atom, &words, format);
        let holds = |table: &ConfigFiles| {
            !words.is_empty() && packages::holds(&self.table.words(table, self.atom), &words)
        };
        let old = |place: &Place| table.files.iter().find(|(found, _)| found == place);
        let changed = |place: &Place| change(old(place).map_or("", |(_, text)| text));
        let is_changed = old(&own).is_none_or(|(_, text)| change(text) != *text);
        // Another file sets the words already.
        if table.complete && holds(&table) && is_changed {
            let why = format!("{path} has {} {}", self.atom, self.words.join(" "));
            return Ok(Plan::already(why).warn(warning));
        }
        // A later file that sets the same flags takes precedence: they are changed there instead.
        let later = table.files.iter().map(|(place, _)| place).filter(|at| at.path > own.path);
        let takes_effect = |place: &&Place| holds(&table.with(place, changed(place)));
        let place = std::iter::once(&own).chain(later).find(takes_effect).unwrap_or(&own).clone();
        Ok(edit(place, cx, |text| Ok(change(text)))?.warn(warning))
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

impl PackageUse {
    fn row(&self) -> TableRow<'_> {
        let Self { root, atom, flags, file } = self;
        let table = PackageTable { name: "package.use", root, format: WordFormat::Flags };
        TableRow { table, atom, words: flags.iter().map(UseFlag::as_str).collect(), file }
    }
}

impl AcceptKeywords {
    fn row(&self) -> TableRow<'_> {
        let Self { root, atom, keywords, file } = self;
        let table =
            PackageTable { name: "package.accept_keywords", root, format: WordFormat::Plain };
        TableRow { table, atom, words: keywords.iter().map(Keyword::as_str).collect(), file }
    }
}

impl License {
    fn row(&self) -> TableRow<'_> {
        let Self { root, atom, licenses, file } = self;
        let table = PackageTable { name: "package.license", root, format: WordFormat::Plain };
        TableRow { table, atom, words: licenses.iter().map(LicenseName::as_str).collect(), file }
    }
}

impl Action for PackageUse {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        self.row().effects()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        self.row().plan(cx)
    }
}

impl Action for AcceptKeywords {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        self.row().effects()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        self.row().plan(cx)
    }
}

impl Action for License {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        self.row().effects()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        self.row().plan(cx)
    }
}

impl Query for UseFlags {
    type Output = Vec<String>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let Self { root, atom } = self;
        let table = PackageTable { name: "package.use", root, format: WordFormat::Flags };
        let files = table.files(cx)?;
        let flags = packages::Effective::of(&table.words(&files, atom)).words();
        Ok(if files.complete { Answer::Known(flags) } else { Answer::Assumed(flags) })
    }
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
