//! The files of the bundled recipes.

use include_dir::{Dir, File, include_dir};

use crate::script::{Language, Module};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/recipes");

/// The directory of the layouts, which is the prefix of their module names.
pub(super) const LAYOUTS: &str = "layouts/";

/// Returns all files of `recipes/` and its directories.
pub(super) fn files() -> impl Iterator<Item = &'static File<'static>> {
    let below = FILES.dirs().flat_map(Dir::files);
    FILES.files().chain(below)
}

/// Returns all layouts as modules, by name.
pub(super) fn layouts() -> Vec<Module> {
    let module = |file: &'static File<'static>| {
        Language::of(file.path())?;
        let path = file.path().to_str()?;
        let name = path.starts_with(LAYOUTS).then(|| path.rsplit_once('.')).flatten()?.0;
        let text = file.contents_utf8()?.to_owned();
        Some(Module { name: name.to_owned(), file: path.to_owned(), text })
    };
    let mut layouts: Vec<Module> = files().filter_map(module).collect();
    layouts.sort_by(|a, b| a.name.cmp(&b.name));
    layouts
}
