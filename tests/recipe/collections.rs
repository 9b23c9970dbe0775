//! Collections of other authors: published, added, updated, and refused.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::support::collection::{AuthorKeys, NAME, Sample, recipe};
use crate::support::dsl::{PROGRAM, project};
use crate::support::skip::skip;

/// What a command has printed, with its exit code.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// A user with a state directory, and an author with a directory for a collection.
struct Site {
    directory: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory") }
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_string_lossy().into_owned()
    }

    fn publish(&self, sample: &Sample) -> String {
        let source = self.path("source");
        sample.write(Path::new(&source));
        source
    }

    fn gscript(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(PROGRAM);
        command.args(args).current_dir(self.directory.path());
        command.env("GSCRIPT_STATE", self.path("state/gscript"));
        ran(&mut command)
    }

    /// Changes a file of the installed collection.
    fn installed_file(&self, name: &str, text: &str) {
        let collections = fs::read_dir(self.path("state/gscript/collections"));
        let entries = collections.expect("a directory").flatten();
        let mut files = entries.map(|entry| entry.path().join(name));
        let file = files.find(|file| file.exists()).expect(name);
        fs::write(&file, text).expect(name);
    }

    #[track_caller]
    fn does(&self, args: &[&str], says: &str) -> Ran {
        let ran = self.gscript(args);
        assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out, ran.err);
        assert!(
            (ran.out.clone() + ran.err.as_str()).contains(says),
            "{says}: {}{}",
            ran.out,
            ran.err
        );
        ran
    }

    #[track_caller]
    fn refuses(&self, args: &[&str], code: i32, says: &str) -> Ran {
        let ran = self.gscript(args);
        assert_eq!(ran.code, code, "{args:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(says), "{says}: {}", ran.err);
        ran
    }
}

fn ran(command: &mut Command) -> Ran {
    let ran = command.output().expect("the program");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: ran.status.code().unwrap_or(-1), out: text(&ran.stdout), err: text(&ran.stderr) }
}

fn git(directory: &str, args: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"];
    let ran = ran(Command::new("git").arg("-C").arg(directory).args(identity).args(args));
    assert_eq!(ran.code, 0, "git {args:?}: {}", ran.err);
}

const MACHINE: &str = "tests/machines/example.json";

#[test]
fn a_collection_is_added_listed_planned_and_removed() {
    let (site, keys) = (Site::new(), AuthorKeys::new());
    let source = site.publish(&Sample::new().signed(&keys, 1));
    let unknown = site.refuses(&["add", &source], 3, "its key is not known yet");
    assert!(unknown.err.contains(&format!("--key {}", keys.public)), "{}", unknown.err);
    site.does(
        &["add", &source, "--key", &keys.public],
        "Installed home-lab with 1 recipe (serial 1",
    );
    site.refuses(&["add", &source], 3, "gscript update home-lab");
    site.does(&["list"], "home-lab/hello                     Greeting");
    site.does(&["search", "GREET"], "home-lab/hello");
    site.refuses(&["search", "no such recipe"], 1, "gscript list");
    let info = site.does(&["info", "home-lab/hello"], "signed, and unchanged");
    assert!(info.out.contains("writes and mounts below the value of target"), "{}", info.out);
    let machine = project(MACHINE).to_string_lossy().into_owned();
    site.does(&["plan", "home-lab/hello", "--machine", &machine], "/mnt/gentoo/motd");
    site.refuses(
        &["plan", "home-lab/helo", "--machine", &machine],
        2,
        "did you mean home-lab/hello?",
    );
    site.does(&["remove", NAME], "Removed home-lab.");
    site.refuses(&["remove", NAME], 2, "no such collection");
    assert!(!site.does(&["list"], "gentoo").out.contains(NAME));
}

#[test]
fn what_was_known_of_an_author_outlives_a_collection() {
    let (site, keys) = (Site::new(), AuthorKeys::new());
    let source = site.publish(&Sample::new().signed(&keys, 2));
    site.does(&["add", &source, "--key", &keys.public], "serial 2");
    site.does(&["remove", NAME], "Removed");
    site.publish(&Sample::new().signed(&keys, 1));
    site.refuses(&["add", &source], 3, "serial 1 is older than 2");
    site.publish(&Sample::new());
    site.refuses(&["add", &source], 3, "no signature, and earlier versions were signed");
    let thief = AuthorKeys::new();
    site.publish(&Sample::new().signed(&thief, 3));
    site.refuses(&["add", &source, "--key", &thief.public], 3, "--forget-key home-lab");
    site.does(&["remove", "--forget-key", NAME], "Removed");
    site.does(&["add", &source, "--key", &thief.public], "serial 3");
}

