//! The installed collections, in the state directory: `collections/gscript.lock`, their files in
//! `collections/DIGEST`, and `trust/authors.json`, which outlives them.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use gscript::collection::{
    BadCollection, Installed, InstalledRecipe, KnownAuthor, LockedCollection, MANIFEST, Memory,
    Offer,
};
use gscript::error::Exit;
use gscript::journal::read_own;
use gscript::recipe::Recipe;

use crate::render::Problem;
use crate::state;
use crate::whole::write_whole;

/// Larger than any memory of authors.
const MAX_MEMORY: u64 = 16 << 20;

/// Prints why a collection cannot be used.
pub(crate) fn print_bad_collection(bad: BadCollection) -> Exit {
    Problem::new(bad.why).help(bad.remedy).print();
    bad.exit
}

/// Opens the installed collections, if there are any.
pub(crate) fn installed() -> Result<Option<Installed>, Exit> {
    // Most users have none: then nothing is created.
    let there = state::state().is_ok_and(|state| state.join("collections").is_dir());
    if !there {
        return Ok(None);
    }
    let directory = state::collections().map_err(|error| failed("open the collections", &error))?;
    Installed::open(&directory).map(Some).map_err(print_bad_collection)
}

/// Loads the recipe of a collection that an argument names, or prints an error; returns `None` if it
/// names none.
pub(crate) fn recipe(argument: &Path) -> Option<Result<Recipe, Exit>> {
    let text = argument.to_str().filter(|text| text.contains('/') && !text.starts_with('/'))?;
    read(|installed| installed.find(text))
}

/// Loads the recipe of a collection that an argument names, and returns the path of its file, after
/// all files of the collection were verified; or prints an error. Returns `None` if it names none.
pub(crate) fn verified_recipe(argument: &Path) -> Option<Result<(Recipe, PathBuf), Exit>> {
    let text = argument.to_str().filter(|text| text.contains('/') && !text.starts_with('/'))?;
    let installed = match installed() {
        Ok(found) => found?,
        Err(exit) => return Some(Err(exit)),
    };
    let found = installed.find(text)?;
    let read = found.and_then(|recipe| {
        installed.verify(recipe.collection)?;
        Ok((installed.load(&recipe)?, installed.file(&recipe)?))
    });
    Some(read.map_err(print_bad_collection))
}

/// Loads the recipe at a recorded location, or prints an error.
pub(crate) fn recipe_at(location: &str) -> Option<Result<Recipe, Exit>> {
    read(|installed| installed.at(location))
}

fn read(
    find: impl for<'a> Fn(&'a Installed) -> Option<Result<InstalledRecipe<'a>, BadCollection>>,
) -> Option<Result<Recipe, Exit>> {
    let installed = match installed() {
        Ok(found) => found?,
        Err(exit) => return Some(Err(exit)),
    };
    let found = find(&installed)?;
    Some(found.and_then(|recipe| installed.load(&recipe)).map_err(print_bad_collection))
}

/// The installed collections, while they are changed. No other process changes them.
pub(crate) struct Store {
    pub(crate) installed: Installed,
    pub(crate) memory: Memory,
    _lock: File,
}

impl Store {
    pub(crate) fn open() -> Result<Self, Exit> {
        let directory = state::collections();
        let directory = directory.map_err(|error| failed("open the collections", &error))?;
        let lock = File::create(directory.join(".lock"));
        let lock = lock.and_then(|lock| lock.lock().map(|()| lock));
        let lock = lock.map_err(|error| failed("lock the collections", &error))?;
        let installed = Installed::open(&directory).map_err(print_bad_collection)?;
        let memory = Self::read_memory()?;
        Ok(Self { installed, memory, _lock: lock })
    }

    fn read_memory() -> Result<Memory, Exit> {
        let path = state::authors().map(|directory| directory.join("authors.json"));
        let path = path.map_err(|error| failed("open the keys of authors", &error))?;
        if fs::symlink_metadata(&path).is_err() {
            return Ok(Memory::default());
        }
        let read = read_own(&path, MAX_MEMORY).map_err(|why| why.to_string());
        read.and_then(|bytes| Memory::parse(&bytes)).map_err(|why| {
            Problem::new(format!("{}: {why}", path.display()))
                .help("restore the file; without it, keys and versions of authors are unknown")
                .print();
            Exit::Refused
        })
    }

    /// Installs a collection. The lock file is replaced last: until then, the version before is
    /// complete.
    pub(crate) fn install(&mut self, offer: &Offer, locked: LockedCollection) -> Result<(), Exit> {
        let name = offer.name().to_owned();
        let at = self.installed.files(&locked);
        write_files(&at, offer).map_err(|error| failed("write the collection", &error))?;
        let author = KnownAuthor::after(offer, self.memory.authors.get(&name));
        if let Some(author) = author {
            self.memory.authors.insert(name.clone(), author);
            self.write_memory()?;
        }
        let old = self.installed.lock.collections.insert(name, locked);
        self.write_lock()?;
        self.discard(old.as_ref());
        Ok(())
    }

    /// Removes a collection.
    pub(crate) fn remove(&mut self, name: &str, forget: bool) -> Result<bool, Exit> {
        let old = self.installed.lock.collections.remove(name);
        if old.is_some() {
            self.write_lock()?;
            self.discard(old.as_ref());
        }
        let forgotten = forget && self.memory.authors.remove(name).is_some();
        if forgotten {
            self.write_memory()?;
        }
        Ok(old.is_some() || forgotten)
    }

    fn write_lock(&self) -> Result<(), Exit> {
        let written = write_whole(&self.installed.lock_file(), &self.installed.lock.text(), None);
        written.map_err(|error| failed("write gscript.lock", &error))
    }

    fn write_memory(&self) -> Result<(), Exit> {
        let written = state::authors()
            .and_then(|at| write_whole(&at.join("authors.json"), &self.memory.text(), None));
        written.map_err(|error| failed("write the keys of authors", &error))
    }

    /// Removes the files of a collection that is no longer installed.
    fn discard(&self, old: Option<&LockedCollection>) {
        let Some(old) = old else { return };
        let used = |locked: &LockedCollection| locked.manifest == old.manifest;
        if !self.installed.lock.collections.values().any(used) {
            // Files that the lock file does not name are never read.
            let _ = fs::remove_dir_all(self.installed.files(old));
        }
    }
}

/// Writes the files of a collection under a temporary name first.
fn write_files(at: &Path, offer: &Offer) -> io::Result<()> {
    let parent = at.parent().unwrap_or(Path::new("."));
    let new = tempfile::Builder::new().prefix(".new-").tempdir_in(parent)?;
    let mut directories = DirBuilder::new();
    directories.recursive(true).mode(0o700);
    let write = |path: &str, bytes: &[u8]| {
        let file = new.path().join(path);
        directories.create(file.parent().unwrap_or(new.path()))?;
        File::create_new(file)?.write_all(bytes)
    };
    for (path, bytes) in offer.tree.files().filter(|(path, _)| *path != MANIFEST) {
        write(path, bytes)?;
    }
    write(MANIFEST, &offer.bytes)?;
    nix::unistd::syncfs(File::open(new.path())?.as_fd())?;
    if at.exists() {
        fs::remove_dir_all(at)?;
    }
    fs::rename(new.keep(), at)?;
    File::open(parent)?.sync_all()
}

pub(crate) fn failed(what: &str, error: &io::Error) -> Exit {
    let mut problem = Problem::new(format!("failed to {what}: {error}"));
    problem.nothing_changed();
    problem.print();
    Exit::Failed
}
