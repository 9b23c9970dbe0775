//! `gscript check`: reports every mistake of a recipe at once, each with its line.

use crate::support::dsl::{Test, project};

/// Returns the exit code and the output of `check` for a recipe, with underlines of equal length.
fn checked(name: &str, text: &str, args: &[&str]) -> (i32, String) {
    let mut words = vec!["check", name];
    words.extend(args);
    let ran = Test::new(&words).file(name, text).env("TERM", "linux").run();
    assert_eq!(ran.stderr, "");
    let underlined = regex::Regex::new(r"\^+").expect("it");
    (ran.status, underlined.replace_all(&ran.stdout, "^^^").into_owned())
}

/// Returns only the messages, with their lines.
fn messages(output: &str) -> Vec<String> {
    let lines: Vec<&str> = output.lines().collect();
    let place = |line: &str| line.trim_start().strip_prefix("--> ").map(str::to_owned);
    let pairs = lines.windows(2).filter_map(|pair| {
        let message = pair[0].strip_prefix("error: ")?;
        let place = place(pair[1]).unwrap_or_default();
        let line = place.split(':').nth(1).unwrap_or("-").to_owned();
        Some(format!("{line}: {message}"))
    });
    pairs.collect()
}

#[test]
fn bundled_recipes_have_no_findings() {
    let directory = project("recipes");
    let mut recipes = 0;
    for entry in std::fs::read_dir(directory).expect("recipes") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !path.is_file() || name.contains(".test.") {
            continue;
        }
        let recipe = format!("@recipes/{name}");
        let mut words = vec!["check", &recipe];
        if name.starts_with("rescue-") {
            // A rescue needs a machine with an installed system.
            let machine = "@tests/machines/old-luks-closed.json";
            words.extend(["--machine", machine, "--set", "key_dev=/dev/sdb1"]);
        }
        let ran = Test::new(&words).run();
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
        recipes += 1;
    }
    assert!(recipes > 0);
}