#[test]
fn an_update_shows_its_changes_and_must_not_widen_needs_without_a_terminal() {
    let (site, keys) = (Site::new(), AuthorKeys::new());
    let source = site.publish(&Sample::new().signed(&keys, 1));
    site.does(&["add", &source, "--key", &keys.public], "serial 1");
    let quiet = Sample::new().file("modules/lib.rhai", "fn greeting() { \"good morning\\n\" }\n");
    site.publish(&quiet.clone().signed(&keys, 2));
    let updated = site.does(&["update", NAME], "serial 2");
    assert!(updated.out.contains("+fn greeting() { \"good morning\\n\" }"), "{}", updated.out);
    let wider = recipe("Greeting", "writes = [\"$target\", \"/etc\"]");
    site.publish(&quiet.file("recipes/hello.rhai", wider).signed(&keys, 3));
    let refused = site.refuses(&["update", NAME], 3, "must be approved on a terminal");
    assert!(refused.err.contains("writes = [\"/etc\"]"), "{}", refused.err);
    assert!(refused.out.contains("+//! writes = [\"$target\", \"/etc\"]"), "{}", refused.out);
    let info = site.does(&["info", "home-lab/hello"], "the value of target");
    assert!(!info.out.contains("/etc"), "{}", info.out);
}

#[test]
fn an_update_must_not_change_a_default_that_needs_name_without_a_terminal() {
    let (site, keys) = (Site::new(), AuthorKeys::new());
    let source = site.publish(&Sample::new().signed(&keys, 1));
    site.does(&["add", &source, "--key", &keys.public], "serial 1");
    let to = |place: &'static str| {
        let to = move |text: String| text.replace("/mnt/gentoo", place);
        Sample::new().edit("recipes/hello.rhai", to)
    };
    site.publish(&to("/etc").signed(&keys, 2));
    let refused = site.refuses(&["update", NAME], 3, "must be approved on a terminal");
    assert!(refused.err.contains("writes = [\"/etc\"]"), "{}", refused.err);
    assert!(refused.err.contains("target = \"/etc\""), "{}", refused.err);
    site.publish(&to("/mnt/gentoo/usr").signed(&keys, 3));
    site.does(&["update", NAME], "serial 3");
    // The same needs, with another default than the manifest has.
    let hidden = to("/mnt/gentoo/usr")
        .signed(&keys, 4)
        .edit("manifest.json", |text| text.replace("/mnt/gentoo/usr", "/mnt/gentoo/opt"));
    site.publish(&hidden);
    site.refuses(&["update", NAME], 3, "declare different needs, defaults or titles");
}

const TEST: &str = "test(\"the greeting is written\", || {\n    run::recipe();\n    \
    expect::file(\"/mnt/gentoo/motd\", #{ text: \"hello\\n\" });\n});\n";

#[test]
fn recipes_of_collections_are_checked_and_tested_by_name() {
    let (site, keys) = (Site::new(), AuthorKeys::new());
    let tested = Sample::new().file("recipes/hello.test.rhai", TEST);
    let source = site.publish(&tested.signed(&keys, 1));
    site.does(&["add", &source, "--key", &keys.public], "serial 1");
    site.does(&["check", "home-lab/hello"], "home-lab/hello");
    site.refuses(&["check", "home-lab/helo"], 2, "did you mean home-lab/hello?");
    let ran = site.does(&["test", "home-lab/hello"], "1 passed");
    assert!(ran.out.contains("home-lab/hello.test.rhai"), "{}", ran.out);
    site.refuses(&["test", "home-lab/helo"], 2, "did you mean home-lab/hello?");
    site.installed_file("modules/lib.rhai", "fn greeting() { \"hello\\n\" } // changed\n");
    site.refuses(&["test", "home-lab/hello"], 3, "modules/lib.rhai is not the file of");
}

