//! Directories of `runtime/` ("rooms") import only from lower ones, no two files import each other
//! directly or
//! indirectly, and only the defining file adds methods to the parts of a session.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Fields, Item, ItemImpl, ItemMod, ItemStruct, ItemUse, Type, UseTree, Visibility};

use crate::support::dsl::project;

/// The directories of `runtime/`, lowest first: each one imports only from those before it.
const LAYERS: [&str; 20] = [
    "types",
    "event",
    "finding",
    "machine",
    "system",
    "vm",
    "config",
    "error",
    "operation",
    "failure",
    "plan",
    "primitives",
    "script",
    "journal",
    "recipe",
    "collection",
    "run",
    "check",
    "test",
    "reference",
];

type Name = Vec<String>;

/// An import: its path from the root of the crate, its local name, and whether it is a re-export.
struct Import {
    path: Name,
    alias: String,
    passed_on: bool,
}

/// The imports of one file, and the paths written out in it.
#[derive(Default)]
struct File {
    imports: Vec<Import>,
    paths: Vec<Name>,
    words: BTreeSet<String>,
    /// Types that have an inherent `impl` in this file.
    extends: BTreeSet<String>,
    /// Structs with the number of their fields that are visible to other files.
    open_fields: Vec<(String, usize)>,
}

impl File {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("a file");
        let mut file = Self::default();
        file.visit_file(&syn::parse_file(&text).expect("Rust"));
        file
    }

    fn import(&mut self, tree: &UseTree, mut path: Name, passed_on: bool) {
        let mut add =
            |path: Name, alias: String| self.imports.push(Import { path, alias, passed_on });
        match tree {
            UseTree::Path(part) => {
                path.push(part.ident.to_string());
                self.import(&part.tree, path, passed_on);
            }
            UseTree::Name(name) if name.ident == "self" => {
                let alias = path.last().cloned().unwrap_or_default();
                add(path, alias);
            }
            UseTree::Name(name) => {
                path.push(name.ident.to_string());
                add(path, name.ident.to_string());
            }
            UseTree::Rename(name) => {
                path.push(name.ident.to_string());
                add(path, name.rename.to_string());
            }
            UseTree::Glob(_) => add(path, "*".into()),
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.import(tree, path.clone(), passed_on));
            }
        }
    }
}

fn is_test(attrs: &[syn::Attribute]) -> bool {
    let test =
        |attr: &syn::Attribute| attr.parse_args::<syn::Ident>().is_ok_and(|word| word == "test");
    attrs.iter().any(|attr| attr.path().is_ident("cfg") && test(attr))
}

impl<'ast> Visit<'ast> for File {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Mod(ItemMod { attrs, content, .. }) if content.is_none() || is_test(attrs) => {}
            Item::Use(ItemUse { attrs, vis, tree, .. }) if !is_test(attrs) => {
                self.import(tree, Name::new(), !matches!(vis, Visibility::Inherited));
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if let (None, Type::Path(of)) = (&item.trait_, item.self_ty.as_ref()) {
            self.extends.extend(of.path.segments.last().map(|name| name.ident.to_string()));
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        if let Fields::Named(fields) = &item.fields {
            let fields = fields.named.iter();
            let open = fields.filter(|field| !matches!(field.vis, Visibility::Inherited)).count();
            self.open_fields.push((item.ident.to_string(), open));
        }
        visit::visit_item_struct(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path.segments.iter().map(|segment| segment.ident.to_string());
        self.paths.push(names.collect());
        visit::visit_path(self, path);
    }

    fn visit_ident(&mut self, ident: &'ast syn::Ident) {
        self.words.insert(ident.to_string());
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let text = mac.tokens.to_string();
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        self.words.extend(words.map(str::to_owned));
    }
}

/// All files of a crate, by module path.
struct Crate {
    files: BTreeMap<Name, File>,
}

impl Crate {
    fn read(directory: &str) -> Self {
        let mut files = BTreeSet::new();
        let mut directories = vec![project(directory)];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory)
                .expect("a directory")
                .map(|entry| entry.expect("an entry").path())
            {
                match entry.extension() {
                    _ if entry.is_dir() => directories.push(entry),
                    Some(ending) if ending == "rs" => drop(files.insert(entry)),
                    _ => {}
                }
            }
        }
        let top = project(directory);
        let named = |path: PathBuf| {
            let inner = path.strip_prefix(&top).expect("it is below").with_extension("");
            let mut name: Name =
                inner.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if matches!(name.last().map(String::as_str), Some("mod" | "lib" | "main")) {
                name.pop();
            }
            let file = File::read(&path);
            (name, file)
        };
        Self { files: files.into_iter().map(named).collect() }
    }

