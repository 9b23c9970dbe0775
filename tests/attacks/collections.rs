//! Attempts of a collection, of its author, or of a server to install or run something else than
//! what the user accepted.

use gscript::collection::{BadCollection, Offer, read_directory, unpack};
use std::os::unix::fs::symlink;
use tar::{Builder, EntryType, Header};

use super::Attempt;
use crate::support::collection::{AuthorKeys, NoOthers, Sample, recipe};

/// What an attempt must end with: an error that has this text.
pub(super) type Outcome = Result<(), BadCollection>;

/// Returns an attempt that must be refused with this text.
pub(super) fn refused(
    name: &'static str,
    text: &'static str,
    attempt: impl Fn() -> Outcome + 'static,
) -> Attempt {
    Attempt::new(name).check(move || match attempt() {
        Ok(()) => Err("it was accepted".into()),
        Err(bad) if bad.why.contains(text) => Ok(()),
        Err(bad) => Err(format!("refused for another reason than {text:?}: {}", bad.why)),
    })
}

pub fn attempts() -> Vec<Attempt> {
    [archives(), directories(), contents(), runs()].into_iter().flatten().collect()
}

/// An archive with one entry, and a name that no check of the library has seen.
fn archive(kind: EntryType, path: &[u8], size: u64, content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o4777);
    if matches!(kind, EntryType::Symlink | EntryType::Link) {
        header.set_link_name("/etc/shadow").expect("a link");
    }
    header.as_old_mut().name[..path.len()].copy_from_slice(path);
    header.set_cksum();
    let mut tar = Builder::new(Vec::new());
    for (path, bytes) in &Sample::new().0 {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, path, bytes.as_slice()).expect("an entry");
    }
    tar.append(&header, content).expect("an entry");
    tar.into_inner().expect("an archive")
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn archives() -> Vec<Attempt> {
    let entry = |name, text, kind, path: &'static [u8]| {
        refused(name, text, move || unpack(archive(kind, path, 0, b"").as_slice()).map(drop))
    };
    let gzip = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut packed, bytes).expect("an archive");
        packed.finish().expect("an archive")
    };
    vec![
        entry("a symbolic link", "a symbolic link", EntryType::Symlink, b"recipes/a.rhai"),
        entry("a hard link", "a hard link", EntryType::Link, b"recipes/a.rhai"),
        entry("a character device", "a device", EntryType::Char, b"recipes/a.rhai"),
        entry("a block device", "a device", EntryType::Block, b"recipes/a.rhai"),
        entry("a pipe", "a pipe", EntryType::Fifo, b"recipes/a.rhai"),
        entry("a link in place of a directory", "a symbolic link", EntryType::Symlink, b"recipes"),
        entry("a link outside of the recipes", "a symbolic link", EntryType::Symlink, b"README"),
        entry("an absolute path", "absolute path", EntryType::Regular, b"/etc/cron.d/x"),
        entry(
            "a path that climbs",
            "has an empty part, . or ..",
            EntryType::Regular,
            b"../../etc/x",
        ),
        entry(
            "a path that climbs below a known directory",
            "has an empty part, . or ..",
            EntryType::Regular,
            b"recipes/../../x.rhai",
        ),
        entry("/proc/self/root", "absolute path", EntryType::Regular, b"/proc/self/root/etc/x"),
        entry("a directory that climbs", "or ..", EntryType::Directory, b"recipes/../../x"),
        entry("an unknown kind of entry", "not a regular file", EntryType::new(b'Z'), b"recipes/a"),
        entry("a name that is not UTF-8", "not UTF-8", EntryType::Regular, b"recipes/\xff.rhai"),
        entry("a name with an escape", "control", EntryType::Regular, b"recipes/\x1b[2J.rhai"),
        entry("a name with a newline", "control", EntryType::Regular, b"recipes/a\nb.rhai"),
        entry(
            "a name written from right to left",
            "invisible",
            EntryType::Regular,
            "recipes/a\u{202e}iahr.rhai".as_bytes(),
        ),
        entry("a name like an option", "only letters", EntryType::Regular, b"recipes/-rf.rhai"),
        entry("a hidden file", "only letters", EntryType::Regular, b"recipes/.a.rhai"),
        entry("a program", "expected a .rhai or .lua", EntryType::Regular, b"recipes/a.sh"),
        entry("the same file twice", "twice", EntryType::Regular, b"recipes/hello.rhai"),
        entry(
            "the same file in capitals",
            "apart from case",
            EntryType::Regular,
            b"recipes/HELLO.rhai",
        ),
        entry(
            "a file below a file",
            "expected a .rhai",
            EntryType::Regular,
            b"recipes/hello.rhai/x",
        ),
        refused("a file of 2 MiB", "more than 1 MiB", || {
            let large = vec![b' '; 2 << 20];
            let size = large.len() as u64;
            unpack(archive(EntryType::Regular, b"recipes/a.rhai", size, &large).as_slice())
                .map(drop)
        }),
        refused("a size that the archive does not have", "not a readable archive", || {
            unpack(
                archive(EntryType::Regular, b"recipes/a.rhai", 1000, b"")
                    .get(..4096)
                    .unwrap_or_default(),
            )
            .and_then(|tree| Offer::of(tree, &NoOthers))
            .map(drop)
        }),
        refused("a bomb of zeroes", "unpacks to more than", move || {
            let large = vec![0; 200 << 20];
            let size = large.len() as u64;
            let tar = archive(EntryType::Regular, b"README", size, &large);
            unpack(gzip(&tar).as_slice()).map(drop)
        }),
        refused("random bytes", "not a readable archive", || {
            let noise: Vec<u8> = (0..4096_u32).map(|n| (n * 7919 % 251) as u8).collect();
            unpack(noise.as_slice()).map(drop)
        }),
    ]
}

