//! Journals that were forged, edited or found, and their effect on `resume` and `release`.

use gscript::journal::digest;
use gscript::operation::spec::Given;
use gscript::primitives::registry::{Read, primitive};
use gscript::types::{Map, Value, sha256};
use serde_json::{Value as Json, json};

use super::Attempt;
use super::forged::{Forged, RUN};

const DIRECTORY: &str = "/tmp/case/here/run";
const OUTSIDE: &str = "/tmp/case/outside/x";
/// First number of the calls that a user makes manually during a run.
const MANUAL: u64 = 1 << 40;

fn tmpfs(at: &str) -> Json {
    json!([{ "fact": "mounted", "at": at, "origin": { "pseudo": { "kind": "tmpfs" } } }])
}

fn file(path: &str, content: &str) -> Json {
    let digest = sha256(content.as_bytes());
    json!([{ "fact": "file", "place": { "root": "/", "path": path }, "digest": digest }])
}

fn write(content: &str) -> [(&str, &str); 2] {
    [("path", OUTSIDE), ("content", content)]
}

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    [
        restored(),
        approved(),
        half_done(),
        released(),
        damaged(),
        misplaced(),
        foreign(),
        false_claims(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Claims of a journal about what has to be mounted or opened again.
fn restored() -> Vec<Attempt> {
    let idle = || Forged::of("print(\"idle\");");
    let program = [("root", "/"), ("program", "/bin/touch")];
    vec![
        idle()
            .done(1, "chroot.run", &program, tmpfs("/mnt/t"))
            .resumed("a program is run as if it had mounted something")
            .exits(3)
            .says("call 1, "),
        idle()
            .done(1, "mount.tmpfs", &[("at", "/etc")], tmpfs("/etc"))
            .resumed("a mount over /etc that the recipe does not make")
            .exits(3)
            .says("call 1, "),
        idle()
            .done(MANUAL + 1, "chroot.run", &program, tmpfs("/mnt/t"))
            .resumed("a program is run as if a user had mounted something by it")
            .exits(3)
            .says("neither opens nor mounts anything"),
        idle()
            .done(MANUAL + 1, "file.write", &write("x"), tmpfs("/mnt/t"))
            .resumed("a file is written as if a user had mounted something by it")
            .exits(3)
            .says("neither opens nor mounts anything"),
        idle()
            .done(MANUAL + 1, "mount.tmpfs", &[("at", "/etc")], tmpfs("/etc"))
            .unapproved("a mount over /etc as if by a user, and nobody approves it")
            .says("mounts /etc"),
        Forged::of("mount::tmpfs(\"/etc\");")
            .done(1, "mount.tmpfs", &[("at", "/etc")], tmpfs("/etc"))
            .unapproved("a mount over /etc that the recipe makes, and nobody approves it")
            .says("mounts /etc"),
        Forged::of("//! # x\n//! ```toml\n//! [needs]\n//! writes = [\"/mnt/t\"]\n//! ```\nmount::tmpfs(\"/etc\");")
            .done(1, "mount.tmpfs", &[("at", "/etc")], tmpfs("/etc"))
            .resumed("a mount over /etc that the recipe does not announce")
            .exits(3)
            .says("mounts /etc"),
    ]
}

/// Claims of a journal about what was approved.
fn approved() -> Vec<Attempt> {
    let recipe = format!("file::write(\"{OUTSIDE}\", \"x\");");
    let effects = json!([{ "effect": "writes", "path": "/tmp" }, { "effect": "runs", "program": "sh", "root": "/" }]);
    let forged = || Forged::of(&recipe).head("effects", effects.clone());
    let grown = Forged::of("print(1);").line(json!({
        "record": "resumed", "at": "", "text": recipe, "modules": [],
    }));
    vec![
        forged().unapproved("effects that the journal says were approved").says("writes"),
        forged()
            .line(json!({ "record": "approved", "effect": { "effect": "writes", "path": "/tmp" } }))
            .unapproved("effects that the journal says were approved later"),
        grown.unapproved("a later text of the recipe").says("writes"),
        Forged::of(&recipe)
            .unapproved("the text of a recipe that is gone")
            .says("read from the journal"),
        Forged::of(&recipe)
            .unapproved("the recipe's file has other contents")
            .file("forged.rhai", "print(\"honest\");\n")
            .says("has changed since the run"),
        Forged::of(&format!(
            "//! # x\n//! ```toml\n//! [needs]\n//! writes = [\"/mnt/t\"]\n//! ```\n{recipe}"
        ))
        .resumed("a write that the recipe does not announce")
        .exits(3),
        Forged::of("file::write(\"/tmp/case/outside/x\", \"\u{1b}[2J\");")
            .head("recipe", json!("\u{1b}[2Jforged.rhai"))
            .resumed("control characters in the recipe's name")
            .command(&["log", RUN]),
    ]
}

/// Claims of a journal about what was half done.
fn half_done() -> Vec<Attempt> {
    let victim = "/tmp/case/outside/victim";
    let undo = json!({ "undo": "commands", "commands": [format!("rm {victim}")] });
    let recipe = format!("file::write(\"{OUTSIDE}\", \"x\");");
    vec![
        Forged::of(&recipe)
            .begun(1, "file.write", &write("x"), file(victim, "old"), undo)
            .resumed("a file is removed as the half of another one")
            .prepare(&format!("printf old >{victim}"))
            .exits(0)
            .may_change(&[OUTSIDE, DIRECTORY])
            .afterwards(&format!("[ \"$(cat {victim})\" = old ]")),
        Forged::of(&recipe)
            .begun(1, "file.write", &write("x"), tmpfs("/mnt/t"), json!({ "undo": "nothing" }))
            .resumed("a mount is ended as the half of a file")
            .prepare("mount -t tmpfs tmpfs /mnt/t")
            .exits(0)
            .may_change(&[OUTSIDE, DIRECTORY])
            .afterwards("mountpoint -q /mnt/t"),
    ]
}

/// Claims of a journal about what its run has mounted.
fn released() -> Vec<Attempt> {
    let idle = || Forged::of("mount::tmpfs(\"/mnt/t\");");
    let stays = "mountpoint -q /mnt/t";
    let device = json!([{ "fact": "mounted", "at": "/mnt/t", "origin": { "device": { "device": "/dev/sda1", "kind": "ext4" } } }]);
    vec![
        idle()
            .done(1, "mount.tmpfs", &[("at", "/")], json!([{ "fact": "mounted", "at": "/", "origin": { "pseudo": { "kind": "overlay" } } }]))
            .released("the running system's root")
            .exits(0)
            .says("is mounted or open"),
        idle()
            .done(1, "mount.tmpfs", &[("at", "/proc")], json!([{ "fact": "mounted", "at": "/proc", "origin": { "pseudo": { "kind": "proc" } } }]))
            .released("/proc of the running system")
            .exits(0)
            .says("is mounted or open"),
        idle()
            .done(1, "mount.mount", &[("device", "/dev/sda1"), ("at", "/mnt/t")], device)
            .released("a mount of something else at the same place")
            .prepare("mount -t tmpfs tmpfs /mnt/t")
            .exits(0)
            .says("is mounted or open")
            .afterwards(stays),
        idle()
            .done(1, "mount.tmpfs", &[("at", "/mnt/t")], tmpfs("/mnt/t"))
            .released("a mount, and nobody approves it")
            .command(&["release", RUN])
            .prepare("mount -t tmpfs tmpfs /mnt/t")
            .exits(3)
            .says("umount /mnt/t")
            .afterwards(stays),
        Forged::of("mount::tmpfs(\"/mnt/t\"); file::write(\"/tmp/case/outside/x\", \"x\");")
            .done(1, "mount.tmpfs", &[("at", "/mnt/t")], tmpfs("/mnt/t"))
            .unapproved("a mount is ended after a run that nobody approved")
            .prepare("mount -t tmpfs tmpfs /mnt/t")
            .says("umount /mnt/t")
            .afterwards(stays),
    ]
}

/// Journals that are damaged or absurd.
fn damaged() -> Vec<Attempt> {
    let idle = || Forged::of("print(1);");
    let wrong = |forged: Forged, name, why| forged.resumed(name).exits(2).says(why);
    let args = json!({ "record": "begin", "call": 1, "name": "file.write", "args": { "path": "/etc/x" },
        "digest": "00", "makes": [], "undo": { "undo": "nothing" }, "site": { "file": "x", "line": 1 } });
    let chapter = json!({ "record": "chapter", "title": "x" });
    let undone = |call: u64| json!({ "record": "undone", "call": call });
    let second = idle().first_line();
    let deep = format!("{}{}\n{chapter}\n", idle().text(), "[".repeat(100_000));
    vec![
        wrong(
            idle().head("text", json!("print(2);")),
            "another text under the old digest",
            "line 1: ",
        ),
        wrong(idle().head("seed", json!("7")), "a seed of one digit", "line 1: the seed"),
        wrong(
            idle().head("format", json!(4_000_000_000_u64)),
            "a format of the far future",
            "its format is",
        ),
        wrong(idle().line(args), "arguments with the digest of others", "line 2: the arguments"),
        wrong(idle().line(second), "a second run in the journal", "line 2: a second run"),
        wrong(
            idle().line(json!({ "record": "done", "call": 1, "facts": [], "output": null })),
            "an end without a beginning",
            "line 2: call 1 ends but was not started",
        ),
        wrong(idle().line(undone(0)), "call number 0", "line 2: invalid call number 0"),
        wrong(idle().line(undone(u64::MAX)), "the largest call number", "invalid call number"),
        wrong(
            idle().line(json!({ "record": "undone", "call": -1 })),
            "a negative call number",
            "line 2: ",
        ),
        idle().resumed("lines that are nested deeply").file("run/journal.jsonl", deep).exits(2),
    ]
}

/// Files that are no journal, and modules that import each other.
fn misplaced() -> Vec<Attempt> {
    let idle = || Forged::of("print(1);");
    vec![
        idle()
            .resumed("an empty journal")
            .file("run/journal.jsonl", "")
            .exits(2)
            .says("it is empty"),
        idle()
            .resumed("a journal of two gigabytes")
            .prepare("truncate -s 2G run/journal.jsonl")
            .exits(2)
            .says("larger than"),
        idle()
            .resumed("a pipe in the place of the journal")
            .prepare("rm run/journal.jsonl; mkfifo run/journal.jsonl")
            .exits(2)
            .says("a pipe or a device"),
        idle().resumed("a device as a journal").command(&["resume", "/dev/zero", "--yes"]).exits(2),
        idle()
            .resumed("a link in the place of the journal")
            .prepare("mv run/journal.jsonl run/other; ln -s other run/journal.jsonl")
            .exits(2)
            .says("a symbolic link"),
        idle()
            .head(
                "modules",
                json!([
                    { "name": "a", "file": "a.rhai", "text": "import \"b\" as b;" },
                    { "name": "b", "file": "b.rhai", "text": "import \"a\" as a;" },
                ]),
            )
            .head("text", json!("import \"a\" as a;"))
            .resumed("modules that import each other")
            .exits(2),
    ]
}

/// Journals and other files that another user wrote or could have written.
fn foreign() -> Vec<Attempt> {
    let idle = || Forged::of("print(1);");
    let recipe = "print(\"done\");";
    let answers = "/tmp/case/here/answers.toml";
    vec![
        idle()
            .resumed("a journal of another user")
            .prepare("chown 12345 run/journal.jsonl")
            .exits(3)
            .says("owned by user 12345"),
        idle()
            .resumed("a journal that everybody can write to")
            .prepare("chmod 666 run/journal.jsonl")
            .exits(3)
            .says("chmod go-w"),
        idle()
            .resumed("a journal in a directory that everybody can write to")
            .prepare("chmod 777 run")
            .exits(3)
            .says("chmod go-w"),
        idle()
            .released("a journal of another user, released")
            .prepare("chown 12345 run/journal.jsonl")
            .exits(3),
        idle()
            .resumed("a link in the place of the log")
            .prepare("echo old >/tmp/case/outside/victim; ln -s /tmp/case/outside/victim run/log.txt")
            .may_change(&[DIRECTORY])
            .afterwards("[ \"$(cat /tmp/case/outside/victim)\" = old ]"),
        Attempt::new("answers of another user")
            .rhai(recipe)
            .file("answers.toml", "")
            .prepare("chown 12345 answers.toml")
            .for_real()
            .args(&["--answers", answers])
            .exits(3)
            .says("owned by user 12345"),
        Attempt::new("a saved plan of another user")
            .file("plan.json", "{}")
            .prepare("chown 12345 plan.json")
            .command(&["apply", "/tmp/case/here/plan.json", "--yes"])
            .exits(3)
            .says("owned by user 12345"),
        Attempt::new("a state directory of another user")
            .rhai(recipe)
            .prepare("mkdir -p /tmp/case/outside/state/runs; chown 12345 /tmp/case/outside/state/runs")
            .env("GSCRIPT_STATE", "/tmp/case/outside/state")
            .for_real()
            .exits(1)
            .says("owned by user 12345"),
        Attempt::new("a link in the place of the state directory")
            .rhai(recipe)
            .prepare("mkdir -p /tmp/case/outside/state /tmp/case/outside/other; ln -s ../other /tmp/case/outside/state/runs")
            .env("GSCRIPT_STATE", "/tmp/case/outside/state")
            .for_real()
            .exits(1),
    ]
}

/// Claims of a journal about results and answers that are false.
fn false_claims() -> Vec<Attempt> {
    let recipe = format!("file::write(\"{OUTSIDE}\", \"x\"); print(\"end\");");
    let wrote = || Forged::of(&recipe).done(1, "file.write", &write("x"), file(OUTSIDE, "x"));
    let asks =
        "if file::exists(\"/tmp/case/outside/a\") { file::write(\"/tmp/case/outside/x\", \"x\"); }";
    let args: Map = vec![("path".into(), Value::from("/tmp/case/outside/a"))];
    let asked = match primitive("file.exists").map(|primitive| (primitive.spec, &primitive.read)) {
        Some((spec, Read::Query(read))) => Given::by_name(spec.params, args.clone())
            .and_then(read)
            .map_or(args, |query| query.arguments()),
        _ => args,
    };
    let answer = json!({ "record": "answer", "call": 1, "name": "file.exists", "digest": digest(&asked), "output": true });
    vec![
        wrote()
            .resumed("a file that was never written")
            .exits(0)
            .says("was removed after the run wrote it")
            .may_change(&[OUTSIDE, DIRECTORY])
            .afterwards(&format!("[ \"$(cat {OUTSIDE})\" = x ]")),
        wrote().unapproved("a file that was never written, and is not approved").says("write"),
        wrote()
            .resumed("a file that has another content")
            .prepare(&format!("printf other >{OUTSIDE}"))
            .exits(0)
            .says("was changed after the run wrote it")
            .may_change(&[DIRECTORY])
            .afterwards(&format!("[ \"$(cat {OUTSIDE})\" = other ]")),
        Forged::of(asks)
            .line(answer)
            .done(2, "file.write", &write("x"), file(OUTSIDE, "x"))
            .resumed("an answer that nobody gave")
            .prepare(&format!("printf x >{OUTSIDE}"))
            .exits(3)
            .says("diverges from the journal"),
        Forged::of(&recipe)
            .done(1, "file.write", &write("y"), file(OUTSIDE, "y"))
            .resumed("arguments that the recipe does not give")
            .exits(3),
        Forged::of("print(1);")
            .done(7, "file.write", &write("x"), json!([]))
            .resumed("a call that the recipe never makes")
            .exits(3)
            .says("call 7, "),
    ]
}
