//! `gscript collection`: creating, checking and signing a collection.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gscript::collection::{
    ABOUT, AuthorKey, BadCollection, CollectionTexts, CollectionTree, MANIFEST, Manifest, Offer,
    Publication, SIGNATURE, SecretKeyFile, check_name, read_directory, sign, verify_own,
};
use gscript::error::Exit;
use gscript::journal::read_own;
use gscript::types::Secret;

use super::fork::write_new;
use crate::ask;
use crate::cli::{CollectionCommand, SignArgs, TestArgs};
use crate::collections::{failed, installed, print_bad_collection};
use crate::render::Problem;
use crate::screen::{print_stderr, print_stdout};
use crate::whole::write_whole;

/// Larger than any secret key of minisign.
const MAX_KEY: u64 = 4096;

pub(crate) fn collection(command: &CollectionCommand) -> Exit {
    let done = match command {
        CollectionCommand::New { directory } => new(directory),
        CollectionCommand::Check { directory } => check(directory),
        CollectionCommand::Sign(args) => sign_manifest(args),
    };
    done.err().unwrap_or(Exit::Done)
}

/// The files of a new collection, without the description.
const TEMPLATE: [(&str, &str); 3] = [
    (
        "recipes/hostname.rhai",
        "//! # Name of an installed system\n//!\n//! Writes the name into `/etc/hostname` of the system.\n//!\n\
         //! ```toml\n//! [params.target]\n//! type = \"path\"\n//! ask = \"Directory of the system\"\n\
         //! default = \"/mnt/gentoo\"\n//! [params.name]\n//! type = \"text\"\n//! ask = \"Name\"\n\
         //! [needs]\n//! writes = [\"$target/etc\"]\n//! ```\n\nimport \"names\" as names;\n\n\
         step(\"Write the name\");\nfile::write(`${target}/etc/hostname`, names::line(name));\n",
    ),
    (
        "modules/names.rhai",
        "/// Returns the line of `/etc/hostname` with a name.\nfn line(name) {\n    name + \"\\n\"\n}\n",
    ),
    (
        "recipes/hostname.test.rhai",
        "test(\"the name is written\", || {\n    given::answers(#{ name: \"tux\" });\n    \
         run::recipe();\n    expect::file(\"/mnt/gentoo/etc/hostname\", #{ text: \"tux\\n\" });\n});\n",
    ),
];

fn new(directory: &Path) -> Result<(), Exit> {
    let name = directory.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    check_name(name).map_err(print_bad_collection)?;
    let create = |at: &Path| {
        let made = DirBuilder::new().create(at);
        made.map_err(|error| failed(&format!("create {}", at.display()), &error))
    };
    create(directory)?;
    create(&directory.join("recipes"))?;
    create(&directory.join("modules"))?;
    let about = format!("name = \"{name}\"\ntitle = \"Recipes of {name}\"\n");
    for (path, text) in TEMPLATE.into_iter().chain([(ABOUT, about.as_str())]) {
        let at = directory.join(path);
        let written = write_new(&at, text);
        written.map_err(|error| failed(&format!("write {}", at.display()), &error))?;
    }
    let shown = directory.display();
    print_stderr(&format!("Written. To check it: gscript collection check {shown}"));
    Ok(())
}

/// No collection: an author has none installed.
struct NoTexts;

impl CollectionTexts for NoTexts {
    fn text(&self, collection: &str, _path: &str) -> Result<Option<String>, String> {
        Err(format!("the collection {collection} is not installed"))
    }
}

/// Reads the collection of an author, and calls a function with the installed ones.
fn with_tree<T>(
    directory: &Path,
    then: impl FnOnce(CollectionTree, &dyn CollectionTexts) -> Result<T, BadCollection>,
) -> Result<T, Exit> {
    let installed = installed()?;
    let others: &dyn CollectionTexts = installed.as_ref().map_or(&NoTexts, |found| found);
    read_directory(directory).and_then(|tree| then(tree, others)).map_err(print_bad_collection)
}