fn directories() -> Vec<Attempt> {
    let linked = |name, link: &'static str, target: &'static str| {
        refused(name, "failed to read", move || {
            let directory = tempfile::tempdir().expect("a directory");
            Sample::new()
                .without("recipes/hello.rhai")
                .without("modules/lib.rhai")
                .write(directory.path());
            if let Some(parent) = directory.path().join(link).parent() {
                std::fs::create_dir_all(parent).expect("a directory");
            }
            symlink(target, directory.path().join(link)).expect("a link");
            read_directory(directory.path()).map(drop)
        })
    };
    vec![
        linked("a link to a file of the system", "recipes/a.rhai", "/etc/passwd"),
        linked("a link to itself by /proc", "recipes/a.rhai", "/proc/self/root/etc/passwd"),
        linked("a link to a directory", "modules", "/etc"),
        linked("a link in place of the manifest", "manifest.json", "/etc/passwd"),
    ]
}

pub(super) fn offer(sample: &Sample) -> Result<Offer, BadCollection> {
    Offer::of(sample.tree()?, &NoOthers)
}

fn contents() -> Vec<Attempt> {
    let sample = |name, text, make: fn(Sample) -> Sample| {
        refused(name, text, move || offer(&make(Sample::new())).map(drop))
    };
    let about = |name, text, about: &'static str| {
        refused(name, text, move || offer(&Sample::new().file("collection.toml", about)).map(drop))
    };
    vec![
        about("the name of bundled recipes", "belongs to gscript", "name = 'layouts'\ntitle = 'x'"),
        about("the name of a bundled recipe", "belongs to gscript", "name = 'gentoo'\ntitle = 'x'"),
        about("a name that climbs", "invalid name", "name = '../x'\ntitle = 'x'"),
        about("a title with an escape", "invalid title", "name = 'x'\ntitle = \"a\\u001b[2J\""),
        about("settings of trust", "unknown field", "name = 'x'\ntitle = 'x'\ntrusted = true"),
        about("a key of its own", "unknown field", "name = 'x'\ntitle = 'x'\nkey = 'RW'"),
        sample("a module in place of a bundled one", "is a bundled module", |sample| {
            sample.file("modules/storage.rhai", "fn short(d) { d }")
        }),
        sample("a module of another collection", "there is no module other/lib", |sample| {
            sample.edit("recipes/hello.rhai", |text| text.replace("\"lib\"", "\"other/lib\""))
        }),
        sample("a module outside of the collection", "../../lib", |sample| {
            sample.edit("recipes/hello.rhai", |text| text.replace("\"lib\"", "\"../../lib\""))
        }),
        sample("a recipe as a module", "there is no module home-lab/recipes/hello", |sample| {
            sample.edit("recipes/hello.rhai", |text| {
                text.replace("\"lib\"", "\"home-lab/recipes/hello\"")
            })
        }),
        sample("a recipe without needs", "has no [needs]", |sample| {
            sample.edit("recipes/hello.rhai", |text| {
                text.replace("//! [needs]\n//! writes = [\"$target\"]\n", "")
            })
        }),
        sample("two recipes of one name", "in Rhai and in Lua", |sample| {
            sample
                .file("recipes/hello.lua", "--- # Other\n---\n--- ```toml\n--- [needs]\n--- ```\n")
        }),
    ]
}

