//! Everything that reads text or bytes of others: files of recipes and collections, records, the
//! output of tools, configuration files.
//!
//! A target must not panic, hang or grow without a limit, whatever its input is. To add one: a
//! function, a line in [`TARGETS`], and small inputs in `tests/fuzz/corpus/NAME/`.

use std::io::{Error, Read, Write};
use std::path::Path;

use gscript::collection::{
    AuthorKey, CollectionTexts, LockFile, Manifest, Memory, Offer, SecretKeyFile, unpack,
    verify_own,
};
use gscript::config::{
    authorized_keys, bls, build_log, crypttab, domain_xml, fstab, grub, kernel, lxc, make_conf,
    netifrc, packages, pretend, repos, shell,
};
use gscript::journal::read_journal;
use gscript::machine::Machine;
use gscript::machine::builds::emerge_log;
use gscript::machine::storage::probe::{
    parse_blkid, parse_fullreport, parse_lsblk, parse_luks, parse_mountinfo, parse_swaps,
    parse_udev,
};
use gscript::recipe::{Recipe, summary};
use gscript::run::saved::SavedPlan;
use gscript::script::Language;
use gscript::system::real::answers::{Monitor, read_answer, read_datagram};

/// A function that reads an input.
pub type Target = fn(&[u8]);

/// The targets by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("archive", archive),
    ("authorized_keys", authorized_keys),
    ("build_log", build_log),
    ("crypttab", crypttab),
    ("domain_xml", domain_xml),
    ("emerge_log", emerge_log),
    ("fstab", fstab),
    ("grub", grub),
    ("journal", journal),
    ("kernel", kernel),
    ("lock", lock),
    ("lsblk", lsblk),
    ("lvm", lvm),
    ("lxc", lxc),
    ("machine", machine),
    ("make_conf", make_conf),
    ("manifest", manifest),
    ("mconsole", mconsole),
    ("netifrc", netifrc),
    ("netlink", netlink),
    ("packages", packages),
    ("plan", plan),
    ("qmp", qmp),
    ("recipe_lua", |input| recipe(Language::Lua, input)),
    ("recipe_rhai", |input| recipe(Language::Rhai, input)),
    ("repos", repos),
    ("signature", signature),
    ("tables", tables),
];

struct NoOthers;

impl CollectionTexts for NoOthers {
    fn text(&self, _collection: &str, _path: &str) -> Result<Option<String>, String> {
        Ok(None)
    }
}

/// Calls a function with the input as text. What is read from files and tools is UTF-8 or refused.
fn text(input: &[u8], read: impl FnOnce(&str)) {
    if let Ok(text) = std::str::from_utf8(input) {
        read(text);
    }
}

/// Splits an input into its first line and the rest, for functions that take two texts.
fn two(input: &[u8], read: impl FnOnce(&str, &str)) {
    text(input, |text| {
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        read(first, rest);
    });
}

fn recipe(language: Language, input: &[u8]) {
    text(input, |text| {
        if let Ok(recipe) = Recipe::parse(&language.file("fuzz"), language, text.to_owned()) {
            let _ = summary(&recipe, &[]);
        }
    });
}

fn archive(input: &[u8]) {
    if let Ok(tree) = unpack(input.take(1 << 20)) {
        let _ = Offer::of(tree, &NoOthers);
    }
}

fn manifest(input: &[u8]) {
    if let Ok(manifest) = Manifest::parse(input) {
        assert_eq!(Manifest::parse(&manifest.to_bytes()), Ok(manifest), "it is written and read");
    }
}

fn lock(input: &[u8]) {
    if let Ok(lock) = LockFile::parse(input) {
        assert_eq!(LockFile::parse(lock.text().as_bytes()), Ok(lock), "it is written and read");
    }
    if let Ok(memory) = Memory::parse(input) {
        assert_eq!(Memory::parse(memory.text().as_bytes()), Ok(memory), "it is written and read");
    }
}