fn check(directory: &Path) -> Result<(), Exit> {
    let offer = with_tree(directory, Offer::of)?;
    let has_tests = offer.tree.files().any(|(path, _)| path.contains(".test."));
    if has_tests {
        let paths = vec![directory.join("recipes")];
        match super::test::test(&TestArgs { paths, filter: Vec::new(), json: false }) {
            Exit::Done => {}
            other => return Err(other),
        }
    }
    let recipes = offer.manifest.recipes().count();
    let signed = match verify_own(&offer).map_err(print_bad_collection)? {
        Some(published) => {
            format!("serial {} is signed, until {}", published.serial, published.expires)
        }
        None => "it is not signed".to_owned(),
    };
    print_stdout(&format!("{}: recipes: {recipes}; {signed}", offer.name()));
    Ok(())
}

fn sign_manifest(args: &SignArgs) -> Result<(), Exit> {
    let file = secret_key(&args.key)?;
    let password = match file.is_encrypted() {
        false => None,
        true if ask::is_interactive() => {
            let typed = ask::passphrase("Password of the secret key");
            Some(Secret::new("password", typed.map_err(|ask::PromptEnded| Exit::Refused)?))
        }
        true => {
            Problem::new("the secret key has a password, but there is no terminal to ask for it")
                .help("sign on a terminal")
                .print();
            return Err(Exit::Usage);
        }
    };
    let key = file.public(password.as_ref()).map_err(print_bad_collection)?;
    let (manifest, signature) = with_tree(&args.directory, |tree, others| {
        let before = tree.get(MANIFEST).map(Manifest::parse).transpose()?;
        let published = publication(args, before.and_then(|before| before.published), &key)?;
        let serial = published.serial;
        let manifest = Manifest::describe(&tree, Some(published), others)?;
        let bytes = manifest.to_bytes();
        let signature = sign(&bytes, (&manifest.collection, serial), &file, password.as_ref())?;
        Ok((manifest, signature))
    })?;
    let mode = || Some(fs::Permissions::from_mode(0o644));
    let bytes = String::from_utf8(manifest.to_bytes()).unwrap_or_default();
    for (name, text) in [(MANIFEST, &bytes), (SIGNATURE, &signature)] {
        let at = args.directory.join(name);
        let written = write_whole(&at, text, mode());
        written.map_err(|error| failed(&format!("write {}", at.display()), &error))?;
    }
    let serial = manifest.published.as_ref().map_or(0, |published| published.serial);
    print_stderr(&format!("Signed serial {serial} of {} by {key}.", manifest.collection));
    Ok(())
}

/// Returns what the author declares about the new version.
fn publication(
    args: &SignArgs,
    before: Option<Publication>,
    key: &AuthorKey,
) -> Result<Publication, BadCollection> {
    let in_a_year = chrono::Utc::now() + chrono::Duration::days(365);
    let parse = |key: &String| AuthorKey::parse(key).map(|key| key.text().to_owned());
    let mut revoked: Vec<String> =
        before.as_ref().map(|before| before.revoked.clone()).unwrap_or_default();
    revoked.extend(args.revoke.iter().map(parse).collect::<Result<Vec<_>, _>>()?);
    revoked.sort();
    revoked.dedup();
    let announced = before.as_ref().and_then(|before| before.next_key.clone());
    let next_key = match &args.next_key {
        Some(next) => Some(parse(next)?),
        None => announced.filter(|next| next != key.text()),
    };
    Ok(Publication {
        serial: args.serial.unwrap_or_else(|| before.map_or(1, |before| before.serial + 1)),
        expires: args.expires.clone().unwrap_or_else(|| in_a_year.format("%Y-%m-%d").to_string()),
        key: key.text().to_owned(),
        next_key,
        revoked,
    })
}

fn secret_key(path: &Path) -> Result<SecretKeyFile, Exit> {
    let read = read_own(path, MAX_KEY).map_err(|untrusted| untrusted.to_string());
    let text = read.and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| "not a secret key of minisign".to_owned())
    });
    text.map(SecretKeyFile::new).map_err(|why| {
        Problem::new(format!("{}: {why}", path.display()))
            .help("create a key: minisign -G")
            .print();
        Exit::Usage
    })
}