/// Commands that make a collection without a signature.
const UNSIGNED: &str = "mkdir -p /tmp/case/state /tmp/case/here; chmod 700 /tmp/case/state
    cd /tmp/case/here; GSCRIPT_STATE=/tmp/case/state /run/bed/gscript add source 2>&1";

fn unsigned(name: &'static str) -> Attempt {
    let sample = Sample::new();
    let attempt = Attempt::new(name).prepare(UNSIGNED);
    sample
        .0
        .iter()
        .fold(attempt, |attempt, (path, bytes)| attempt.file(&format!("source/{path}"), bytes))
}

/// Adds the files of a collection to an attempt, below a directory.
fn with_files(attempt: Attempt, directory: &str, sample: &Sample) -> Attempt {
    sample
        .0
        .iter()
        .fold(attempt, |attempt, (path, bytes)| attempt.file(&format!("{directory}/{path}"), bytes))
}

/// Returns an attempt on a terminal to add a signed collection.
fn signed(name: &'static str) -> Attempt {
    let sample = Sample::new().signed(&AuthorKeys::new(), 1);
    let attempt = Attempt::new(name).prepare("mkdir -p -m 700 /tmp/case/state").typed();
    with_files(attempt.command(&["add", "source"]), "source", &sample)
}

/// Returns an attempt on a terminal to update a collection to a version that needs more.
fn updated(name: &'static str) -> Attempt {
    let keys = AuthorKeys::new();
    let wider = recipe("Greeting", "writes = [\"$target\", \"/etc\"]");
    let wider = Sample::new().file("recipes/hello.rhai", wider).signed(&keys, 2);
    let add = format!(
        "mkdir -p /tmp/case/state; chmod 700 /tmp/case/state; cd /tmp/case/here; mv one source
        GSCRIPT_STATE=/tmp/case/state /run/bed/gscript add source --key {} 2>&1
        rm -r source; mv two source",
        keys.public
    );
    let attempt = Attempt::new(name).prepare(&add).typed().command(&["update", "home-lab"]);
    let attempt = with_files(attempt, "one", &Sample::new().signed(&keys, 1));
    with_files(attempt, "two", &wider)
}

fn runs() -> Vec<Attempt> {
    let target = ["--set", "target=/tmp/case/here"];
    vec![
        unsigned("a recipe without a signature, without a terminal")
            .for_real()
            .command(&[&["home-lab/hello", "--yes"], &target[..]].concat())
            .exits(3)
            .says("must be confirmed on a terminal: the collection home-lab is not signed"),
        unsigned("a recipe without a signature that a user does not confirm")
            .typed()
            .command(&[&["home-lab/hello", "--yes"], &target[..]].concat())
            .see("Type its name")
            .types("yes")
            .exits(3)
            .says("writes and mounts below the value of target"),
        unsigned("a collection that an environment variable trusts")
            .for_real()
            .env("GSCRIPT_TRUST", "home-lab")
            .command(&[&["home-lab/hello", "--yes"], &target[..]].concat())
            .exits(3)
            .says("must be confirmed"),
        unsigned("a lock file that another user can write")
            .prepare("chmod 666 /tmp/case/state/collections/gscript.lock")
            .for_real()
            .command(&["info", "home-lab/hello"])
            .exits(3)
            .says("is writable by other users"),
        unsigned("a link in place of an installed recipe")
            .prepare(
                "f=$(ls /tmp/case/state/collections/*/modules/lib.rhai); ln -sf /etc/passwd $f",
            )
            .for_real()
            .command(&["info", "home-lab/hello"])
            .exits(2)
            .says("leads out of the directory"),
        updated("an update that needs more, approved by yes")
            .see("Type this line")
            .types("yes")
            .exits(3)
            .says("the update was not approved"),
        updated("an update that needs more, typed back")
            .see("Type this line")
            .types("writes = [\"/etc\"]")
            .exits(0)
            .says("serial 2"),
        signed("a key that a user accepts by yes")
            .see("Type the first 16 digits")
            .types("yes")
            .exits(3)
            .says("the key was not accepted"),
    ]
}
