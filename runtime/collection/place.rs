//! The files of a collection, by their paths in it.

use crate::recipe::bundled::is_test;
use crate::script::Language;
use crate::types::is_deceptive;
use std::path::Path;

/// The description of a collection.
pub const ABOUT: &str = "collection.toml";
/// The list of all files of a collection.
pub const MANIFEST: &str = "manifest.json";
/// The signature of the manifest.
pub const SIGNATURE: &str = "manifest.json.minisig";

/// The directory of the recipes and their tests.
pub(super) const RECIPES: &str = "recipes/";
/// The directory of the modules.
pub(super) const MODULES: &str = "modules/";
/// The directory of other files that tests read.
pub(super) const TESTS: &str = "tests/";

/// The maximum length of a path in bytes.
const MAX_PATH: usize = 200;
/// The maximum number of directories of a path.
const MAX_DEPTH: usize = 8;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileRole {
    About,
    Manifest,
    Signature,
    Recipe,
    Module,
    /// A test, or a file that tests read.
    Test,
}

/// Returns a path of an archive or a directory, if it cannot name anything outside of it, and is
/// shown as it is.
pub(super) fn safe(path: &[u8]) -> Result<&str, String> {
    let Ok(text) = std::str::from_utf8(path) else {
        return Err(format!("file name {:?} is not UTF-8", String::from_utf8_lossy(path)));
    };
    if text.chars().any(|c| c.is_control() || is_deceptive(c)) {
        return Err(format!("file name {text:?} has control or invisible characters"));
    }
    if text.len() > MAX_PATH {
        return Err(format!("file name of {} bytes; at most {MAX_PATH} are allowed", text.len()));
    }
    if text.starts_with('/') {
        return Err(format!("absolute path {text:?}"));
    }
    let parts: Vec<&str> = text.trim_end_matches('/').split('/').collect();
    if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
        return Err(format!("path {text:?} has an empty part, . or .."));
    }
    if parts.len() > MAX_DEPTH {
        return Err(format!("path {text:?} has more than {MAX_DEPTH} parts"));
    }
    Ok(text)
}

/// Returns the kind of a file by its safe path, or `None` for a file that is no part of the
/// collection, such as a README.
pub(super) fn role(path: &str) -> Result<Option<FileRole>, String> {
    match path {
        ABOUT => return Ok(Some(FileRole::About)),
        MANIFEST => return Ok(Some(FileRole::Manifest)),
        SIGNATURE => return Ok(Some(FileRole::Signature)),
        _ => {}
    }
    let Some(kept) = [RECIPES, MODULES, TESTS].into_iter().find(|top| path.starts_with(top)) else {
        return Ok(None);
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    let hidden = |part: &str| part.starts_with(['.', '-']);
    if !path.chars().all(plain) || path.split('/').any(hidden) {
        return Err(format!(
            "file name {path:?}: only letters, digits, '.', '_' and '-' are allowed, and no '.' or \
             '-' at the beginning of a part"
        ));
    }
    let script = Language::of(Path::new(path)).is_some();
    match kept {
        TESTS => Ok(Some(FileRole::Test)),
        _ if script && is_test(Path::new(path)) => Ok(Some(FileRole::Test)),
        MODULES if path[MODULES.len()..].contains('/') => {
            Err(format!("{path}: modules/ must not have directories"))
        }
        MODULES if script => Ok(Some(FileRole::Module)),
        RECIPES if script => Ok(Some(FileRole::Recipe)),
        _ => Err(format!("{path}: expected a .rhai or .lua file")),
    }
}

/// Returns a path without its extension.
pub(super) fn stem(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dangerous_paths_are_refused() {
        let long = "a".repeat(MAX_PATH + 1);
        let deep = "a/".repeat(MAX_DEPTH) + "b";
        for path in [
            "/etc/passwd",
            "../x",
            "recipes/../../x",
            "recipes//a.rhai",
            "./recipes/a.rhai",
            "",
            "recipes/a\nb.rhai",
            "recipes/\u{202e}iahr.a",
            "recipes/\u{1b}[2J.rhai",
            &long,
            &deep,
        ] {
            assert!(safe(path.as_bytes()).is_err(), "{path:?}");
        }
        assert!(safe(b"recipes/\xff.rhai").is_err());
        assert_eq!(safe(b"recipes/a.rhai"), Ok("recipes/a.rhai"));
    }

    #[test]
    fn files_have_roles() {
        for (path, wanted) in [
            ("collection.toml", Some(FileRole::About)),
            ("recipes/a.rhai", Some(FileRole::Recipe)),
            ("recipes/b/a.lua", Some(FileRole::Recipe)),
            ("recipes/a.test.rhai", Some(FileRole::Test)),
            ("modules/a.lua", Some(FileRole::Module)),
            ("tests/pc.json", Some(FileRole::Test)),
            ("README.md", None),
            (".github/x.yml", None),
            ("Collection.toml", None),
        ] {
            assert_eq!(role(path), Ok(wanted), "{path}");
        }
        for path in [
            "recipes/a\u{200b}.rhai",
            "recipes/a.sh",
            "recipes/.a.rhai",
            "recipes/-a.rhai",
            "recipes/é.rhai",
            "recipes/a b.rhai",
            "modules/a/b.rhai",
            "modules/a",
            "recipes/a",
        ] {
            assert!(role(path).is_err(), "{path}");
        }
    }
}
