//! Recipes that read a secret, or cause a secret to be stored.
//!
//! The unit tests in `runtime/types/secret.rs` and `runtime/script/secrets.rs` show which
//! passphrases are refused
//! and which lines a session does not store in its history.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use nix::pty::{OpenptyResult, Winsize, openpty};

use super::Attempt;
use crate::support::dsl::{PROGRAM, Test};
use crate::support::skip::skip;

/// Front matter of a recipe with a secret.
const FRONT: &str = "//! # T\n//!\n//! ```toml\n//! [params.p]\n//! type = \"secret\"\n//! ```\n";
const FRONT_LUA: &str =
    "--- # T\n---\n--- ```toml\n--- [params.p]\n--- type = \"secret\"\n--- ```\n";

fn with_secret(name: &'static str, rhai: &str, lua: &str) -> Attempt {
    Attempt::new(name)
        .rhai(&format!("{FRONT}{rhai}"))
        .lua(&format!("{FRONT_LUA}{lua}"))
        .prepare("umask 077; echo 'p = \"hunter2\"' > answers.toml")
        .never_says("hunter2")
}

/// Files with secrets, accessed in different ways.
#[expect(clippy::too_many_lines, reason = "a list of attempts")]
fn files() -> Vec<Attempt> {
    let read = |name: &'static str, rhai: &str, lua: &str| {
        with_secret(name, rhai, lua)
            .for_real()
            .args(&["--answers", "answers.toml"])
            .exits(1)
            .exits(2)
            .exits(3)
    };
    vec![
        read(
            "the file of answers by the command line of gscript",
            "let words = file::read(\"/proc/self/cmdline\").split(\"\\x00\");\nfor i in 0..words.len() { if words[i] == \"--answers\" { print(file::read(words[i + 1])); } }",
            "local words = file.read('/proc/self/cmdline')\nprint(file.read(words:match('([^%z]*answers.toml)')))",
        ),
        read(
            "the file of answers by its name",
            "print(file::read(\"/tmp/case/here/answers.toml\"));",
            "print(file.read('/tmp/case/here/answers.toml'))",
        ),
        read(
            "the file of answers by a symbolic link",
            "print(file::read(\"/tmp/case/here/soft\"));",
            "print(file.read('/tmp/case/here/soft'))",
        )
        .prepare("umask 077; echo 'p = \"hunter2\"' > answers.toml; ln -s answers.toml soft"),
        read(
            "the file of answers by another name of it",
            "print(file::read(\"/tmp/case/here/hard\"));",
            "print(file.read('/tmp/case/here/hard'))",
        )
        .prepare("umask 077; echo 'p = \"hunter2\"' > answers.toml; ln answers.toml hard"),
        read(
            "the file of answers by a copy",
            "file::copy(\"/tmp/case/here/answers.toml\", \"/tmp/case/outside/a\"); print(file::read(\"/tmp/case/outside/a\"));",
            "file.copy('/tmp/case/here/answers.toml', '/tmp/case/outside/a') print(file.read('/tmp/case/outside/a'))",
        ),
        read(
            "the file of answers by a link of the recipe",
            "file::link(\"/tmp/case/outside/a\", \"/tmp/case/here/answers.toml\"); print(file::read(\"/tmp/case/outside/a\"));",
            "file.link('/tmp/case/outside/a', '/tmp/case/here/answers.toml') print(file.read('/tmp/case/outside/a'))",
        )
        .may_change(&["/tmp/case/outside"]),
        read(
            "the file of answers through a descriptor",
            "for n in 3..12 { try { print(file::read(`/proc/self/fd/${n}`)); } catch { } } print(file::read(\"/dev/fd/3\"));",
            "for n = 3, 11 do pcall(function() print(file.read('/proc/self/fd/' .. n)) end) end print(file.read('/dev/fd/3'))",
        ),
        read(
            "the memory of gscript",
            "print(file::read(\"/proc/self/mem\"));",
            "print(file.read('/proc/self/mem'))",
        ),
        with_secret("answers that others can read", "print(1);", "print(1)")
            .prepare("echo 'p = \"hunter2\"' > answers.toml; chmod 644 answers.toml")
            .for_real()
            .args(&["--answers", "answers.toml"])
            .exits(3)
            .says("chmod 600"),
        with_secret("answers of another user", "print(1);", "print(1)")
            .prepare("umask 077; echo 'p = \"hunter2\"' > answers.toml; chown 1000 answers.toml")
            .for_real()
            .args(&["--answers", "answers.toml"])
            .exits(3)
            .says("answers.toml is owned by "),
        with_secret("a record of the run that has the secret", "print(p); step(\"a\"); file::make_dir(\"/tmp/case/outside/x\");", "print(p) step('a') file.make_dir('/tmp/case/outside/x')")
            .for_real()
            .args(&["--answers", "answers.toml"])
            .exits(0)
            .says("***")
            .may_change(&["/tmp/case/outside"])
            .afterwards("test -n \"$(find /tmp/case/state -name journal.jsonl)\"; ! grep -r hunter2 /tmp/case/state"),
    ]
}