#[test]
fn recipes_of_collections_are_copied_with_their_modules_and_merged() {
    let (site, keys) = (Site::new(), AuthorKeys::new());
    let sample = Sample::new();
    let source = site.publish(&sample.clone().signed(&keys, 1));
    site.does(&["add", &source, "--key", &keys.public], "serial 1");
    site.does(&["fork", "home-lab/hello", "mine.rhai"], "Copied the module lib.rhai.");
    let machine = project(MACHINE).to_string_lossy().into_owned();
    site.does(&["plan", "./mine.rhai", "--machine", &machine], "/mnt/gentoo/motd");
    site.does(&["list"], "copy of home-lab/hello.rhai)");
    site.refuses(&["fork", "home-lab/hello", "mine.rhai"], 1, "failed to write mine.rhai");
    // A copy without its modules is not left behind.
    site.refuses(&["fork", "home-lab/hello", "other.rhai"], 1, "failed to write lib.rhai");
    assert!(!Path::new(&site.path("other.rhai")).exists());
    let later = sample.edit("recipes/hello.rhai", |text| text.replace("Greeting", "Welcome"));
    site.publish(&later.signed(&keys, 2));
    site.does(&["update", NAME], "serial 2");
    site.does(&["list"], "which has changed since: gscript update");
    site.does(&["diff", "--upstream", "mine.rhai"], "+//! # Welcome");
    site.does(&["update", "mine.rhai"], "Merged the changes of home-lab/hello");
    site.does(&["remove", NAME], "Removed");
    site.does(&["list"], "which no longer exists");
    site.refuses(&["update", "mine.rhai"], 2, "there is no recipe home-lab/hello.rhai any more");
}

#[test]
fn a_key_is_replaced_by_one_that_it_has_announced() {
    let (site, keys, next) = (Site::new(), AuthorKeys::new(), AuthorKeys::new());
    let mut published = keys.publication(1);
    published.next_key = Some(next.public.clone());
    let source = site.publish(&Sample::new().signed_as(&keys, published));
    site.does(&["add", &source, "--key", &keys.public], "serial 1");
    let mut published = next.publication(2);
    published.revoked = vec![keys.public.clone()];
    site.publish(&Sample::new().signed_as(&next, published));
    site.does(&["update", NAME], &format!("serial 2, signed by {}", next.public));
    site.publish(&Sample::new().signed(&keys, 3));
    site.refuses(&["update", NAME], 3, "is revoked");
    let lock = fs::read_to_string(site.path("state/gscript/collections/gscript.lock"));
    assert!(lock.expect("the lock file").contains("\"key-announced\""));
}

#[test]
fn recipes_that_nothing_vouches_for_are_planned_and_not_run() {
    let site = Site::new();
    let source = site.publish(&Sample::new());
    site.does(&["add", &source], "not signed: each run must be confirmed");
    let machine = project(MACHINE).to_string_lossy().into_owned();
    site.does(&["plan", "home-lab/hello", "--machine", &machine], "/mnt/gentoo/motd");
    site.does(&["info", "home-lab/hello"], "must be confirmed before it runs");
    site.does(&["list"], "Greeting (not signed)");
}

#[test]
fn a_changed_file_is_noticed() {
    let (site, keys) = (Site::new(), AuthorKeys::new());
    let source = site.publish(&Sample::new().signed(&keys, 1));
    site.does(&["add", &source, "--key", &keys.public], "serial 1");
    site.installed_file("modules/lib.rhai", "fn greeting() { \"changed\\n\" }\n");
    let changed = "home-lab/modules/lib.rhai has changed since it was installed";
    site.does(&["info", "home-lab/hello"], changed);
    site.does(&["update", NAME], "Installed home-lab");
    site.does(&["info", "home-lab/hello"], "signed, and unchanged");
}

#[test]
fn a_new_collection_passes_its_own_tests_and_is_signed() {
    let (site, keys) = (Site::new(), AuthorKeys::new());
    let key = keys.write(site.directory.path(), "minisign.key");
    let key = key.to_string_lossy().into_owned();
    site.does(&["collection", "new", NAME], "Written");
    site.does(&["collection", "check", NAME], "it is not signed");
    site.does(&["collection", "sign", NAME, "--key", &key], "Signed serial 1 of home-lab");
    site.does(&["collection", "check", NAME], "serial 1 is signed, until");
    site.does(&["add", NAME, "--key", &keys.public], "serial 1");
    let machine = project(MACHINE).to_string_lossy().into_owned();
    let set = ["--set", "name=tux", "--machine", &machine];
    site.does(&[&["plan", "home-lab/hostname"], &set[..]].concat(), "etc/hostname");
    let recipe = Path::new(NAME).join("recipes/hostname.rhai");
    // Authors plan and test the files that they work on.
    site.does(&[&["plan", &recipe.to_string_lossy()], &set[..]].concat(), "etc/hostname");
    let module = site.path("home-lab/modules/names.rhai");
    fs::write(module, "fn line(name) { name + name }\n").expect("the module");
    site.refuses(&["collection", "check", NAME], 3, "modules/names.rhai is not the file of");
    site.does(&["collection", "sign", NAME, "--key", &key], "Signed serial 2 of home-lab");
    assert_ne!(site.gscript(&["collection", "check", NAME]).code, 0);
    site.refuses(&["collection", "new", NAME], 1, "failed to create");
    site.refuses(&["collection", "new", "gentoo"], 3, "belongs to gscript");
}

