//! Finding test files, and the recipes that they test.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::recipe::bundled::{self, Bundled, TEST_MARK, is_test};
use crate::recipe::{BadRecipe, NamedRecipe, Recipe, bundled_modules_of, modules_of};
use crate::script::{Language, Module};
use crate::system::{Input, read_input_text};

/// A test file that was read but not run.
#[derive(Debug, Clone)]
pub struct TestFile {
    /// The name as given by the user.
    pub name: String,
    /// The path; for a bundled file, its name.
    pub path: PathBuf,
    /// Whether the file is bundled; its recipes are then bundled, too.
    pub bundled: bool,
    /// The language of the tests.
    pub language: Language,
    /// The source.
    pub text: Rc<str>,
    /// The modules that it imports.
    pub modules: Vec<Module>,
    /// The path and the recipe that it tests, if its collection has the modules of the recipe.
    tested: Option<Box<(PathBuf, Recipe)>>,
}

/// An error: test files do not exist or cannot be read.
#[derive(Debug)]
pub struct NotFound {
    /// The requested path.
    pub path: PathBuf,
    /// The cause.
    pub why: String,
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.why)
    }
}

impl std::error::Error for NotFound {}

impl TestFile {
    fn read(path: &Path) -> Result<Self, NotFound> {
        let wrong = |why: String| NotFound { path: path.to_owned(), why };
        let language = Language::of(path).ok_or_else(|| wrong("neither .rhai nor .lua".into()))?;
        let text =
            read_input_text(path, Input::Script).map_err(|error| wrong(error.to_string()))?;
        let name = path.display().to_string();
        let modules = modules_of(path, language, &text)
            .map_err(|bad| wrong(format!("line {}: {bad}", bad.site.line)))?;
        let (path, text) = (path.to_owned(), text.into());
        Ok(Self { name, path, bundled: false, language, text, modules, tested: None })
    }

    fn of(test: &Bundled) -> Result<Self, NotFound> {
        let Bundled { name, text, language } = *test;
        let path = PathBuf::from(name);
        let modules = bundled_modules_of(name, language, text)
            .map_err(|bad| NotFound { path: path.clone(), why: bad.to_string() })?;
        let name = name.to_owned();
        let (bundled, tested) = (true, None);
        Ok(Self { name, path, bundled, language, text: text.into(), modules, tested })
    }

    /// Loads a recipe that the file tests.
    pub fn load(&self, recipe: &Path) -> Result<Recipe, BadRecipe> {
        if let Some((_, tested)) = self.tested.as_deref().filter(|(path, _)| path == recipe) {
            return Ok(tested.clone());
        }
        let named = recipe.to_str().filter(|_| self.bundled).and_then(bundled::find);
        named.map_or_else(|| Recipe::load(recipe), |bundled| bundled.recipe())
    }

    /// Returns the directory of the file.
    pub fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Returns the recipe beside the file, preferably in the same language.
    pub fn recipe(&self) -> Option<PathBuf> {
        let stem = self.path.file_stem()?.to_str()?.strip_suffix(TEST_MARK)?;
        let other = ["rhai", "lua"].map(|ending| self.directory().join(format!("{stem}.{ending}")));
        let own = self.path.with_file_name(stem).with_extension(self.path.extension()?);
        let is_there = |path: &PathBuf| match self.bundled {
            true => path.to_str().is_some_and(|name| bundled::find(name).is_some()),
            false => path.is_file(),
        };
        [own].into_iter().chain(other).find(is_there)
    }
}

const NO_TESTS: &str = "no tests found (files named RECIPE.test.rhai or RECIPE.test.lua)";

/// Finds all test files at these paths. A path is a test file, a recipe (its tests beside it), a
/// directory (all tests below it), or the name of a bundled recipe.
pub fn find(paths: &[PathBuf]) -> Result<Vec<TestFile>, NotFound> {
    let mut found = Vec::new();
    for path in paths {
        let before = found.len();
        let bundled = bundled(path);
        match &bundled {
            Some(recipe) => {
                let tests = bundled::tests_of(recipe);
                found.extend(tests.iter().map(TestFile::of).collect::<Result<Vec<_>, _>>()?);
            }
            None => found.extend(
                files(path)?
                    .iter()
                    .map(|file| TestFile::read(file))
                    .collect::<Result<Vec<_>, _>>()?,
            ),
        }
        if found.len() == before {
            return Err(NotFound { path: path.clone(), why: NO_TESTS.to_owned() });
        }
    }
    found.dedup_by(|a, b| a.path == b.path && a.bundled == b.bundled);
    Ok(found)
}

/// Finds the tests beside the file of a recipe of a collection.
pub fn find_beside(path: &Path, recipe: &Recipe) -> Result<Vec<TestFile>, NotFound> {
    let with_recipe = |file: &PathBuf| {
        let collection = Path::new(&recipe.name).parent().unwrap_or(Path::new(""));
        let name = collection.join(file.file_name().unwrap_or_default()).display().to_string();
        let tested = Some(Box::new((path.to_owned(), recipe.clone())));
        Ok(TestFile { name, tested, ..TestFile::read(file)? })
    };
    let found: Vec<TestFile> = files(path)?.iter().map(with_recipe).collect::<Result<_, _>>()?;
    match found.is_empty() {
        true => Err(NotFound { path: PathBuf::from(&recipe.name), why: NO_TESTS.to_owned() }),
        false => Ok(found),
    }
}

/// Returns the bundled recipe of this name, unless it is a directory or a test file.
fn bundled(path: &Path) -> Option<Bundled> {
    if path.is_dir() || is_test(path) {
        return None;
    }
    NamedRecipe::find(path).ok()?.bundled().copied()
}

fn files(path: &Path) -> Result<Vec<PathBuf>, NotFound> {
    let wrong = |why: &str| NotFound { path: path.to_owned(), why: why.to_owned() };
    let mut found = Vec::new();
    if path.is_dir() {
        below(path, &mut found).map_err(|error| wrong(&error.to_string()))?;
    } else if is_test(path) {
        found.push(path.to_owned());
    } else if path.is_file() && Language::of(path).is_some() {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let beside = ["rhai", "lua"]
            .map(|ending| path.with_file_name(format!("{stem}{TEST_MARK}.{ending}")));
        found.extend(beside.into_iter().filter(|path| path.is_file()));
    } else {
        return Err(wrong("neither a directory, nor a .rhai or .lua file, nor a bundled recipe"));
    }
    Ok(found)
}

/// Collects the test files below a directory. Skips hidden directories and build directories.
fn below(directory: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(directory)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // A symbolic link could create a cycle.
        if path.is_symlink() || name.starts_with('.') || name == "target" {
            continue;
        }
        // Names are shown without a leading `./`.
        let path = path.strip_prefix("./").map(Path::to_path_buf).unwrap_or(path);
        if path.is_dir() {
            below(&path, found)?;
        } else if is_test(&path) {
            found.push(path);
        }
    }
    Ok(())
}
