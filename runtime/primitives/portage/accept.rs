//! Changing the settings that Portage requires.

use std::collections::BTreeMap;

use super::table::{PackageTable, TableRow};
use crate::args;
use crate::config::packages::WordFormat;
use crate::error::Result;
use crate::machine::files::{FileContents, FileError, FileStatus, Files, ResolvedPath};
use crate::operation::{Action, Effect, Plan, Planning};
use crate::primitives::edit::{set_whole, writes};
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, Atom, Mode, Place, TableEntry, TableFile};

args! {
    /// Changes the settings that Portage requires to merge packages.
    ///
    /// Takes the `changes` of `portage.pretend`, and adds each to its table as `portage.package_use`,
    /// `portage.accept_keywords`, `portage.license` or `portage.unmask` would. The plan shows the
    /// changes of the files. Undo restores the previous files.
    ///
    /// Source: emerge(1), `--autounmask`, which writes to files that etc-update has to merge.
    ///
    /// ```
    /// let wanted = portage::pretend("/mnt/old", ["sys-fs/cryptsetup"]);
    /// portage::accept("/mnt/old", wanted.changes);
    /// portage::accept("/mnt/old", ["package.use sys-fs/lvm2 lvm", "package.accept_keywords sys-fs/lvm2 ~amd64"]);
    /// ```
    "portage.accept" => pub struct Accept {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The changes, each a table, an atom and words.
        pub changes: Vec<TableEntry>,
        /// The name of the file in a table that is a directory.
        pub file: TableFile = "gscript",
    }
}

/// The tables that Portage may require to be changed.
const TABLES: [(&str, WordFormat); 4] = [
    ("package.use", WordFormat::Flags),
    ("package.accept_keywords", WordFormat::Plain),
    ("package.license", WordFormat::Plain),
    ("package.unmask", WordFormat::Plain),
];

/// The files of a system after some of the changes.
struct ChangedFiles<'a> {
    below: &'a dyn Files,
    changed: BTreeMap<Place, Vec<u8>>,
}

impl Files for ChangedFiles<'_> {
    fn file_status(&self, place: &Place) -> std::result::Result<FileStatus, FileError> {
        match self.changed.get(place) {
            Some(bytes) => {
                let len = bytes.len() as u64;
                Ok(FileStatus::File { mode: Mode::new(0o644), len, uid: 0, gid: 0 })
            }
            None if self.changed.keys().any(|one| one.parent() == *place) => {
                let (mode, uid, gid) = (Mode::new(0o755), 0, 0);
                Ok(FileStatus::Dir { mode, uid, gid, subvolume: false })
            }
            None => self.below.file_status(place),
        }
    }

    fn is_empty(&self, place: &Place) -> std::result::Result<Option<bool>, FileError> {
        self.below.is_empty(place)
    }

    fn names(&self, place: &Place) -> std::result::Result<Option<Vec<String>>, FileError> {
        let missing = self.below.file_status(place)? == FileStatus::Missing;
        let names = if missing { Some(Vec::new()) } else { self.below.names(place)? };
        let Some(mut names) = names else { return Ok(None) };
        let here = self.changed.keys().filter(|one| one.parent() == *place);
        names.extend(here.filter_map(|one| Some(one.path.file_name()?.to_string_lossy().into())));
        names.sort();
        names.dedup();
        Ok(Some(names))
    }

    fn resolve_place(
        &self,
        place: &Place,
        follow: bool,
    ) -> std::result::Result<ResolvedPath, FileError> {
        self.below.resolve_place(place, follow)
    }

    fn read(&self, place: &Place) -> std::result::Result<FileContents, FileError> {
        match self.changed.get(place) {
            Some(bytes) => Ok(FileContents::Known(bytes.clone())),
            None => self.below.read(place),
        }
    }
}

impl Action for Accept {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        // What Portage requires may be known only in the run.
        TABLES.iter().map(|(name, _)| writes(&self.root, &format!("/etc/portage/{name}"))).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let mut files = ChangedFiles { below: cx.files, changed: BTreeMap::new() };
        let mut unread = Plan::steps(Vec::new());
        for change in &self.changes {
            let mut words = change.as_str().split_whitespace();
            let name = words.next().unwrap_or_default();
            // The type of the parameter allows only these tables.
            let found = TABLES.iter().find(|(table, _)| *table == name);
            let Some(&(name, format)) = found else { continue };
            let atom = Atom::assume_valid(words.next().unwrap_or_default());
            let table = PackageTable { name, root: &self.root, format };
            let row = TableRow { table, atom: &atom, words: words.collect(), file: &self.file };
            let (machine, terminal) = (cx.machine, cx.terminal);
            let plan = row.plan(&Planning { machine, files: &files, ids: cx.ids, terminal })?;
            unread.warnings.extend(plan.warnings);
            for step in plan.steps {
                match step {
                    Step::Files(FilesStep::Write {
                        place,
                        content: FileContents::Known(bytes),
                        ..
                    }) => drop(files.changed.insert(place, bytes)),
                    // The content of the file is not known yet: only the new lines are shown.
                    step => unread.steps.push(step),
                }
            }
        }
        let is_dir = |step: &Step| matches!(step, Step::Files(FilesStep::MakeDir { .. }));
        unread.steps.retain(|step| !is_dir(step));
        let changed = std::mem::take(&mut files.changed);
        changed.into_iter().try_fold(unread, |plan, (place, bytes)| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Ok(plan.and(set_whole(place, cx, text)?))
        })
    }
}