/// Scripts that convert a secret to another value.
fn scripts() -> Vec<Attempt> {
    let fails = |name: &'static str, rhai: &str, lua: &str| {
        with_secret(name, rhai, lua).planned("sata").exits(2)
    };
    vec![
        fails(
            "a secret as the content of a file",
            "file::write(\"/etc/x\", p);",
            "file.write('/etc/x', p)",
        ),
        fails("a secret as a path", "file::make_dir(p);", "file.make_dir(p)"),
        fails(
            "a secret in a list of words",
            "chroot::run(\"/mnt/gentoo\", [\"echo\", p]);",
            "chroot.run('/mnt/gentoo', { 'echo', p })",
        ),
        fails("a secret for the core's patterns", "text::find(p, \".*\");", "text.find(p, '.*')"),
        fails("the length of a secret", "print(p.len());", "print(#p)"),
        fails(
            "a secret put together with a text",
            "file::make_dir(\"/etc/\" + p.sub_string(0));",
            "file.make_dir('/etc/' .. p)",
        ),
    ]
}

/// Secrets written in a recipe or on the command line: refused, and not repeated.
fn written() -> Vec<Attempt> {
    let refused = |name: &'static str, rhai: &str, lua: &str| {
        Attempt::new(name)
            .rhai(rhai)
            .lua(lua)
            .planned("sata")
            .exits(2)
            .never_says("hunter2")
            .never_says("4711")
    };
    vec![
        refused(
            "a passphrase as text",
            "luks::format(\"/dev/sda\", #{ passphrase: \"hunter2\" });",
            "luks.format('/dev/sda', { passphrase = 'hunter2' })",
        )
        .says("parameter \"passphrase\""),
        refused(
            "a passphrase as a number",
            "luks::format(\"/dev/sda\", #{ passphrase: 4711 });",
            "luks.format('/dev/sda', { passphrase = 4711 })",
        ),
        refused(
            "a passphrase in a list",
            "luks::format(\"/dev/sda\", #{ passphrase: [\"hunter2\"] });",
            "luks.format('/dev/sda', { passphrase = { 'hunter2' } })",
        ),
        refused(
            "a passphrase in a map",
            "luks::format(\"/dev/sda\", #{ passphrase: #{ a: \"hunter2\" } });",
            "luks.format('/dev/sda', { passphrase = { a = 'hunter2' } })",
        ),
        refused(
            "a passphrase by position",
            "luks::open(\"/dev/sda\", \"x\", \"hunter2\");",
            "luks.open('/dev/sda', 'x', 'hunter2')",
        ),
        refused(
            "a passphrase by position, over several lines",
            "luks::open(\"/dev/sda\",\n    \"x\", \"hunter2\");",
            "luks.open('/dev/sda',\n    'x', 'hunter2')",
        ),
        refused(
            "a password as text",
            "system::password(\"/mnt/gentoo\", \"root\", \"hunter2\");",
            "system.password('/mnt/gentoo', 'root', 'hunter2')",
        ),
        refused(
            "a passphrase for gpg as text",
            "key::protect(\"/a\", \"/b\", \"hunter2\");",
            "key.protect('/a', '/b', 'hunter2')",
        ),
        Attempt::new("a secret on the command line")
            .rhai(&format!("{FRONT}print(1);"))
            .planned("sata")
            .set("p", "hunter2")
            .exits(3)
            .never_says("hunter2"),
    ]
}