/// A manifest by its key, with the input in place of the signature.
const SIGNED: &[u8] = include_bytes!("signed.json");

fn signature(input: &[u8]) {
    text(input, |text| {
        let _ = AuthorKey::parse(text).map(|key| key.fingerprint());
        let _ = SecretKeyFile::new(text.to_owned()).is_encrypted();
        let manifest = Manifest::parse(SIGNED).expect("a manifest");
        let offer = Offer {
            manifest,
            bytes: SIGNED.to_vec(),
            signature: Some(text.to_owned()),
            tree: gscript::collection::CollectionTree::default(),
        };
        let _ = verify_own(&offer);
    });
}

fn journal(input: &[u8]) {
    text(input, |text| {
        let _ = read_journal(text);
    });
}

fn plan(input: &[u8]) {
    text(input, |text| {
        let _ = SavedPlan::read(text);
    });
}

fn machine(input: &[u8]) {
    text(input, |text| {
        let _ = Machine::read(text);
    });
}

fn lsblk(input: &[u8]) {
    let _ = parse_lsblk(input, &mut Vec::new());
    let _ = parse_udev(input);
}

fn lvm(input: &[u8]) {
    let _ = parse_fullreport(input, &mut Vec::new());
}

/// Tables of the kernel, the output of blkid, and headers of containers.
fn tables(input: &[u8]) {
    let _ = parse_mountinfo(input);
    let _ = parse_swaps(input);
    let _ = parse_luks(input);
    text(input, |text| {
        let _ = parse_blkid(&["/dev/sda"], text, text);
    });
}

/// Answers of the kernel of a guest: datagrams of at most 255 bytes, each after its length.
fn mconsole(input: &[u8]) {
    let mut rest = input;
    let _ = read_answer(|datagram| {
        let (length, more) = rest.split_first().ok_or_else(|| Error::other("the end"))?;
        let (given, more) = more.split_at(more.len().min(usize::from(*length)));
        datagram[..given.len()].copy_from_slice(given);
        rest = more;
        Ok(given.len())
    });
}

/// The lines of a monitor; requests are discarded.
fn qmp(input: &[u8]) {
    struct Lines<'a>(&'a [u8]);

    impl Read for Lines<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Write for Lines<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    if let Ok(mut monitor) = Monitor::negotiate(Lines(input), "monitor") {
        while monitor.execute("query-status").is_ok() {}
    }
}

/// A datagram of the kernel with links, addresses and routes.
fn netlink(input: &[u8]) {
    let _ = read_datagram(input);
}

fn fstab(input: &[u8]) {
    two(input, |line, text| {
        let set = |text: &str| fstab::set(text, line, |entry| entry.is_at("/home"));
        if let Ok(once) = set(text) {
            let _ = set(&once);
        }
        let removed = fstab::remove(text, |entry| entry.is_at("/home"));
        assert!(removed.is_ok_and(|removed| removed.len() <= text.len()) || !text.is_empty());
        for line in text.lines() {
            let fields = fstab::fields(line).unwrap_or_default();
            fields.first().map(|source| fstab::device_path(source));
        }
    });
}

fn crypttab(input: &[u8]) {
    two(input, |line, text| {
        let wanted: Vec<&str> = line.split_whitespace().collect();
        if let [name, _, ..] = wanted[..]
            && !name.starts_with('#')
        {
            let once = crypttab::set(text, &wanted);
            assert_eq!(crypttab::set(&once, &wanted), once, "a second time, nothing changes");
            let _ = crypttab::remove(&once, name);
        }
        for fields in text.lines().filter_map(crypttab::fields) {
            let _ = crypttab::needed_files(&fields);
        }
    });
}

