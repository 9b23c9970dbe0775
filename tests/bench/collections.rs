//! A collection of 1,000 recipes: verifying it, and the commands that read it.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::{Command, Stdio};

use gscript::collection::{
    Author, AuthorKey, CollectionTexts, CollectionTree, MANIFEST, Manifest, Offer, Publication,
    SIGNATURE, SecretKeyFile, admit, read_directory, sign,
};
use minisign::KeyPair;

use super::{PROGRAM, Row, timed};

const RECIPES: usize = 1000;
const RUNS: usize = 10;
const NAME: &str = "many";

struct NoOthers;

impl CollectionTexts for NoOthers {
    fn text(&self, _collection: &str, _path: &str) -> Result<Option<String>, String> {
        Ok(None)
    }
}

/// Writes a signed collection; returns its key.
fn publish(directory: &Path) -> AuthorKey {
    let mut tree = CollectionTree::default();
    let mut add = |path: &str, text: String| {
        tree.add(path.as_bytes(), text.into_bytes()).expect("a file");
    };
    add("collection.toml", format!("name = \"{NAME}\"\ntitle = \"Many recipes\"\n"));
    for number in 0..RECIPES {
        let text = format!(
            "//! # Recipe {number}\n//!\n//! ```toml\n//! [params.target]\n//! type = \"path\"\n\
             //! default = \"/mnt/gentoo\"\n//! [needs]\n//! writes = [\"$target/etc\"]\n//! ```\n\n\
             step(\"Write\");\nfile::write(`${{target}}/etc/{number}`, \"{number}\\n\");\n"
        );
        add(&format!("recipes/r{number}.rhai"), text);
    }
    let pair = KeyPair::generate_unencrypted_keypair().expect("a key");
    let secret = SecretKeyFile::new(pair.sk.to_box(None).expect("a key").into_string());
    let key = AuthorKey::parse(&pair.pk.to_base64()).expect("a key");
    let published = Publication {
        serial: 1,
        expires: "2100-01-01".into(),
        key: key.text().to_owned(),
        next_key: None,
        revoked: Vec::new(),
    };
    let manifest = Manifest::describe(&tree, Some(published), &NoOthers).expect("a manifest");
    let bytes = manifest.to_bytes();
    let signature = sign(&bytes, (NAME, 1), &secret, None).expect("a signature");
    fs::create_dir_all(directory.join("recipes")).expect("a directory");
    let files = tree.files().map(|(path, bytes)| (path, bytes.to_vec()));
    let signed = [(MANIFEST, bytes), (SIGNATURE, signature.into_bytes())];
    for (path, bytes) in files.chain(signed) {
        fs::write(directory.join(path), bytes).expect("a file");
    }
    key
}

pub fn rows() -> Vec<Row> {
    let directory = tempfile::tempdir().expect("a directory");
    let (source, state) = (directory.path().join("source"), directory.path().join("state"));
    let (empty, key) = (directory.path().join("empty"), publish(&source));
    for state in [&state, &empty] {
        fs::DirBuilder::new().mode(0o700).create(state).expect("a directory");
    }
    let run = |state: &Path, args: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(args).env("GSCRIPT_STATE", state).current_dir(directory.path());
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        timed(|| assert!(status.status().expect("it starts").success()))
    };
    run(&state, &["add", &source.to_string_lossy(), "--key", key.text()]);
    let mut verify = Row::times("verify 1,000 recipes / minisign, sha256sum", "300 ms");
    let mut found = Row::times("list with 1,000 recipes / grep for titles", "50 ms");
    let mut list = Row::times("list with 1,000 recipes / without", "50 ms");
    let mut info = Row::times("info of 1 of 1,000 recipes / a bundled one", "50 ms");
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-ec", script]).current_dir(&source).stdout(Stdio::null());
        timed(|| assert!(command.status().expect("it starts").success()))
    };
    let sums = format!(
        "minisign -V -q -P {} -m {MANIFEST} -x {SIGNATURE}; sha256sum recipes/*.rhai",
        key.text()
    );
    for _ in 0..RUNS {
        verify.ours.push(timed(|| {
            let offer = read_directory(&source).and_then(|tree| Offer::of(tree, &NoOthers));
            let author = Author { known: None, given: Some(&key) };
            admit(&offer.expect("a collection"), author, "2026-11-27").expect("it is trusted");
        }));
        verify.theirs.push(shell(&sums));
        list.ours.push(run(&state, &["list"]));
        list.theirs.push(run(&empty, &["list"]));
        found.ours.push(run(&state, &["list"]));
        found.theirs.push(shell("grep -rh '^//! # ' recipes"));
        info.ours.push(run(&state, &["info", "many/r500"]));
        info.theirs.push(run(&empty, &["info", "layouts/luks-lvm"]));
    }
    vec![verify, list, found, info]
}