    /// Resolves a path written in a file to a path from the root of the crate. `None` for other
    /// crates.
    fn absolute(&self, here: &Name, path: &[String]) -> Option<Name> {
        let mut base = here.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => return Some(path[1..].to_vec()),
            "self" | "super" => {
                while let Some(first @ ("self" | "super")) = rest.first().map(String::as_str) {
                    if first == "super" {
                        base.pop();
                    }
                    rest = &rest[1..];
                }
            }
            first => {
                base.push(first.to_owned());
                if !self.files.contains_key(&base) {
                    return None;
                }
                rest = &path[1..];
            }
        }
        base.extend_from_slice(rest);
        Some(base)
    }

    /// Returns the file that defines the item with this path from the root, following re-exports.
    fn defined_in(&self, path: &[String], depth: usize) -> Option<Name> {
        const MAX_LENGTH: usize = 12;
        let at = (0..=path.len()).rev().find(|at| self.files.contains_key(&path[..*at]))?;
        let (module, rest) = (path[..at].to_vec(), &path[at..]);
        let Some(first) = rest.first().filter(|_| depth < MAX_LENGTH) else { return Some(module) };
        let passed_on = self.files[&module].imports.iter().filter(|import| import.passed_on);
        for import in passed_on.filter(|import| import.alias == *first) {
            let from = self.absolute(&module, &import.path).filter(|from| *from != path);
            let whole = from.map(|mut from| {
                from.extend_from_slice(&rest[1..]);
                from
            });
            if let Some(found) = whole.and_then(|whole| self.defined_in(&whole, depth + 1)) {
                return Some(found);
            }
        }
        Some(module)
    }

    /// Returns the files that each file imports from.
    fn edges(&self) -> BTreeMap<&Name, BTreeSet<Name>> {
        let of = |(name, file): (&'_ Name, &File)| -> BTreeSet<Name> {
            // A name that is only re-exported is not used in this file.
            let used = |import: &&Import| !import.passed_on || file.words.contains(&import.alias);
            let imported = file.imports.iter().filter(used).map(|import| &import.path);
            let paths = imported.chain(&file.paths).filter(|path| path.len() > 1);
            let paths = paths.filter_map(|path| self.absolute(name, path));
            let files = paths.filter_map(|path| self.defined_in(&path, 0));
            files.filter(|file| file != name).collect()
        };
        self.files.iter().map(|(name, file)| (name, of((name, file)))).collect()
    }
}

fn shown(name: &[String]) -> String {
    if name.is_empty() { "the root".into() } else { name.join("::") }
}

/// Returns the shortest import cycle through `start`, if there is one.
fn find_cycle<'a>(
    edges: &'a BTreeMap<&Name, BTreeSet<Name>>,
    start: &'a Name,
) -> Option<Vec<&'a Name>> {
    let mut ways = vec![vec![start]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in edges.get(way[way.len() - 1]).into_iter().flatten() {
                if next == start {
                    return Some(way);
                }
                if seen.insert(next) {
                    longer.push(way.iter().copied().chain([next]).collect());
                }
            }
        }
        ways = longer;
    }
    None
}

fn find_cycles(directory: &str) -> Vec<String> {
    let files = Crate::read(directory);
    let edges = files.edges();
    let found = edges.keys().filter_map(|name| find_cycle(&edges, name));
    let text = |way: Vec<&Name>| way.iter().map(|name| shown(name)).collect::<Vec<_>>().join(" → ");
    found.map(text).collect()
}

#[test]
fn no_import_cycles_between_files() {
    for directory in ["runtime", "repl"] {
        let circles = find_cycles(directory);
        assert!(circles.is_empty(), "{directory}:\n{}", circles.join("\n"));
    }
}

#[test]
fn layers_import_downwards() {
    let files = Crate::read("runtime");
    let level = |name: &Name| {
        let room = name.first()?;
        Some(
            LAYERS
                .iter()
                .position(|known| known == room)
                .unwrap_or_else(|| panic!("{room}: a room without a place in ROOMS")),
        )
    };
    let mut upwards = Vec::new();
    for (name, imports) in files.edges() {
        let Some(here) = level(name) else { continue };
        for import in
            imports.iter().filter(|import| level(import).is_some_and(|there| there > here))
        {
            upwards.push(format!("{} imports {}", shown(name), shown(import)));
        }
    }
    assert!(upwards.is_empty(), "{}", upwards.join("\n"));
}

/// `Session` and each of its parts have all their methods in the file that defines them.
#[test]
fn a_session_and_its_parts_are_changed_in_their_own_files() {
    const OWNED: [(&str, &str); 9] = [
        ("Session", "session"),
        ("Environment", "environment"),
        ("Ledger", "ledger"),
        ("Gate", "gate"),
        ("Replay", "resume::replay"),
        ("PlanLog", "plan_log"),
        ("Reporter", "reporter"),
        ("Parts", "parts"),
        ("Call", "call::current"),
    ];
    let files = Crate::read("runtime");
    for (owned, home) in OWNED {
        let home = format!("run::{home}");
        let mut defined = false;
        for (name, file) in &files.files {
            let at_home = shown(name) == home;
            defined |= at_home && file.words.contains(owned);
            let elsewhere = file.extends.contains(owned) && !at_home && in_run(name);
            assert!(!elsewhere, "{} has methods of {owned}: they belong into {home}", shown(name));
            for (_, open) in file.open_fields.iter().filter(|(of, _)| of == owned && at_home) {
                let most = if owned == "Parts" { 6 } else { 0 };
                assert!(*open <= most, "{owned}: other files may change {open} of its fields");
            }
        }
        assert!(defined, "{home} does not define {owned} any more");
    }
}

/// Returns whether a file belongs to `runtime/run/`.
fn in_run(name: &Name) -> bool {
    name.first().is_some_and(|room| room == "run")
}

/// Checks that the cycle search does find a cycle.
#[test]
fn an_import_cycle_is_found() {
    let name = |text: &str| vec![text.to_owned()];
    let (a, b, c) = (name("a"), name("b"), name("c"));
    let edges = BTreeMap::from([
        (&a, BTreeSet::from([b.clone()])),
        (&b, BTreeSet::from([c.clone()])),
        (&c, BTreeSet::from([b.clone()])),
    ]);
    assert_eq!(find_cycle(&edges, &a), None);
    assert_eq!(find_cycle(&edges, &b), Some(vec![&b, &c]));
}