fn make_conf(input: &[u8]) {
    two(input, |value, text| {
        let open = |path: &Path| match path.to_str() {
            Some("/known") => make_conf::SourcedText::Known(value.to_owned()),
            Some("/missing") => make_conf::SourcedText::Missing,
            _ => make_conf::SourcedText::Unknown,
        };
        let _ = make_conf::ConfReading::of([(Path::new("/etc/portage/make.conf"), text)], &open);
        let _ = shell::included(text);
        if let Ok(set) = shell::set(text, "USE", &shell::quoted(value)) {
            let found = shell::get(&set, "USE");
            assert_eq!(found, Ok(Some(value.to_owned())), "what is set is read");
            let _ = shell::unset(&set, "USE");
        }
    });
}

fn netifrc(input: &[u8]) {
    two(input, |value, text| {
        let _ = netifrc::add_word(text, "vlans_eth0", "5");
        if let Ok(once) = netifrc::set(text, "config_eth0", value) {
            assert_eq!(netifrc::set(&once, "config_eth0", value), Ok(once), "it is set already");
        }
    });
}

fn packages(input: &[u8]) {
    two(input, |line, text| {
        for format in [packages::WordFormat::Flags, packages::WordFormat::Plain] {
            // A word has no '#', which would begin a comment.
            let words = line.split_whitespace().filter(|word| !word.starts_with('#'));
            let words = packages::Word::read(words, format);
            let once = packages::add(text, "a/b", &words, format);
            assert_eq!(packages::add(&once, "a/b", &words, format), once, "it is there already");
        }
        let _ = pretend::packages(text);
        let _ = pretend::blocks(text);
    });
}

fn repos(input: &[u8]) {
    two(input, |value, text| {
        let _ = repos::sections(text);
        if repos::fault(text).is_none() && !value.trim().is_empty() {
            let set = |text: &str| repos::set(text, "guru", &[("location", value.to_owned())]);
            let once = set(text);
            let _ = set(&once);
        }
    });
}

fn build_log(input: &[u8]) {
    text(input, |text| {
        let _ = build_log::first_error(text);
        let _ = build_log::has_failed(text);
        let _ = build_log::without_escapes(text);
    });
}

fn emerge_log(input: &[u8]) {
    let mut log = emerge_log::MergeLog::default();
    // In pieces, as it grows.
    input.chunks(7).for_each(|piece| log.add(piece));
    let merges = log.into_merges();
    text(input, |text| assert_eq!(emerge_log::merges(text), merges, "pieces change nothing"));
}

fn lxc(input: &[u8]) {
    two(input, |value, text| {
        let _ = lxc::convert(text);
        if !value.trim().is_empty() && value == value.trim() {
            let once = lxc::set(text, "lxc.uts.name", value);
            let _ = lxc::has(&once, "lxc.uts.name", value);
            assert_eq!(lxc::set(&once, "lxc.uts.name", value), once, "it is set already");
        }
    });
}

fn domain_xml(input: &[u8]) {
    text(input, |text| {
        let share = domain_xml::ShareElement {
            directory: "/srv/a&b",
            tag: "share",
            binary: None,
            cache: None,
            sandbox: None,
        };
        if let Ok(once) = domain_xml::set_share(text, &share) {
            let again = domain_xml::set_share(&once, &share);
            assert!(again.is_ok(), "what is written is read");
        }
    });
}

fn grub(input: &[u8]) {
    text(input, |text| {
        let _ = grub::entries(text);
        let _ = bls::entry(text);
    });
}

fn kernel(input: &[u8]) {
    two(input, |name, text| {
        let _ = kernel::get(text, name);
        if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            let set = kernel::set(text, name, &kernel::Setting::Yes);
            assert_eq!(kernel::get(&set, name), Some(kernel::Setting::Yes), "what is set is read");
        }
    });
}

fn authorized_keys(input: &[u8]) {
    two(input, |key, text| {
        let _ = authorized_keys::fault(text);
        if !key.trim().is_empty() && authorized_keys::fault(key).is_none() {
            let once = authorized_keys::add(text, key);
            assert_eq!(authorized_keys::add(&once, key), once, "it is there already");
        }
    });
}
