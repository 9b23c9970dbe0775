//! Finding files of tests, and the recipes that they test.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::recipe::modules_of;
use crate::script::{Language, Module};

/// A file of tests, read but not run.
#[derive(Debug, Clone)]
pub struct TestFile {
    /// As it was named.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its language.
    pub language: Language,
    /// Its text.
    pub text: Rc<str>,
    /// The modules that it takes functions from.
    pub modules: Vec<Module>,
}

/// Tests that can't be read, or are not there.
#[derive(Debug)]
pub struct NotFound {
    /// What was asked for.
    pub path: PathBuf,
    /// Why not.
    pub why: String,
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.why)
    }
}

impl std::error::Error for NotFound {}

/// What stands between the name of a recipe and its language.
const MARK: &str = ".test";

impl TestFile {
    fn load(path: &Path) -> Result<Self, NotFound> {
        let wrong = |why: String| NotFound { path: path.to_owned(), why };
        let language = Language::of(path).ok_or_else(|| wrong("neither .rhai nor .lua".into()))?;
        let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let name = path.display().to_string();
        let modules = modules_of(path, language, &text)
            .map_err(|bad| wrong(format!("line {}: {bad}", bad.site.line)))?;
        Ok(Self { name, path: path.to_owned(), language, text: text.into(), modules })
    }

    /// The folder it is in.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The recipe beside it, in the same language or else in the other one.
    pub fn recipe(&self) -> Option<PathBuf> {
        let stem = self.path.file_stem()?.to_str()?.strip_suffix(MARK)?;
        let other = ["rhai", "lua"].map(|ending| self.folder().join(format!("{stem}.{ending}")));
        let own = self.path.with_file_name(stem).with_extension(self.path.extension()?);
        [own].into_iter().chain(other).find(|path| path.is_file())
    }
}

/// Whether this is a file of tests by its name.
pub fn is_test(path: &Path) -> bool {
    Language::of(path).is_some()
        && path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| stem.ends_with(MARK))
}

/// All files of tests at these paths: a file of tests, a recipe (those beside it), or a folder (all
/// below it).
pub fn find(paths: &[PathBuf]) -> Result<Vec<TestFile>, NotFound> {
    let mut found = Vec::new();
    for path in paths {
        let wrong = |why: &str| NotFound { path: path.clone(), why: why.to_owned() };
        let before = found.len();
        if path.is_dir() {
            below(path, &mut found).map_err(|error| wrong(&error.to_string()))?;
        } else if is_test(path) {
            found.push(path.clone());
        } else if path.is_file() && Language::of(path).is_some() {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let beside =
                ["rhai", "lua"].map(|ending| path.with_file_name(format!("{stem}{MARK}.{ending}")));
            found.extend(beside.into_iter().filter(|path| path.is_file()));
        } else {
            return Err(wrong("neither a folder nor a .rhai or .lua file"));
        }
        if found.len() == before {
            return Err(wrong(
                "there are no tests (files called RECIPE.test.rhai or RECIPE.test.lua)",
            ));
        }
    }
    found.dedup();
    found.iter().map(|path| TestFile::load(path)).collect()
}

/// Folders of tools and of builds are not looked into.
fn below(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // A link could lead round in circles.
        if path.is_symlink() || name.starts_with('.') || name == "target" {
            continue;
        }
        // `.` in front of every name helps nobody.
        let path = path.strip_prefix("./").map(Path::to_path_buf).unwrap_or(path);
        if path.is_dir() {
            below(&path, found)?;
        } else if is_test(&path) {
            found.push(path);
        }
    }
    Ok(())
}