#[test]
fn all_mistakes_at_once_as_they_are_printed() {
    let recipe = r#"//! # Wrong
//!
//! ```toml
//! [params.disk]
//! type = "disk"
//! [params.colour]
//! type = "text"
//! default = "red"
//! ```
let parts = disk::partiton(disk, [#{ size: "rest" }]);
fs::make(parts["1"], #{ kid: "ext4" });
luks::open(prats["1"]);
"#;
    let (status, output) = checked("wrong.rhai", recipe, &[]);
    assert_eq!(
        output,
        r#"error: the parameter "colour" is never used
 --> wrong.rhai:6:1
  |
6 | //! [params.colour]
  | ^^^
  |
  = help: use it, or remove it from [params]

error: there is no function disk::partiton
  --> wrong.rhai:10:1
   |
10 | let parts = disk::partiton(disk, [#{ size: "rest" }]);
   | ^^^
   |
   = help: did you mean disk::partition?

error: fs::make: there is no option "kid"; did you mean "kind"?
  --> wrong.rhai:11:1
   |
11 | fs::make(parts["1"], #{ kid: "ext4" });
   | ^^^
   |
   = help: call it as fs.make(device, {kind, label, keep}); see: gscript doc fs.make

error: luks::open: parameter "name" is missing
  --> wrong.rhai:12:1
   |
12 | luks::open(prats["1"]);
   | ^^^
   |
   = help: call it as luks.open(device, name, {key, passphrase, gpg_key, header, read_only, discard}); see: gscript doc luks.open

error: there is no variable prats
  --> wrong.rhai:12:1
   |
12 | luks::open(prats["1"]);
   | ^^^
   |
   = help: did you mean parts?

5 findings
"#
    );
    assert_eq!(status, 2);
}

#[test]
fn the_same_mistakes_in_lua() {
    let recipe = r##"--- # Wrong
---
--- ```toml
--- [params.disk]
--- type = "disk"
--- [params.colour]
--- type = "text"
--- default = "red"
--- ```
local parts = disk.partiton(disk_, { { size = "rest" } })
fs.make(parts["1"], { kid = "ext4", labl = 'x' })
luks.open(prats["1"])
for i, name in ipairs({ "a" }) do print(i, name, nmae) end
local function f(a, ...) return a, select("#", ...) end
local t = { key = f(1), ["other"] = string.format("%d", 2) }
goto done
::done::
print(t.key, #t, --[[ no comment ]] [[ no name ]])
"##;
    let (status, output) = checked("wrong.lua", recipe, &[]);
    assert_eq!(
        messages(&output),
        [
            "4: disk is defined by Lua or gscript and is not the parameter \"disk\"",
            "6: the parameter \"colour\" is never used",
            "10: there is no function disk.partiton",
            "10: there is no variable disk_",
            "11: fs.make: there is no option \"kid\"; did you mean \"kind\"?",
            "11: fs.make: there is no option \"labl\"; did you mean \"label\"?",
            "12: luks.open: parameter \"name\" is missing",
            "12: there is no variable prats",
            "13: there is no variable nmae",
        ],
        "{output}"
    );
    assert_eq!(status, 2);
}

#[test]
fn findings_that_need_a_plan() {
    let rhai = r#"//! # Greet
//!
//! ```toml
//! [params.disk]
//! type = "disk"
//! [params.kind]
//! type = "choice"
//! choices = ["ext4", "xfs"]
//! default = "ext4"
//! [params.more]
//! type = "bool"
//! default = false
//! [needs]
//! destroys = ["$disk"]
//! writes = ["/mnt/a", "/mnt/b"]
//! runs = ["emerge"]
//! ```
step("Format");
fs::make(disk, #{ kind: kind });
if more && kind == "xfs" {
    step("Both");
    file::write("/etc/both", "");
}
if kind == "btrfs" {
    step("Never");
    mount::mount(disk, "/mnt/a");
}
mount::mount(disk, "/mnt/a");
"#;
    let lua = r#"--- # Greet
---
--- ```toml
--- [params.disk]
--- type = "disk"
--- [params.kind]
--- type = "choice"
--- choices = ["ext4", "xfs"]
--- default = "ext4"
--- [params.more]
--- type = "bool"
--- default = false
--- [needs]
--- destroys = ["$disk"]
--- writes = ["/mnt/a", "/mnt/b"]
--- runs = ["emerge"]
--- ```
step "Format"
fs.make(disk_device or disk, { kind = kind })
"#;
    // In Lua a parameter cannot have the name of a module.
    let lua = lua.replace("params.disk]", "params.on]").replace("$disk", "$on");
    let lua = lua.replace("disk_device or disk", "on")
        + r#"if more and kind == "xfs" then
    step("Both")
    file.write("/etc/both", "")
end
if kind == "btrfs" then
    step("Never")
    mount.mount(on, "/mnt/a")
end
mount.mount(on, "/mnt/a")
"#;
    for (name, text) in [("greet.rhai", rhai), ("greet.lua", lua.as_str())] {
        let (status, output) = checked(name, text, &[]);
        assert_eq!(
            messages(&output),
            [
                "15: [needs] declares \"/mnt/b\", which no plan needs",
                "16: [needs] declares \"emerge\", which no plan needs",
                "22: not declared in [needs]: the recipe writes /etc/both",
                "25: unreachable chapter \"Never\": none of 5 plans runs it",
            ],
            "{output}"
        );
        assert_eq!(status, 2);
    }
}

/// `tostring` of a table is the same in every plan.
#[test]
fn table_addresses_are_deterministic() {
    let recipe = "step('A')\nlocal name = tostring({}):gsub('table: ', '')\nfile.write('/tmp/' .. name, '')\n";
    let (status, output) = checked("chance.lua", recipe, &[]);
    assert_eq!(messages(&output), [] as [&str; 0], "{output}");
    assert!(output.contains("2 plans"), "{output}");
    assert_eq!(status, 0);
}

#[test]
fn a_finding_in_a_module_shows_the_line_of_the_module() {
    let recipe = "//! # Notes\n//!\n//! ```toml\n//! [needs]\n//! writes = [\"/etc/motd\"]\n//! ```\nimport \"notes\" as notes;\nstep(\"Write\");\nnotes::all();\n";
    let module = "fn all() {\n    file::write(\"/etc/motd\", \"\");\n    file::write(\"/etc/issue\", \"\");\n}\n";
    let ran = Test::new(&["check", "r.rhai"])
        .file("r.rhai", recipe)
        .file("notes.rhai", module)
        .env("TERM", "linux")
        .run();
    let place = " --> notes.rhai:3:5\n  |\n3 |     file::write(\"/etc/issue\", \"\");\n";
    assert!(ran.stdout.contains("the recipe writes /etc/issue"), "{}", ran.stdout);
    assert!(ran.stdout.contains(place), "{}", ran.stdout);
}