#[test]
fn git_repositories_and_archives_are_sources() {
    let (site, keys) = (Site::new(), AuthorKeys::new());
    let sample = Sample::new().file("README.md", "# Home lab\n");
    let source = site.publish(&sample.clone().signed(&keys, 1));
    git(&source, &["init", "--quiet"]);
    git(&source, &["add", "."]);
    git(&source, &["commit", "--quiet", "--message", "one"]);
    let address = format!("file://{source}");
    site.does(&["add", &address, "--key", &keys.public], "serial 1");
    site.publish(&sample.clone().signed(&keys, 2));
    git(&source, &["commit", "--quiet", "--all", "--message", "two"]);
    site.does(&["update", NAME], "serial 2");
    site.does(&["remove", NAME], "Removed");
    let archive = sample.signed(&keys, 3).tar();
    fs::write(site.path("home-lab.tar"), &archive).expect("a file");
    site.does(&["add", "home-lab.tar"], "serial 3");
    site.does(&["remove", NAME], "Removed");
    let address = format!("http://{}/home-lab.tar", serve(archive));
    site.does(&["add", &address], "serial 3");
    site.does(&["update", NAME], "home-lab is up to date");
}

/// Serves a file by HTTP, for two requests; returns the host and port.
fn serve(content: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(2).flatten() {
            let mut stream = stream;
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&content));
        }
    });
    address
}

#[test]
fn signatures_are_those_of_minisign() {
    if Command::new("minisign").arg("-v").output().is_err() {
        return skip("signatures of minisign", "minisign is not installed");
    }
    let (site, keys) = (Site::new(), AuthorKeys::new());
    let source = site.publish(&Sample::new().signed(&keys, 1));
    let manifest = format!("{source}/manifest.json");
    let verified = ran(Command::new("minisign").args(["-V", "-P", &keys.public, "-m", &manifest]));
    assert_eq!(verified.code, 0, "{}", verified.err);
    assert!(verified.out.contains("gscript collection=home-lab serial=1"), "{}", verified.out);
    // The other way round: a key and a signature that minisign has made.
    let (secret, public) = (site.path("a.key"), site.path("a.pub"));
    let made = ran(Command::new("minisign").args(["-G", "-W", "-s", &secret, "-p", &public]));
    assert_eq!(made.code, 0, "{}{}", made.out, made.err);
    let key = fs::read_to_string(&public).expect("the key");
    let key = key.lines().last().expect("a key");
    site.does(
        &["collection", "sign", &source, "--key", &secret, "--serial", "7"],
        "Signed serial 7",
    );
    let comment = "gscript collection=home-lab serial=7";
    let sign = ["-S", "-H", "-W", "-s", &secret, "-t", comment, "-m", &manifest];
    let signed = ran(Command::new("minisign").args(sign));
    assert_eq!(signed.code, 0, "{}{}", signed.out, signed.err);
    site.does(&["add", &source, "--key", key], "serial 7");
    let legacy = ["-S", "-l", "-W", "-s", &secret, "-t", comment, "-m", &manifest];
    let signed = ran(Command::new("minisign").args(legacy));
    assert_eq!(signed.code, 0, "{}{}", signed.out, signed.err);
    site.refuses(&["update", NAME], 3, "legacy signature");
}

#[test]
fn modules_come_from_declared_collections() {
    let site = Site::new();
    let shared = Sample::new()
        .file("collection.toml", "name = \"shared\"\ntitle = \"Shared modules\"\n")
        .file("modules/lib.rhai", "fn greeting() { \"shared\\n\" }\n");
    let about = "name = \"home-lab\"\ntitle = \"Home lab\"\nuses = [\"shared\"]\n";
    let user = Sample::new()
        .file("collection.toml", about)
        .edit("recipes/hello.rhai", |text| text.replace("\"lib\"", "\"shared/lib\""));
    let source = site.publish(&user);
    assert_ne!(site.gscript(&["add", &source]).code, 0);
    let source = site.publish(&shared);
    site.does(&["add", &source], "Installed shared");
    let source = site.publish(&user);
    site.does(&["add", &source], "Installed home-lab");
    let machine = project(MACHINE).to_string_lossy().into_owned();
    site.does(&["plan", "home-lab/hello", "--machine", &machine], "+shared");
}
