//! Attempts to pass off a collection as that of its author: by its manifest, its signature, its
//! version, or what is remembered of it.

use gscript::collection::{
    Admission, Author, AuthorKey, CollectionSource, KnownAuthor, LockFile, LockedCollection,
    MANIFEST, Manifest, Memory, SIGNATURE, Verification, admit, sign, widened,
};

use super::Attempt;
use super::collections::{Outcome, offer, refused};
use crate::support::collection::{AuthorKeys, NAME, Sample, recipe};

pub fn attempts() -> Vec<Attempt> {
    [manifests(), signatures(), authors(), memories()].into_iter().flatten().collect()
}

#[expect(clippy::too_many_lines, reason = "a table")]
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
        edited("another title", "different needs, defaults or titles", |text| {
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
        refused("a manifest nested 100,000 times", "invalid type", || {
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
            text.lines().take(2).flat_map(|line| [line, "\n"]).collect()
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

#[expect(clippy::too_many_lines, reason = "a table")]
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
        widens("an update that needs more", "runs = [\"sh\"]", |_| {
            recipe("Greeting", "runs = [\"sh\"]")
        }),
        widens("another default of the directory", "writes = [\"/etc\"]", |text| {
            text.replace("/mnt/gentoo", "/etc")
        }),
        widens("a default above the directory", "writes = [\"/mnt\"]", |text| {
            text.replace("/mnt/gentoo", "/mnt")
        }),
        widens("a default that climbs", "writes = [\"/\"]", |text| {
            text.replace("/mnt/gentoo", "/mnt/gentoo/../../etc")
        }),
        widens("a default below the directory", "", |text| {
            text.replace("/mnt/gentoo", "/mnt/gentoo/usr")
        }),
        widens("no default any more", "", |text| {
            text.replace("//! default = \"/mnt/gentoo\"\n", "")
        }),
        widens("a default where there was none", "alters = [\"/dev/sda\"]", |text| {
            text.replace("[params.disk]\n", "[params.disk]\n//! default = \"/dev/sda\"\n")
        }),
        widens("a default that is a list", "alters = [\"/dev/sda\", \"/dev/sdb\"]", |text| {
            let list = "[params.disk]\n//! default = [\"/dev/sda\", \"/dev/sdb\"]\n";
            text.replace("[params.disk]\n", list)
        }),
        widens("another host by default", "network = [\"evil.example\"]", |text| {
            text.replace("https://a.example/x", "https://a.example/y http://evil.example/x")
        }),
        widens("one more secret", "secrets = [\"$token\"]", |text| {
            let secret = "[params.token]\n//! type = \"secret\"\n//! [params.disk]\n";
            text.replace("[params.disk]\n", secret)
        }),
        widens("a change of prose", "", |text| text.replace("Greeting", "Hello")),
    ]
}

/// Returns an attempt to widen what a recipe needs without its user. `wider` are the needs that must
/// be typed.
fn widens(
    name: &'static str,
    wider: &'static str,
    change: impl Fn(&str) -> String + 'static,
) -> Attempt {
    const NEEDS: &str = "[params.disk]\n//! type = \"disks\"\n//! [params.mirror]\n\
        //! type = \"text\"\n//! default = \"https://a.example/x\"\n//! [needs]\n\
        //! writes = [\"$target\"]\n//! alters = [\"$disk\"]\n//! network = [\"$mirror\"]";
    Attempt::new(name).check(move || {
        let before = recipe("Greeting", "writes = [\"$target\"]")
            .replace("[needs]\n//! writes = [\"$target\"]", NEEDS);
        let offered = |text: &str| {
            offer(&Sample::new().file("recipes/hello.rhai", text)).map_err(|bad| bad.why)
        };
        let locked = LockedCollection::of(&offered(&before)?, "/source", Verification::KeyKnown);
        let found = widened(&offered(&change(&before))?, &locked);
        let needs: Vec<String> = found.iter().map(|found| found.needs.to_string()).collect();
        match needs.concat() == wider {
            true => Ok(()),
            false => Err(format!("the needs that are new: {needs:?}")),
        }
    })
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