/// Invalid files of answers: their lines are not repeated.
fn answers() -> Vec<Attempt> {
    let wrong = |name: &'static str, text: &str| {
        Attempt::new(name)
            .rhai(&format!("{FRONT}print(1);"))
            .file("answers.toml", text)
            .prepare("chmod 600 answers.toml")
            .for_real()
            .args(&["--answers", "answers.toml"])
            .never_says("hunter2")
            .never_says("4711")
    };
    let refused = |name: &'static str, text: &str| wrong(name, text).exits(2);
    vec![
        refused("answers with a quotation mark too few", "p = \"hunter2\nq = 1\n"),
        refused("answers without quotation marks", "p = hunter2\n"),
        refused("answers with an unknown escape", "p = \"hunter2\\q\"\n"),
        refused("answers with a name twice", "p = \"hunter2\"\np = \"hunter2\"\n"),
        refused("answers with something after the value", "p = \"x\" hunter2\n"),
        refused("answers in a table", "[p]\nhunter2 = \"hunter2\"\n"),
        refused("a number for a secret", "p = 4711\n"),
        refused("a list for a secret", "p = [\"hunter2\"]\n"),
        wrong("a date for a secret", "p = 4711-01-01\n"),
        refused("an empty secret", "p = \"\"\n").says("an empty secret"),
        refused("a secret with a newline", "p = \"hunter2\\nx\"\n").says("cannot be typed at boot"),
        refused("a secret with a newline at its end", "p = \"\"\"\nhunter2\n\"\"\"\n")
            .says("newline"),
        refused("a secret with NUL", "p = \"hunter2\\u0000x\"\n").says("control character"),
        refused("a secret with a tab", "p = \"hunter2\\tx\"\n").says("control character"),
        refused("a secret that is too long", &format!("p = \"hunter2{}\"\n", "x".repeat(506)))
            .says("512 bytes"),
        Attempt::new("answers with a mistake for a trial").check(|| {
            let test = Test::new(&["try", "r.rhai", "--answers", "answers.toml"]);
            let test = test.file("r.rhai", format!("{FRONT}print(1);"));
            let ran = test.private("answers.toml", "p = \"hunter2\nq = 1\n").run();
            match ran.stderr.contains("hunter2") || ran.status != 2 {
                true => Err(format!("{}: {}", ran.status, ran.stderr)),
                false => Ok(()),
            }
        }),
    ]
}

/// Copies of a secret in memory, in a core file or in the history.
fn leftovers() -> Vec<Attempt> {
    let history = |name: &'static str, words: &[&str], line: &'static str| {
        Attempt::new(name)
            .typed()
            .command(words)
            .see("> ")
            .types(line)
            .see("error")
            .types(":quit")
            .afterwards("! grep -r hunter2 /tmp/case/state")
    };
    vec![
        history(
            "a passphrase by position in the history",
            &["shell"],
            "luks::open(\"/dev/sda\", \"x\", \"hunter2\")",
        ),
        history(
            "a passphrase by position in the history, in Lua",
            &["shell", "--lua"],
            "luks.open('/dev/sda', 'x', 'hunter2')",
        ),
        history(
            "a passphrase as an option in the history",
            &["shell"],
            "luks::format(\"/dev/sda\", #{ \"passphrase\": \"hunter2\" })",
        ),
        history("a passphrase after its name in the history", &["shell"], ":secret pass hunter2"),
        Attempt::new("copies of a secret in memory, in Rhai").check(|| {
            one_copy(
                "r.rhai",
                &format!("{FRONT}print(p); let q = p; file::make_dir(\"/run/gscript-attack\");"),
            )
        }),
        Attempt::new("copies of a secret in memory, in Lua").check(|| {
            one_copy(
                "r.lua",
                &format!("{FRONT_LUA}print(p) local q = p file.make_dir('/run/gscript-attack')"),
            )
        }),
    ]
}

