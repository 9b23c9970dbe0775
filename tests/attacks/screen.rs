//! Foreign text that moves, hides or forges what a terminal shows.
//!
//! `repl/screen/tests.rs` proves the same for every kind of event on every screen.

use std::fs;

use super::Attempt;
use crate::support::dsl::{Test, project};

/// Moves up, erases, sets the title, hides text; also with single C1 characters; changes the text
/// direction; contains a tag character.
const EVIL: &str = "\u{1b}[1A\u{1b}[2K\u{1b}]0;t\u{7}\u{9b}2J\u{1b}[8m\r\u{202e}\u{2066}\u{61c}\u{200b}\u{e0041}\u{7f}";

/// Fails if a command prints a character that a terminal interprets.
fn harmless(test: Test) -> Result<(), String> {
    let ran = test.run();
    let output = ran.stdout + ran.stderr.as_str();
    let bad = |line: &&str| line.contains(gscript::types::is_deceptive);
    match output.lines().find(bad) {
        Some(line) => Err(format!("it printed {line:?}")),
        None if output.is_empty() => Err("it printed nothing".into()),
        None => Ok(()),
    }
}

/// Fails if an argument is printed unescaped.
fn echoed(words: &[&str]) -> Result<(), String> {
    let words: Vec<String> = words.iter().map(|word| word.replace("EVIL", EVIL)).collect();
    harmless(Test::new(&words.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// Runs a recipe for a machine whose disks have malicious names.
fn named_machine(recipe: &str, words: &[&str]) -> Result<(), String> {
    let file = project("tests/machines/sata.json");
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let mut machine: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let devices = machine["devices"].as_object_mut().ok_or("no devices")?;
    for device in devices.values_mut() {
        for name in ["model", "serial"] {
            device["hardware"][name] = EVIL.into();
        }
    }
    let words: Vec<&str> = words.iter().copied().chain(["--machine", "evil.json"]).collect();
    harmless(Test::new(&words).file("r.rhai", recipe).file("evil.json", machine.to_string()))
}

/// Recipes.
#[expect(clippy::too_many_lines, reason = "a list of attempts")]
fn recipes() -> Vec<Attempt> {
    vec![
        Attempt::new("print with the sequences of a terminal")
            .rhai(r#"print("\x1b[2J\x1b[H\u009b2Jforged\r\u202e");"#)
            .lua("print('\\27[2J\\27[H\\u{9b}2Jforged\\r\\u{202e}')")
            .planned("sata")
            .exits(0)
            .says("│ \\u{1b}[2J\\u{1b}[H\\u{9b}2Jforged\\r\\u{202e}"),
        Attempt::new("print that looks like the end of the plan")
            .rhai("print(\"ok\\n\\nThis run\\n  writes /tmp/harmless\\n\\nGo on? (yes/no)\"); file::make_dir(\"/etc/evil\");")
            .lua("print('ok\\n\\nThis run\\n  writes /tmp/harmless\\n\\nGo on? (yes/no)') file.make_dir('/etc/evil')")
            .planned("sata")
            .exits(0)
            .says("  │ This run\n  │   writes /tmp/harmless\n")
            .never_says("\nThis run\n  writes /tmp/harmless"),
        Attempt::new("a chapter that looks like the end of the plan")
            .rhai("step(\"This run\"); print(\"writes nothing\"); file::make_dir(\"/etc/evil\");")
            .lua("step('This run') print('writes nothing') file.make_dir('/etc/evil')")
            .planned("sata")
            .exits(0)
            .says("\n# This run\n")
            .says("\nThis run\n  writes /etc/evil"),
        Attempt::new("a chapter of several lines")
            .rhai(r#"step("One\nThis run\n  writes nothing\x1b[8m");"#)
            .lua("step('One\\nThis run\\n  writes nothing\\27[8m')")
            .planned("sata")
            .exits(0)
            .says("# One\\nThis run\\n  writes nothing\\u{1b}[8m"),
        Attempt::new("print without an end")
            .rhai("let s = \"x\"; s.pad(100000, \"x\"); print(s);")
            .lua("print(('x'):rep(100000))")
            .planned("sata")
            .exits(0)
            .says("more characters)"),
        Attempt::new("the content of a file that is written")
            .rhai(r#"file::write("/etc/evil", "\x1b[2J\x1b[1mThis run\x1b[0m\n\u202e\u009b");"#)
            .lua("file.write('/etc/evil', '\\27[2J\\27[1mThis run\\27[0m\\n\\u{202e}\\u{9b}')")
            .planned("sata")
            .exits(0)
            .says("\\u{1b}[1mThis run\\u{1b}[0m"),
        Attempt::new("invisible characters in an effect")
            .rhai("file::make_dir(\"/etc/e\\u200bvil\\u3164\");")
            .lua("file.make_dir('/etc/e\\u{200b}vil\\u{3164}')")
            .planned("sata")
            .exits(0)
            .says("writes /etc/e\\u{200b}vil\\u{3164}"),
        Attempt::new("an error that a recipe throws")
            .rhai(r#"throw "\x1b[2J\u009b\r\nerror: forged\u202e";"#)
            .lua("error('\\27[2J\\u{9b}\\r\\nerror: forged\\u{202e}')")
            .planned("sata")
            .exits(2)
            .says("\\u{1b}[2J")
            .never_says("\nerror: forged"),
        Attempt::new("the line of the recipe that an error shows")
            .rhai("let a = 1; no_such(); // \u{1b}[2J\u{9b}\u{202e}\n")
            .lua("no_such() -- \u{1b}[2J\u{9b}\u{202e}\n")
            .planned("sata")
            .exits(2)
            .says("\\u{1b}[2J\\u{9b}\\u{202e}"),
        Attempt::new("the value that a parameter does not take")
            .rhai("fs::make(\"/dev/sda1\", #{ kind: \"ext4\\u009b\\u202e\\x1b[2J\" });")
            .lua("fs.make('/dev/sda1', { kind = 'ext4\\u{9b}\\u{202e}\\27[2J' })")
            .planned("sata")
            .exits(2)
            .says("parameter \"kind\""),
        Attempt::new("a name that is no option")
            .rhai("fs::make(\"/dev/sda1\", #{ \"\\u009b\\x1b[2J\": 1 });")
            .lua("fs.make('/dev/sda1', { ['\\u{9b}\\27[2J'] = 1 })")
            .planned("sata")
            .exits(2),
        Attempt::new("a device that is not there")
            .rhai("disk::wipe(\"/dev/\\u009b\\x1b[2J\\u202e\");")
            .lua("disk.wipe('/dev/\\u{9b}\\27[2J\\u{202e}')")
            .planned("sata")
            .exits(2),
        Attempt::new("a file that is not there")
            .rhai("file::read(\"/tmp/\\u009b\\x1b[2J\\nerror: forged\");")
            .lua("file.read('/tmp/\\u{9b}\\27[2J\\nerror: forged')")
            .planned("sata")
            .never_says("\nerror: forged"),
        Attempt::new("the name of the file of a recipe")
            .recipe("a\u{1b}[2J\u{9b}\u{202e}.rhai", "file::make_dir(\"/etc/evil\"); no_such();")
            .recipe("a\u{1b}[2J\u{9b}\u{202e}.lua", "file.make_dir('/etc/evil') no_such()")
            .planned("sata")
            .exits(2),
        Attempt::new("what the front matter needs")
            .rhai("//! # T\n//!\n//! ```toml\n//! [needs]\n//! writes = [\"/srv/\\u009b\\u202e\"]\n//! ```\nfile::make_dir(\"/etc/evil\");")
            .planned("sata"),
        Attempt::new("an unknown key of the front matter")
            .rhai("//! # T\n//!\n//! ```toml\n//! [params.a]\n//! type = \"text\"\n//! \"\\u009b\\u202e\" = 1\n//! ```\n")
            .planned("sata")
            .exits(2),
        Attempt::new("a word that is no choice of a recipe")
            .rhai("//! # T\n//!\n//! ```toml\n//! [params.a]\n//! type = \"choice\"\n//! choices = [\"x\\u009b\\u202e\"]\n//! default = \"x\"\n//! ```\n")
            .planned("sata")
            .exits(2),
        Attempt::new("a question of two lines without an answer")
            .rhai("//! # T\n//!\n//! ```toml\n//! [params.a]\n//! type = \"text\"\n//! ask = \"kept.\\r\\nPassword\"\n//! ```\n")
            .planned("sata")
            .exits(2)
            .says("(kept.\\r\\nPassword)"),
        Attempt::new("a value of the command line")
            .rhai("//! # T\n//!\n//! ```toml\n//! [params.a]\n//! type = \"disk\"\n//! ```\n")
            .planned("sata")
            .set("a", "/dev/\u{9b}\u{1b}[2J\u{202e}")
            .exits(2),
        Attempt::new("a key in a file of answers")
            .rhai("//! # T\n")
            .file("a.toml", "\"\\u009b\\u202e\\u001b[2J\" = 1\n")
            .planned("sata")
            .args(&["--answers", "a.toml"])
            .exits(2),
    ]
}

/// Effects that imitate others.
#[expect(clippy::too_many_lines, reason = "a list of attempts")]
fn effects() -> Vec<Attempt> {
    let refused = |name: &'static str, rhai: &str, lua: &str, says: &'static str| {
        Attempt::new(name).rhai(rhai).lua(lua).planned("sata").exits(2).says(says)
    };
    vec![
        refused(
            "an effect that erases the lines above it",
            "file::write(\"/etc/evil\", \"x\");\nfile::make_dir(\"/tmp/case/\\x1b[1A\\x1b[2K  writes /tmp/case/harmless\\x1b[K\");",
            "file.write('/etc/evil', 'x')\nfile.make_dir('/tmp/case/\\27[1A\\27[2K  writes /tmp/case/harmless\\27[K')",
            "parameter \"path\"",
        ),
        refused(
            "an effect that erases by one character",
            "file::make_dir(\"/tmp/case/\\u009b1A\");",
            "file.make_dir('/tmp/case/\\u{9b}1A')",
            "parameter \"path\"",
        ),
        refused(
            "an effect of two lines",
            "file::make_dir(\"/tmp/a\\n  writes /tmp/b\");",
            "file.make_dir('/tmp/a\\n  writes /tmp/b')",
            "parameter \"path\"",
        ),
        refused(
            "an effect that writes over itself",
            "file::make_dir(\"/etc/evil\\r  writes /tmp/a\");",
            "file.make_dir('/etc/evil\\r  writes /tmp/a')",
            "parameter \"path\"",
        ),
        refused(
            "an effect from right to left",
            "file::make_dir(\"/etc/\\u202eecivres/pmt/\");",
            "file.make_dir('/etc/\\u{202e}ecivres/pmt/')",
            "parameter \"path\"",
        ),
        refused(
            "an effect in an isolate",
            "file::make_dir(\"/etc/\\u2067evil\\u2069\");",
            "file.make_dir('/etc/\\u{2067}evil\\u{2069}')",
            "parameter \"path\"",
        ),
        refused(
            "an effect with a letter mark",
            "file::make_dir(\"/etc/\\u061cevil\\u200f\");",
            "file.make_dir('/etc/\\u{61c}evil\\u{200f}')",
            "parameter \"path\"",
        ),
        refused(
            "an effect with tags",
            "file::make_dir(\"/etc/\\U000e0041evil\");",
            "file.make_dir('/etc/\\u{e0041}evil')",
            "parameter \"path\"",
        ),
        refused(
            "an effect with a separator of lines",
            "file::make_dir(\"/etc/a\\u2028  writes /tmp\");",
            "file.make_dir('/etc/a\\u{2028}  writes /tmp')",
            "parameter \"path\"",
        ),
        refused(
            "an effect with a character that deletes",
            "file::make_dir(\"/etc/a\\u007f\\u0008\");",
            "file.make_dir('/etc/a\\u{7f}\\8')",
            "parameter \"path\"",
        ),
        refused(
            "a mount point of two lines",
            "mount::tmpfs(\"/mnt/a\\n  mounts /mnt/b\");",
            "mount.tmpfs('/mnt/a\\n  mounts /mnt/b')",
            "attack.",
        ),
        refused(
            "a program that draws another plan",
            "mount::tmpfs(\"/mnt/gentoo\");\nchroot::run(\"/mnt/gentoo\", [\"\\x1b[H\\x1b[2J\\r\\n  file.make_dir /tmp/case/harmless\"]);",
            "mount.tmpfs('/mnt/gentoo')\nchroot.run('/mnt/gentoo', {'\\27[H\\27[2J\\r\\n  file.make_dir /tmp/case/harmless'})",
            "attack.",
        ),
    ]
}

/// Commands that repeat their input.
fn commands() -> Vec<Attempt> {
    let said =
        |name: &'static str, check: fn() -> Result<(), String>| Attempt::new(name).check(check);
    vec![
        said("an option that clap does not know", || echoed(&["--EVIL"])),
        said("a value that clap does not take", || echoed(&["try", "r.rhai", "--boot", "EVIL"])),
        said("a word too much", || echoed(&["list", "EVIL"])),
        said("a size that is none", || echoed(&["try", "EVIL.rhai", "--disk", "EVIL"])),
        said("a primitive that is not there", || echoed(&["doc", "EVIL"])),
        said("a run that is not there", || echoed(&["log", "EVIL"])),
        said("a run in a directory that is not there", || {
            echoed(&["log", "x", "--journal", "EVIL"])
        }),
        said("a recipe that is not there", || echoed(&["plan", "EVIL.rhai"])),
        said("a recipe without an ending", || echoed(&["check", "EVIL"])),
        said("a saved plan that is not there", || echoed(&["apply", "EVIL"])),
        said("a machine that is not there", || {
            let words =
                ["plan", "r.rhai", "--machine", "EVIL"].map(|word| word.replace("EVIL", EVIL));
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            harmless(Test::new(&words).file("r.rhai", "print(1);"))
        }),
        said("an expression", || echoed(&["-e", "\"EVIL\""])),
        said("an expression that is an error", || echoed(&["-e", "no_such(\"EVIL\")"])),
        said("an expression in Lua", || echoed(&["--lua", "-e", "return \"EVIL\""])),
        said("a list from an expression", || echoed(&["-e", "[\"EVIL\", #{ \"EVIL\": 1 }]"])),
        said("a saved plan", || {
            let plan = serde_json::json!({ "format": EVIL, EVIL: 1 }).to_string();
            harmless(Test::new(&["apply", "p.json"]).file("p.json", plan))
        }),
        said("a description of a machine", || {
            let machine = serde_json::json!({ "devices": { EVIL: { "kind": EVIL } } }).to_string();
            let test = Test::new(&["plan", "r.rhai", "--machine", "m.json"]);
            harmless(test.file("r.rhai", "print(1);").file("m.json", machine))
        }),
        said("a journal", || {
            let line = serde_json::json!({ "record": EVIL, "recipe": EVIL }).to_string();
            harmless(Test::new(&["log", "journal.jsonl"]).file("journal.jsonl", line))
        }),
        said("the names of tests", || {
            let test = format!("test(\"{EVIL}\", || expect::plan().fails(\"{EVIL}\"));");
            harmless(Test::new(&["test"]).file("r.rhai", "print(1);").file("r.test.rhai", test))
        }),
        said("what check finds", || {
            let recipe = format!("no_such(\"{EVIL}\"); step(\"{EVIL}\"); step(\"{EVIL}\");");
            harmless(Test::new(&["check", "r.rhai"]).file("r.rhai", recipe))
        }),
        said("a session that is piped in", || {
            harmless(Test::new(&["-e", "let x = \"\u{9b}\"; x + \"\u{1b}\" + \"\u{202e}\""]))
        }),
    ]
}

/// Descriptions of machines, and JSON output.
fn machines() -> Vec<Attempt> {
    const WIPE: &str = "disk::wipe(\"/dev/sda\"); print(disk::info(\"/dev/sda\").model);";
    vec![
        Attempt::new("the model of a disk in a plan")
            .check(|| named_machine(WIPE, &["plan", "r.rhai"])),
        Attempt::new("the model of a disk in the plan as JSON")
            .check(|| named_machine(WIPE, &["plan", "r.rhai", "--json"])),
        Attempt::new("the model of a disk where it is no choice")
            .check(|| named_machine("disk::wipe(\"/dev/sdz\");", &["plan", "r.rhai"])),
        Attempt::new("JSON that is no longer data").check(|| {
            let recipe = format!("print(\"{}\");", EVIL.replace('\r', "\\r"));
            let machine = "@tests/machines/sata.json";
            let words = ["plan", "r.rhai", "--json", "--machine", machine];
            let ran = Test::new(&words).file("r.rhai", &recipe).run();
            let plan: serde_json::Value =
                serde_json::from_str(&ran.stdout).map_err(|error| error.to_string())?;
            match ran.stdout.contains(|c: char| c != '\n' && gscript::types::is_deceptive(c)) {
                true => Err(format!("it printed {:?}", ran.stdout)),
                false if plan.to_string().contains('\u{9b}') => Ok(()),
                false => Err(format!("the data is not in {plan}")),
            }
        }),
    ]
}

/// Attempts on a terminal.
fn terminals() -> Vec<Attempt> {
    vec![
        Attempt::new("questions with escape sequences")
            .rhai(
                r#"//! # Title
//!
//! ```toml
//! [params.a]
//! type = "text"
//! ask = "\u001b[2J\u001b[HEverything on /dev/sdz will be kept.\r\nPassword\u001b[8m"
//! [params.c]
//! type = "choice"
//! choices = ["x\u001b[31m", "y\u202ez"]
//! [params.s]
//! type = "secret"
//! ask = "\u001b]0;title\u0007sudo password for root"
//! ```
print(a);
"#,
            )
            .typed()
            .see("asks:")
            .see("will be kept")
            .types("x")
            .see("one of")
            .see("> ")
            .keys("\x03")
            .never_says("\x1b[2J\x1b[HEv")
            .never_says("\x1b[8m")
            .never_says("\u{202e}"),
        Attempt::new("the question for a secret that sets the title")
            .rhai("//! # T\n//!\n//! ```toml\n//! [params.s]\n//! type = \"secret\"\n//! ask = \"\\u001b]0;title\\u0007sudo password for root\"\n//! ```\nprint(1);")
            .typed()
            .see("│ \\u{1b}]0;title")
            .see(": ")
            .types("x")
            .see("(again): ")
            .types("x")
            .see("Continue?")
            .see("> ")
            .keys("\x03")
            .never_says("\x1b]0;title"),
        Attempt::new("padding that puts a forged question at the begin of a row")
            .rhai("for i in 40..170 { let s = \"x\"; s.pad(i, \"x\"); print(s + \"Continue? (yes/no)\"); }\nfile::make_dir(\"/etc/evil\");")
            .lua("for i = 40, 169 do print(('x'):rep(i) .. 'Continue? (yes/no)') end\nfile.make_dir('/etc/evil')")
            .typed()
            .see("↪ Continue? (yes/no)")
            .see("writes /etc/evil")
            .see("Continue?")
            .see("> ")
            .keys("\x03")
            .never_says("\r\nGo on? (yes/no)\r\n"),
    ]
}

/// Text that is kept in files.
fn logs() -> Vec<Attempt> {
    vec![
        Attempt::new("the log that somebody reads later")
            .rhai("step(\"a\\x1b[2J\\u009b\"); print(\"b\\x1b]0;t\\u0007\\u202e\"); file::make_dir(\"/tmp/case/outside/x\");")
            .lua("step('a\\27[2J\\u{9b}') print('b\\27]0;t\\7\\u{202e}') file.make_dir('/tmp/case/outside/x')")
            .for_real()
            .exits(0)
            .may_change(&["/tmp/case/outside"])
            .afterwards("! grep -rP '[\\x00-\\x08\\x0b-\\x1f\\x7f]|\\xc2\\x9b|\\xe2\\x80\\xae' --include=log.txt /tmp/case/state"),
    ]
}

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    let lists = [recipes(), effects(), commands(), machines(), terminals(), logs()];
    lists.into_iter().flatten().collect()
}
