//! Attempts of a collection, of its author, or of a server to install or run something else than
//! what the user accepted.

use gscript::collection::{
    Admission, Author, AuthorKey, BadCollection, CollectionSource, KnownAuthor, LockFile, MANIFEST,
    Manifest, Memory, Offer, SIGNATURE, admit, read_directory, sign, unpack, widened,
};
use std::os::unix::fs::symlink;
use tar::{Builder, EntryType, Header};

use super::Attempt;
use crate::support::collection::{AuthorKeys, NAME, NoOthers, Sample, recipe};

/// What an attempt must end with: an error that has this text.
type Outcome = Result<(), BadCollection>;

/// Returns an attempt that must be refused with this text.
fn refused(
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
    [
        archives(),
        directories(),
        contents(),
        manifests(),
        signatures(),
        authors(),
        memories(),
        runs(),
    ]
    .into_iter()
    .flatten()
    .collect()
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

fn offer(sample: &Sample) -> Result<Offer, BadCollection> {
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

fn manifests() -> Vec<Attempt> {
    let edited = |name, text, edit: fn(String) -> String| {
        refused(name, text, move || {
            let signed = Sample::new().signed(&AuthorKeys::new(), 1);
            offer(&signed.edit(MANIFEST, edit)).map(drop)
        })
    };
    let changed = |name, text, change: fn(Sample) -> Sample| {
        refused(name, text, move || {
            offer(&change(Sample::new().signed(&AuthorKeys::new(), 1))).map(drop)
        })
    };
    vec![
        edited("a manifest that ends too early", "EOF", |text| text[..text.len() / 2].to_owned()),
        edited("a format of the future", "format 2", |text| {
            text.replace("\"format\":1", "\"format\":2")
        }),
        edited("an unknown key", "unknown field", |text| {
            text.replacen('{', "{\"trusted\":true,", 1)
        }),
        edited("a key that is there twice", "duplicate field", |text| {
            text.replacen('{', "{\"format\":1,", 1)
        }),
        edited("a file that climbs", "has an empty part", |text| {
            text.replace("modules/lib.rhai", "modules/../x.rhai")
        }),
        edited("a file that is absolute", "absolute path", |text| {
            text.replace("modules/lib.rhai", "/etc/passwd")
        }),
        edited("files out of order", "not in order", |text| {
            text.replace("modules/lib.rhai", "tests/x.json")
        }),
        edited("needs of another recipe", "different needs", |text| {
            text.replace("\"writes\":[\"$target\"]", "\"writes\":[]")
        }),
        edited("another title", "different needs or titles", |text| {
            text.replace("Greeting", "Other")
        }),
        edited("a date that never comes", "is not YYYY-MM-DD", |text| {
            text.replace("2100-01-01", "9999-99-99")
        }),
        edited("serial 0", "0 is too small", |text| text.replace("\"serial\":1", "\"serial\":0")),
        edited("a serial beyond all numbers", "invalid", |text| {
            text.replace("\"serial\":1", "\"serial\":99999999999999999999")
        }),
        edited("a key that is none", "not a public key", |text| text.replace("\"RW", "\"XX")),
        changed("a file that was changed", "is not the file of", |sample| {
            sample.edit("modules/lib.rhai", |text| text.replace("hello", "jello"))
        }),
        changed("a file that was added", "is not in manifest.json", |sample| {
            sample.file("recipes/more.rhai", recipe("More", "writes = []"))
        }),
        changed("a file that was removed", "modules/lib.rhai is missing", |sample| {
            sample.without("modules/lib.rhai")
        }),
        changed("a signature without its manifest", "and no manifest.json", |sample| {
            sample.without(MANIFEST)
        }),
        refused("a manifest of 5 MiB", "more than 4 MiB", || {
            Manifest::parse(&vec![b' '; 5 << 20]).map(drop)
        }),
        refused("a manifest nested 100,000 times", "recursion limit", || {
            Manifest::parse("{\"files\":".repeat(100_000).as_bytes()).map(drop)
        }),
    ]
}

/// The date of all decisions.
const TODAY: &str = "2026-11-27";

/// Decides about a collection whose author is known by `known`, signed with serial 5.
fn after_version_5(sample: &Sample, known: &AuthorKeys) -> Outcome {
    let before = offer(&Sample::new().signed(known, 5))?;
    let author = KnownAuthor::after(&before, None).expect("an author");
    decide(sample, Some(&author), None)
}

/// Decides about a collection; only a trusted signature is accepted.
fn decide(sample: &Sample, known: Option<&KnownAuthor>, given: Option<&str>) -> Outcome {
    let given = given.map(AuthorKey::parse).transpose()?;
    let author = Author { known, given: given.as_ref() };
    match admit(&offer(sample)?, author, TODAY)? {
        Admission::Trusted(_) => Ok(()),
        other => panic!("not a decision: {other:?}"),
    }
}

fn signatures() -> Vec<Attempt> {
    let with = |name, text, signature: fn(String) -> String| {
        refused(name, text, move || {
            let keys = AuthorKeys::new();
            let signed = Sample::new().signed(&keys, 1).edit(SIGNATURE, signature);
            decide(&signed, None, Some(&keys.public))
        })
    };
    vec![
        with("an empty signature", "expected four lines", |_| String::new()),
        with("a signature that ends too early", "expected four lines", |text| {
            text.lines().take(2).map(|line| format!("{line}\n")).collect()
        }),
        with("a signature with more lines", "expected four lines", |text| text + "more\n"),
        with("a signature of a megabyte", "more than 1 MiB", |text| {
            text + " ".repeat(1 << 20).as_str()
        }),
        with("another trusted comment", "does not match", |text| {
            text.replace("serial=1", "serial=9")
        }),
        with("a damaged signature", "signature", |text| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let (head, tail) = lines[1].split_at(40);
            let swapped = if tail.starts_with('A') { "B" } else { "A" };
            lines[1] = format!("{head}{swapped}{}", &tail[1..]);
            lines.join("\n") + "\n"
        }),
        with("a legacy signature", "legacy signature", |text| {
            text.replacen("\nRUR", "\nRWR", 1)
                .replacen("\nRUQ", "\nRWQ", 1)
                .replacen("\nRUS", "\nRWS", 1)
                .replacen("\nRUT", "\nRWT", 1)
        }),
        refused("a signature for another collection", "not for", || {
            let keys = AuthorKeys::new();
            let signed = Sample::new().signed(&keys, 1);
            let bytes = signed.0[MANIFEST].clone();
            let other = sign(&bytes, ("other", 1), &keys.file(), None)?;
            decide(&signed.file(SIGNATURE, other), None, Some(&keys.public))
        }),
        refused("a signature by a key that is not in the manifest", "not by the key", || {
            let (keys, thief) = (AuthorKeys::new(), AuthorKeys::new());
            let signed = Sample::new().signed(&keys, 1);
            let bytes = signed.0[MANIFEST].clone();
            let other = sign(&bytes, (NAME, 1), &thief.file(), None)?;
            decide(&signed.file(SIGNATURE, other), None, Some(&keys.public))
        }),
        refused("the manifest of one version, the signature of another", "does not match", || {
            let keys = AuthorKeys::new();
            let (one, two) = (Sample::new().signed(&keys, 1), Sample::new().signed(&keys, 2));
            decide(&one.file(SIGNATURE, &two.0[SIGNATURE]), None, Some(&keys.public))
        }),
    ]
}

fn authors() -> Vec<Attempt> {
    let update = |name, text, make: fn(&AuthorKeys) -> Sample| {
        refused(name, text, move || {
            let keys = AuthorKeys::new();
            after_version_5(&make(&keys), &keys)
        })
    };
    vec![
        update("a version that was replaced", "older than 5", |keys| Sample::new().signed(keys, 4)),
        update("another version of the same serial", "another version with serial 5", |keys| {
            Sample::new().file("modules/lib.rhai", "fn greeting() { \"x\" }").signed(keys, 5)
        }),
        update("an update without a signature", "no signature", |_| Sample::new()),
        update("an update with a manifest and no signature", "no signature", |keys| {
            Sample::new().signed(keys, 6).without(SIGNATURE)
        }),
        update("an update by another key", "expected RW", |_| {
            Sample::new().signed(&AuthorKeys::new(), 6)
        }),
        update("a version that has expired", "expired on 2026-11-26", |keys| {
            let mut published = keys.publication(6);
            published.expires = "2026-11-26".into();
            Sample::new().signed_as(keys, published)
        }),
        refused("a key that was revoked", "is revoked", || {
            let (old, new) = (AuthorKeys::new(), AuthorKeys::new());
            let mut published = new.publication(5);
            published.revoked = vec![old.public.clone()];
            let before = offer(&Sample::new().signed_as(&new, published))?;
            let author = KnownAuthor::after(&before, None).expect("an author");
            decide(&Sample::new().signed(&old, 6), Some(&author), None)
        }),
        refused("a revoked key that is forgotten by a later version", "is revoked", || {
            let (old, new) = (AuthorKeys::new(), AuthorKeys::new());
            let mut published = new.publication(5);
            published.revoked = vec![old.public.clone()];
            let before = offer(&Sample::new().signed_as(&new, published))?;
            let author = KnownAuthor::after(&before, None).expect("an author");
            let later = offer(&Sample::new().signed(&new, 6))?;
            let author = KnownAuthor::after(&later, Some(&author)).expect("an author");
            decide(&Sample::new().signed(&old, 7), Some(&author), None)
        }),
        refused("a key other than the one that was given", "expected RW", || {
            let (keys, thief) = (AuthorKeys::new(), AuthorKeys::new());
            decide(&Sample::new().signed(&thief, 1), None, Some(&keys.public))
        }),
        refused("no signature although a key was given", "a key was given", || {
            decide(&Sample::new(), None, Some(&AuthorKeys::new().public))
        }),
        Attempt::new("a key that its own manifest vouches for").check(|| {
            let offered = offer(&Sample::new().signed(&AuthorKeys::new(), 1));
            let author = Author { known: None, given: None };
            match admit(&offered.map_err(|bad| bad.why)?, author, TODAY) {
                Ok(Admission::NewKey(_)) => Ok(()),
                other => Err(format!("it was trusted: {other:?}")),
            }
        }),
        Attempt::new("an update that needs more").check(|| {
            let keys = AuthorKeys::new();
            let before = offer(&Sample::new().signed(&keys, 1)).map_err(|bad| bad.why)?;
            let locked = gscript::collection::LockedCollection::of(
                &before,
                "/source",
                gscript::collection::Verification::KeyKnown,
            );
            let wider = recipe("Greeting", "runs = [\"sh\"]");
            let after = Sample::new().file("recipes/hello.rhai", wider).signed(&keys, 2);
            let found = widened(&offer(&after).map_err(|bad| bad.why)?, &locked);
            let needs: Vec<String> = found.iter().map(|found| found.needs.to_string()).collect();
            match needs == ["runs = [\"sh\"]"] {
                true => Ok(()),
                false => Err(format!("the needs that are new: {needs:?}")),
            }
        }),
    ]
}

fn memories() -> Vec<Attempt> {
    let lock = |name, text: &'static str| {
        Attempt::new(name).check(move || match LockFile::parse(text.as_bytes()) {
            Err(_) => Ok(()),
            Ok(read) => Err(format!("it was read: {read:?}")),
        })
    };
    vec![
        lock("a lock file that ends too early", "{\"format\":1,\"collections\":{"),
        lock("a lock file of the future", "{\"format\":2,\"collections\":{}}"),
        lock("a lock file with settings of trust", "{\"format\":1,\"collections\":{},\"trust\":1}"),
        Attempt::new("an empty memory of authors").check(|| match Memory::parse(b"") {
            Err(_) => Ok(()),
            Ok(read) => Err(format!("it was read: {read:?}")),
        }),
        refused("a program in place of an address", "failed to read", || {
            CollectionSource::parse("ext::sh -c id").map(drop)
        }),
        refused("an address with a password", "password", || {
            CollectionSource::parse("https://me:secret@example.org/c").map(drop)
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
            .exits(3),
    ]
}
