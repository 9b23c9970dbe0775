//! Installing a collection, and replacing an installed one.

use std::fs::File;
use std::path::Path;

use gscript::collection::{
    Admission, Author, AuthorKey, BadCollection, CollectionSource, CollectionTree,
    LockedCollection, Offer, Verification, WidenedRecipe, admit, read_directory, unpack, widened,
};
use gscript::error::Exit;
use gscript::system::{Real, StepError};
use gscript::types::unified_diff;

use super::interrupts;
use crate::ask;
use crate::collections::{Store, failed, print_bad_collection};
use crate::render::Problem;
use crate::screen::{output, print_stderr, print_stdout, style};

/// A collection to be installed.
pub(super) struct InstallRequest {
    pub(super) source: CollectionSource,
    /// The key of the author that the user gave.
    pub(super) key: Option<AuthorKey>,
    /// The installed collection that it replaces.
    pub(super) replaces: Option<String>,
}

pub(super) fn install(request: &InstallRequest) -> Result<(), Exit> {
    let tree = fetch(&request.source)?;
    let mut store = Store::open()?;
    let offer = Offer::of(tree, &store.installed).map_err(print_bad_collection)?;
    check_name(request, &offer, &store)?;
    let verified = verify(request, &offer, &store)?;
    let locked = LockedCollection::of(&offer, &request.source.text(), verified);
    let name = offer.name().to_owned();
    let old = store.installed.lock.collections.get(&name);
    let is_same = |old: &&LockedCollection| old.manifest == locked.manifest;
    let is_complete = old.is_some_and(|old| is_same(&old)) && store.installed.verify(&name).is_ok();
    if let Some(old) = old.filter(|old| !is_same(old)) {
        show_changes(&offer, old, &store);
        approve(&widened(&offer, old))?;
    }
    store.install(&offer, locked)?;
    if is_complete {
        print_stderr(&format!("{name} is up to date."));
    } else {
        report(&offer, verified);
    }
    Ok(())
}

/// Reads a collection into memory.
fn fetch(source: &CollectionSource) -> Result<CollectionTree, Exit> {
    let temporary = || tempfile::tempdir().map_err(|error| failed("create a directory", &error));
    let open = |path: &Path| {
        File::open(path).map_err(|error| failed(&format!("read {}", path.display()), &error))
    };
    let stopped = |error: StepError| {
        let mut problem = Problem::new(format!("failed to fetch the collection: {error}"));
        problem.notes.push(("command", error.step.clone()));
        if !error.tail.is_empty() {
            problem.notes.push(("output", error.tail.join("\n")));
        }
        problem.nothing_changed();
        problem.help("check the address and the network, then run the command again").print();
        Exit::Failed
    };
    let unpacked = |file: File| unpack(file).map_err(print_bad_collection);
    match source {
        CollectionSource::Directory(path) => read_directory(path).map_err(print_bad_collection),
        CollectionSource::Archive(path) => unpacked(open(path)?),
        CollectionSource::Download(address) => {
            let directory = temporary()?;
            let path = directory.path().join("download");
            let file = File::create_new(&path).map_err(|error| failed("create a file", &error))?;
            Real::new(interrupts()?).fetch_file(address, &file).map_err(stopped)?;
            unpacked(open(&path)?)
        }
        CollectionSource::Repository(address) => {
            let directory = temporary()?;
            let mut real = Real::new(interrupts()?);
            let archive = real.fetch_git(address, directory.path()).map_err(stopped)?;
            unpacked(open(&archive)?)
        }
    }
}

/// Refuses a collection with the name of another one.
fn check_name(request: &InstallRequest, offer: &Offer, store: &Store) -> Result<(), Exit> {
    let name = offer.name();
    match &request.replaces {
        Some(replaces) if replaces != name => {
            let why = format!("{replaces}: its source is now the collection {name}");
            Err(refuse(why, &format!("add it under its own name: gscript add {}", "SOURCE")))
        }
        None if store.installed.lock.collections.contains_key(name) => {
            let why = format!("a collection {name} is installed");
            Err(refuse(why, &format!("update it: gscript update {name}")))
        }
        _ => Ok(()),
    }
}

fn refuse(why: String, remedy: &str) -> Exit {
    let mut problem = Problem::new(why);
    problem.nothing_changed();
    problem.help(remedy).print();
    Exit::Refused
}

/// Returns how the collection was verified, after the user has accepted a new key.
fn verify(request: &InstallRequest, offer: &Offer, store: &Store) -> Result<Verification, Exit> {
    let known = store.memory.authors.get(offer.name());
    let author = Author { known, given: request.key.as_ref() };
    let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
    match admit(offer, author, &today).map_err(not_admitted)? {
        Admission::Unsigned => Ok(Verification::Unsigned),
        Admission::Trusted(verification) => Ok(verification),
        Admission::NewKey(key) => accept(&key, offer.name(), &request.source.text()),
    }
}

