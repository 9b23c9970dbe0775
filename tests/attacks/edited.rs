//! Front matter, recipe files and saved plans that are oversized, special, or edited with an editor.

use std::fs;

use serde_json::{Value as Json, json};

use super::Attempt;
use crate::support::dsl::Test;

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    [sizes(), files(), described(), plans()].into_iter().flatten().collect()
}

/// A recipe that `gscript info` must refuse.
fn refused(name: &'static str, front: &str, why: &'static str) -> Attempt {
    let front: String = front.lines().flat_map(|line| ["//! ", line, "\n"]).collect();
    Attempt::new(name)
        .rhai(&front)
        .for_real()
        .command(&["info", "RECIPE"])
        .exits(2)
        .says("invalid front matter")
        .says(why)
}

fn sizes() -> Vec<Attempt> {
    let block = |inside: &str| format!("# T\n```toml\n{inside}\n```");
    let many = |count: usize, line: fn(usize) -> String| {
        (0..count).map(line).collect::<Vec<_>>().join("\n")
    };
    let entries = |count: usize| {
        let paths: Vec<String> = (0..count).map(|n| format!("\"/{n}\"")).collect();
        block(&format!("[needs]\nwrites = [{}]", paths.join(", ")))
    };
    vec![
        refused(
            "a block that is too large",
            &block(&many(20_000, |n| format!("# comment {n}"))),
            "the TOML block is larger than 128 KiB",
        ),
        refused("one line that is too large", &block(&"# ".repeat(100_000)), "larger than 128 KiB"),
        refused(
            "nested arrays",
            &block(&format!("a = {}{}", "[".repeat(30_000), "]".repeat(30_000))),
            "",
        ),
        refused(
            "prose that is too long",
            &format!("# T\n{}", many(60_000, |n| format!("line {n}"))),
            "the prose is larger than 512 KiB",
        ),
        refused(
            "too many parameters",
            &block(&many(501, |n| format!("[params.p{n}]\ntype = \"text\""))),
            "501 parameters, but at most 500 are allowed",
        ),
        refused("too many needs", &entries(1001), "1001 entries of [needs]"),
    ]
}

/// Files that are no recipes. None may be read whole, or keep the program waiting.
fn files() -> Vec<Attempt> {
    let file = |name, make: &str, says| {
        Attempt::new(name)
            .prepare(make)
            .for_real()
            .command(&["info", "/tmp/case/here/x.rhai"])
            .exits(2)
            .says(says)
    };
    vec![
        file("a file of 1 GiB", "truncate -s 1G x.rhai", "too large for a recipe"),
        file("a named pipe", "mkfifo x.rhai", "is not a file"),
        file("a device without an end", "ln -s /dev/zero x.rhai", "is not a file"),
        file("a terminal", "ln -s /dev/tty x.rhai", "is not a file"),
        file("a directory", "mkdir x.rhai", "is not a file"),
        file("a link to itself", "ln -s x.rhai x.rhai", "no such file"),
        file(
            "bytecode of Lua",
            "printf '\\033Lua' >x.rhai; printf '\\0' >>x.rhai",
            "is not a text file",
        ),
    ]
}

/// What `gscript info` shows of an untrusted recipe, which it must not evaluate.
#[expect(clippy::too_many_lines, reason = "a list of attempts")]
fn described() -> Vec<Attempt> {
    let shown = |name, front: &str, body: &str, says| {
        let front: String = front.lines().flat_map(|line| ["//! ", line, "\n"]).collect();
        Attempt::new(name)
            .rhai(&format!("{front}{body}"))
            .for_real()
            .command(&["info", "RECIPE"])
            .exits(0)
            .says(says)
    };
    let param = |inside: &str| format!("# T\n```toml\n[params.a]\n{inside}\n```");
    let need = |inside: &str| format!("# T\n```toml\n[needs]\n{inside}\n```");
    vec![
        shown("a script without an end", "# T", "loop {}", "T"),
        shown("a script that throws", "# T", "throw \"evaluated\";", "T").never_says("evaluated"),
        shown("a script that prints", "# T", "print(\"evaluated\");", "T").never_says("evaluated"),
        shown("a script that does not parse", "# T", "let = (;", "T"),
        shown("control characters in the title", "# T\u{1b}[2J\u{9b}", "", "T\\u{1b}[2J\\u{9b}"),
        shown("text from right to left in the title", "# T\u{202e}x", "", "T\\u{202e}x"),
        shown(
            "control characters in the prose",
            "# T\n\np\u{1b}]0;t\u{7}",
            "",
            "p\\u{1b}]0;t\\u{7}",
        ),
        shown("an isolate in the prose", "# T\n\np\u{2066}x", "", "p\\u{2066}x"),
        shown(
            "control characters in a prompt",
            &param("type = \"text\"\nask = \"a\\u001b[8mb\""),
            "",
            "a\\u{1b}[8mb",
        ),
        shown(
            "text from right to left in a default",
            &param("type = \"text\"\ndefault = \"a\\u202eb\""),
            "",
            "a\\u{202e}b",
        ),
        shown(
            "text from right to left in a choice",
            &param("type = \"choice\"\nchoices = [\"a\\u202eb\", \"c\"]"),
            "",
            "a\\u{202e}b",
        ),
        shown(
            "text from right to left in a path",
            &need("writes = [\"/a\\u202eb\"]"),
            "",
            "/a\\u{202e}b",
        ),
        shown(
            "text from right to left in a program",
            &need("runs = [\"a\\u202eb\"]"),
            "",
            "a\\u{202e}b",
        ),
        shown(
            "an invisible character in a host",
            &need("network = [\"a\\u200bb\"]"),
            "",
            "a\\u{200b}b",
        ),
        shown(
            "a shell among the needs",
            &need("runs = [\"bash\"]"),
            "",
            "runs bash in the system, and so can do anything there",
        ),
        shown(
            "the directory of privileges among the needs",
            &need("writes = [\"/etc/sudoers.d\"]"),
            "",
            "/etc/sudoers.d (privileges), and so can do anything there",
        ),
        shown(
            "a directory above privileges among the needs",
            &need("writes = [\"/etc\"]"),
            "",
            "and so can do anything there",
        ),
        shown(
            "the programs that it runs among the needs",
            &need("writes = [\"/\"]\nruns = [\"emerge\"]"),
            "",
            "(the programs that it runs), and so can do anything there",
        ),
    ]
}