/// Runs a recipe until it asks for approval: by then its secret was read, parsed and passed to a
/// script engine
/// that has planned. There must be a single copy of the secret in memory, and core files must be
/// disabled.
fn one_copy(name: &str, recipe: &str) -> Result<(), String> {
    if !nix::unistd::geteuid().is_root() {
        skip("copies of a secret in memory", "needs root");
        return Ok(());
    }
    let failed = |error: std::io::Error| error.to_string();
    let directory = tempfile::tempdir().map_err(failed)?;
    let answers = directory.path().join("answers.toml");
    fs::write(directory.path().join(name), recipe).map_err(failed)?;
    fs::write(&answers, format!("p = \"{MARKER}\"\n")).map_err(failed)?;
    fs::set_permissions(&answers, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let OpenptyResult { master, slave } =
        openpty(Some(&size), None).map_err(|error| error.to_string())?;
    let end = || slave.try_clone().map(Stdio::from).map_err(failed);
    let mut child = Command::new(PROGRAM)
        .args([name, "--answers", "answers.toml"])
        .current_dir(directory.path())
        .env("GSCRIPT_STATE", directory.path())
        .env("TERM", "xterm")
        .stdin(end()?)
        .stdout(end()?)
        .stderr(end()?)
        .spawn()
        .map_err(failed)?;
    // The program must hold the only open copies of this end: reading fails when the program ends.
    drop(slave);
    let mut screen = File::from(master);
    let asked = wait_for_output(&mut screen, b"Continue?");
    let of = Path::new("/proc").join(child.id().to_string());
    let found = copies(&of).map_err(failed);
    let limits = fs::read_to_string(of.join("limits")).map_err(failed);
    child.kill().and_then(|()| child.wait()).map_err(failed)?;
    asked?;
    let core = limits?.lines().find_map(|line| {
        let limit = line.strip_prefix("Max core file size")?;
        limit.split_whitespace().next().map(str::to_owned)
    });
    match (found?, core.as_deref()) {
        (1, Some("0")) => Ok(()),
        (found, core) => Err(format!("{found} copies, and a core file of at most {core:?}")),
    }
}

const MARKER: &str = "hunter2-in-the-memory-of-gscript";

/// Reads a terminal until it shows this, and answers requests for the position of the cursor.
fn wait_for_output(screen: &mut File, wanted: &[u8]) -> Result<(), String> {
    let (mut shown, mut buffer) = (Vec::new(), [0; 4096]);
    while !shown.windows(wanted.len()).any(|bytes| bytes == wanted) {
        let Ok(count @ 1..) = screen.read(&mut buffer) else {
            return Err(format!("it ended: {}", String::from_utf8_lossy(&shown)));
        };
        if buffer[..count].windows(4).any(|bytes| bytes == b"\x1b[6n") {
            screen.write_all(b"\x1b[1;1R").map_err(|error| error.to_string())?;
        }
        shown.extend_from_slice(&buffer[..count]);
    }
    Ok(())
}

/// Counts the copies of the secret in the memory of a process.
fn copies(process: &Path) -> std::io::Result<usize> {
    let memory = File::open(process.join("mem"))?;
    let maps = fs::read_to_string(process.join("maps"))?;
    let number = |text: &str| u64::from_str_radix(text, 16).ok();
    let mut found = 0;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let Some((Some(from), Some(to))) = range.map(|(a, b)| (number(a), number(b))) else {
            continue;
        };
        let mut bytes = vec![0; usize::try_from(to - from).unwrap_or(0)];
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            found +=
                bytes.windows(MARKER.len()).filter(|bytes| *bytes == MARKER.as_bytes()).count();
        }
    }
    Ok(found)
}

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    let lists = [files(), scripts(), written(), answers(), leftovers()];
    lists.into_iter().flatten().collect()
}
