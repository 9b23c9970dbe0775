//! Files are short enough to be read, and rustfmt sees all of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use syn::Item;

use super::english::{files, short};

/// Lines of a source file.
const MAX_LINES: usize = 400;

const DIRECTORIES: [&str; 5] = ["runtime", "repl", "tests", "recipes", "stdlib"];

#[test]
fn files_have_at_most_400_lines() {
    let sources =
        DIRECTORIES.iter().flat_map(|at| files(at, &["rs", "rhai", "lua", "sh", "py", "c"]));
    let too_long = |path: &Path| {
        let count = fs::read_to_string(path).expect("a file").lines().count();
        (count > MAX_LINES).then(|| format!("{}: {count} lines", short(path)))
    };
    let found: Vec<String> = sources.filter_map(|path| too_long(&path)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// rustfmt follows `mod` lines, but none that a macro generates.
#[test]
fn every_file_is_declared_outside_of_macros() {
    let mut declared = BTreeSet::new();
    let sources: Vec<_> =
        ["runtime", "repl", "tests"].iter().flat_map(|at| files(at, &["rs"])).collect();
    for path in &sources {
        let file = syn::parse_file(&fs::read_to_string(path).expect("a file")).expect("Rust");
        let stem = path.file_stem().expect("a name");
        let directory = path.parent().expect("a directory");
        let below = if ["mod", "lib", "main"].iter().any(|top| stem == *top) {
            directory.to_owned()
        } else {
            directory.join(stem)
        };
        for item in file.items {
            if let Item::Mod(module) = item
                && module.content.is_none()
            {
                let name = module.ident.to_string();
                declared.extend([
                    below.join(&name).with_extension("rs"),
                    below.join(name).join("mod.rs"),
                ]);
            }
        }
    }
    // Cargo starts at these.
    let roots = [
        "runtime/lib.rs",
        "repl/main.rs",
        "tests/main.rs",
        "tests/lab/main.rs",
        "tests/fuzz/main.rs",
        "tests/bench/main.rs",
    ];
    let undeclared: Vec<String> = sources
        .iter()
        .filter(|path| !declared.contains(*path))
        .map(|path| short(path))
        .filter(|path| !roots.contains(&path.as_str()))
        .collect();
    assert!(undeclared.is_empty(), "{undeclared:?}");
}