/// Edits a saved plan for this machine, and applies it; it must be refused.
fn edited(edit: fn(&mut Json)) -> Result<(), String> {
    let recipe = "//! # T\n//! ```toml\n//! [needs]\n//! writes = [\"/tmp/gscript-case\"]\n//! ```\nfile::make_dir(\"/tmp/gscript-case\");\nfile::write(\"/tmp/gscript-case/x\", \"x\");\n";
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (file, plan) = (directory.path().join("r.rhai"), directory.path().join("p.json"));
    fs::write(&file, recipe).map_err(|error| error.to_string())?;
    let name = plan.to_string_lossy();
    let saved = Test::new(&["plan", &file.to_string_lossy(), "--out", &name]).run();
    let text = fs::read_to_string(&plan)
        .map_err(|error| format!("{error}: {}{}", saved.stdout, saved.stderr))?;
    let mut json: Json = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let before = json.clone();
    edit(&mut json);
    if json == before {
        return Err("the edit changed nothing".into());
    }
    fs::write(&plan, json.to_string()).map_err(|error| error.to_string())?;
    let ran = Test::new(&["apply", &name, "--yes"]).run();
    let written = std::path::Path::new("/tmp/gscript-case").exists();
    match ran.status {
        2 | 3 if !written => Ok(()),
        status => {
            Err(format!("exit code {status}, written: {written}\n{}{}", ran.stdout, ran.stderr))
        }
    }
}

fn plans() -> Vec<Attempt> {
    type Edit = (&'static str, fn(&mut Json));
    let edits: [Edit; 12] = [
        ("a saved plan without its effects", |plan| plan["effects"] = json!([])),
        ("a saved plan with a further effect", |plan| {
            let effects = plan["effects"].as_array_mut().expect("a list");
            effects.push(json!({ "effect": "writes", "path": "/etc" }));
        }),
        ("a saved plan with an unknown effect", |plan| {
            plan["effects"][0] = json!({ "effect": "blesses", "path": "/etc" });
        }),
        ("a saved plan without its actions", |plan| plan["entries"] = json!([])),
        ("a saved plan with another content", |plan| {
            let text = plan["entries"].to_string().replace("gscript-case/x", "gscript-case/y");
            plan["entries"] = serde_json::from_str(&text).expect("plain data");
        }),
        ("a saved plan with another seed", |plan| plan["seed"] = json!("00")),
        ("a saved plan of a bundled recipe", |plan| {
            plan["recipe"]["file"] = json!("bundled:encrypted-root.rhai");
        }),
        ("a saved plan of another file", |plan| plan["recipe"]["file"] = json!("/etc/passwd")),
        ("a saved plan with another digest", |plan| {
            let text = plan["recipe"].to_string();
            let from = text.find("digest").or(text.find("sha256")).unwrap_or(0);
            let digit = if text[from..].contains('0') { ("0", "1") } else { ("1", "0") };
            let changed = [&text[..from], &text[from..].replacen(digit.0, digit.1, 3)].concat();
            plan["recipe"] = serde_json::from_str(&changed).expect("plain data");
        }),
        ("a saved plan of a later format", |plan| plan["format"] = json!(9999)),
        ("a saved plan with a further key", |plan| plan["anything_in"] = json!(["/"])),
        ("a saved plan with a further parameter", |plan| plan["params"]["evil"] = json!("x")),
    ];
    edits.map(|(name, edit)| Attempt::new(name).check(move || edited(edit))).into()
}