fn not_admitted(bad: BadCollection) -> Exit {
    let mut problem = Problem::new(bad.why);
    problem.nothing_changed();
    problem.help(bad.remedy).print();
    bad.exit
}

/// Asks whether a key belongs to the author of a collection.
fn accept(key: &AuthorKey, name: &str, source: &str) -> Result<Verification, Exit> {
    if !ask::is_interactive() {
        let mut problem = Problem::new(format!("{name}: its key is not known yet: {key}"));
        problem.notes.push(("fingerprint", key.fingerprint()));
        problem.nothing_changed();
        let help = format!(
            "compare it with what the author has published elsewhere, then type: gscript add \
             {source} --key {key}"
        );
        problem.help(help).print();
        return Err(Exit::Refused);
    }
    print_stderr(&format!("The collection {name} is signed by a key that is not known yet:"));
    print_stderr(&format!("  key          {key}"));
    print_stderr(&format!("  fingerprint  {}", key.fingerprint()));
    print_stderr("Compare it with what the author has published elsewhere.");
    match ask::line("Type the first 16 digits of the fingerprint to trust it") {
        Ok(typed) if typed.replace(' ', "") == key.typed() => Ok(Verification::KeyTyped),
        _ => Err(refuse(format!("{name}: the key was not accepted"), "ask the author for the key")),
    }
}

/// Shows which files an update adds, removes and changes.
fn show_changes(offer: &Offer, old: &LockedCollection, store: &Store) {
    let name = offer.name();
    let directory = store.installed.files(old);
    let before = read_directory(&directory).unwrap_or_default();
    let text =
        |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    let paths = before.files().chain(offer.tree.files()).map(|(path, _)| path);
    let mut paths: Vec<&str> = paths.filter(|path| !path.starts_with("manifest.json")).collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let (old, new) = (before.get(path), offer.tree.get(path));
        if old == new {
            continue;
        }
        let names = (format!("{name}/{path} (installed)"), format!("{name}/{path}"));
        let diff = unified_diff((&names.0, &names.1), &text(old), &text(new), 3);
        for line in diff.lines() {
            print_stdout(&output().diff(line));
        }
    }
}

/// Asks the user to type each new need of recipes that may do more than before.
fn approve(widened: &[WidenedRecipe]) -> Result<(), Exit> {
    if widened.is_empty() {
        return Ok(());
    }
    if !ask::is_interactive() {
        let mut problem = Problem::new("the update must be approved on a terminal");
        for recipe in widened {
            let needs = recipe.needs.to_string();
            problem.notes.push(("needs", format!("{} also needs\n{needs}", recipe.recipe)));
            if !recipe.defaults.is_empty() {
                problem.notes.push(("default", recipe.defaults.join("\n")));
            }
        }
        problem.nothing_changed();
        problem.help("read the differences, then run the command on a terminal").print();
        return Err(Exit::Refused);
    }
    for recipe in widened {
        print_stderr("");
        let what = format!("With the update, {} also needs", recipe.recipe);
        print_stderr(&style().red(&what));
        for default in &recipe.defaults {
            print_stderr(&format!("  by the new default {default}"));
        }
        for need in recipe.needs.to_string().lines() {
            print_stderr(&format!("  {need}"));
            let plain = |text: &str| text.split_whitespace().collect::<String>();
            match ask::line("Type this line to approve it") {
                Ok(typed) if plain(&typed) == plain(need) => {}
                _ => return Err(refuse("the update was not approved".into(), "keep the version")),
            }
        }
    }
    Ok(())
}

/// Prints what was installed, and how it was verified.
fn report(offer: &Offer, verified: Verification) {
    let name = offer.name();
    let count = offer.manifest.recipes().count();
    let recipes = if count == 1 { "recipe" } else { "recipes" };
    let signed = match (&offer.manifest.published, verified) {
        (Some(published), verified) if verified != Verification::Unsigned => {
            format!("serial {}, signed by {}", published.serial, published.key)
        }
        _ => "not signed: each run must be confirmed".to_owned(),
    };
    print_stderr(&format!("Installed {name} with {count} {recipes} ({signed})."));
    if let Some((recipe, _)) = offer.manifest.recipes().next() {
        let stem = recipe.rsplit_once('.').map_or(recipe, |(stem, _)| stem);
        let stem = stem.strip_prefix("recipes/").unwrap_or(stem);
        print_stderr(&format!("To see what a recipe needs: gscript info {name}/{stem}"));
    }
}
