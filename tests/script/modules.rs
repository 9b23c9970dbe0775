//! Modules: functions that scripts share, within and between both languages.

use std::cell::RefCell;
use std::rc::Rc;

use gscript::journal::{Journal, Transcript};
use gscript::machine::Machine;
use gscript::plan::approval::Approval;
use gscript::run::session::{Gate, Session, Setup};
use gscript::script::{Evaluator, Language, Shared};
use gscript::system::Sim;
use gscript::types::Map;

use crate::support::dsl::Test;

const RHAI: &str = "
export const NAMES = [\"a\", \"b\"];
fn same(value) { value }
fn add(a, b) { a + b }
fn none() { }
fn kind(value) { type_of(value) }
fn fails(value) { throw \"no \" + value; }
private fn hidden() { 1 }
";

const LUA: &str = "
local m = { NAMES = { 'a', 'b' } }
function m.same(value) return value end
function m.add(a, b) return a + b end
function m.none() end
function m.kind(value) return type(value) end
function m.fails(value) error('no ' .. value) end
return m
";

/// Returns the output of a recipe with a module in its plan: exit code, printed text, and errors.
fn plan_output(recipe: &str, script: &str, modules: &[(&str, &str)]) -> (i32, String, String) {
    let test = Test::new(&["plan", recipe, "--json", "--machine", "@tests/machines/example.json"]);
    let test = modules.iter().fold(test, |test, (name, text)| test.file(name, text));
    let ran = test.file(recipe, script).run();
    let mut said = String::new();
    if let Ok(plan) = serde_json::from_str::<serde_json::Value>(&ran.stdout) {
        for entry in plan["entries"].as_array().into_iter().flatten() {
            said += entry["text"].as_str().unwrap_or_default();
            said.push('\n');
        }
    }
    (ran.status, said, ran.stderr)
}

#[test]
fn plain_data_is_passed_in_both_directions() {
    let lua = "local m = require 'm'
        local deep = m.same({ list = { 1, 2.5, 'x', true, { n = { 7 } } }, text = 'ä' })
        print(deep.list[1], deep.list[2], deep.list[3], deep.list[4], deep.list[5].n[1], deep.text)
        print(m.add(1, 2), m.none(), m.kind('x'), m.kind(1), m.NAMES[2], m.hidden)
        print(pcall(m.fails, 'way'))";
    let (status, text, error) = plan_output("r.lua", lua, &[("m.rhai", RHAI)]);
    assert_eq!(status, 0, "{error}");
    let expected = "1\t2.5\tx\ttrue\t7\tä\n3\tnil\tstring\ti64\tb\tnil\nfalse\tno way\n";
    assert_eq!(text, expected);
    let rhai = "import \"m\" as m;
        let deep = m::same(#{ list: [1, 2.5, \"x\", true, #{ n: [7] }], text: \"ä\" });
        print(`${deep.list} ${deep.text}`);
        print(`${m::add(1, 2)} ${m::none()} ${m::kind(\"x\")} ${m::kind([1])} ${m::NAMES[1]}`);
        try { m::fails(\"way\"); } catch (e) { print(`${e}`); }";
    let (status, text, error) = plan_output("r.rhai", rhai, &[("m.lua", LUA)]);
    assert_eq!(status, 0, "{error}");
    assert_eq!(text, "[1, 2.5, \"x\", true, #{\"n\": [7]}] ä\n3  string table b\nno way\n");
    // The same within one language.
    for (recipe, text, module) in [
        ("r.lua", "print(require('m').add(20, 22))", ("m.lua", LUA)),
        ("r.rhai", "import \"m\" as m; print(`${m::add(20, 22)}`);", ("m.rhai", RHAI)),
    ] {
        assert_eq!(plan_output(recipe, text, &[module]).1, "42\n");
    }
}

#[test]
fn unsupported_values_are_refused() {
    for (recipe, text, module, why) in [
        (
            "r.lua",
            "require('m').same(print)",
            ("m.rhai", RHAI),
            "a module in another language does not accept a function",
        ),
        (
            "r.rhai",
            "import \"m\" as m; m::same(|x| x);",
            ("m.lua", LUA),
            "a module in another language does not accept a value of type Fn",
        ),
        ("r.lua", "require('m').add(1)", ("m.rhai", RHAI), "m.add takes 2 values, got 1"),
        (
            "r.lua",
            "require('m').hidden()",
            ("m.rhai", RHAI),
            "attempt to call a nil value (field 'hidden')",
        ),
        (
            "r.rhai",
            "import \"m\" as m; m::nothing();",
            ("m.lua", LUA),
            "there is no function m::nothing",
        ),
        ("r.lua", "require('m').same({ 1, a = 2 })", ("m.rhai", RHAI), "both a list and a map"),
    ] {
        let (status, _, error) = plan_output(recipe, text, &[module]);
        assert!(status == 2 && error.contains(why), "{text}: {error}");
        assert!(error.contains(&format!("--> {recipe}:1:")) || error.contains(module.0), "{error}");
    }
}

#[test]
fn secrets_stay_secrets() {
    let front = |marker: &str| {
        format!(
            "{marker} ```toml\n{marker} [params.passphrase]\n{marker} type = \"secret\"\n{marker} ```\n"
        )
    };
    let lua = "local m = require 'm' print(m.same(passphrase)) luks.format('/dev/sda1', { passphrase = m.same({ p = passphrase }).p })";
    let rhai = "import \"m\" as m; print(`${m::same(passphrase)}`); luks::format(\"/dev/sda1\", #{ passphrase: m::same(#{ p: passphrase }).p });";
    for (recipe, text, module) in [
        ("r.lua", front("---") + lua, ("m.rhai", RHAI)),
        ("r.rhai", front("//!") + rhai, ("m.lua", LUA)),
    ] {
        let ran = Test::new(&[
            "plan",
            recipe,
            "--answers",
            "a.toml",
            "--machine",
            "@tests/machines/example.json",
        ])
        .file(recipe, text)
        .file(module.0, module.1)
        .private("a.toml", "passphrase = 'hunter2, and longer'\n")
        .run();
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains("***") && !ran.stdout.contains("hunter2"), "{}", ran.stdout);
        assert!(ran.stdout.contains("luks.format /dev/sda1"), "{}", ran.stdout);
    }
}

#[test]
fn errors_show_the_line_of_the_module_and_the_callers() {
    let lua = "local function deeper(x)\n  return x.y.z\nend\nreturn { reach = function(x) local r = deeper(x) return r end }";
    let rhai = "import \"inner\" as inner;\nfn reach(x) {\n    inner::reach(x)\n}";
    let recipe = "local m = require 'm'\nlocal function start()\n  local r = m.reach({})\n  return r\nend\nstart()";
    let (status, _, error) = plan_output("r.lua", recipe, &[("inner.lua", lua), ("m.rhai", rhai)]);
    assert_eq!(status, 2);
    assert!(
        error.contains("attempt to index a nil value (field 'y')\n --> inner.lua:2:3"),
        "{error}"
    );
    assert!(error.contains("2 |   return x.y.z"), "{error}");
    for line in
        ["called from: inner.lua:4 in ", "m.rhai:3 in reach\n", "r.lua:3 in start\n", "r.lua:6"]
    {
        assert!(error.contains(line), "{line}: {error}");
    }
    // A primitive that fails in a module that is called from the other language.
    let module = "fn wipe(what) {\n    disk::wipe(what)\n}";
    let recipe = "local m = require 'm'\n\nm.wipe('/dev/sdc')";
    let (status, _, error) = plan_output("r.lua", recipe, &[("m.rhai", module)]);
    assert_eq!(status, 3, "{error}");
    assert!(error.contains("/dev/sdc is in use") && error.contains("--> m.rhai:2:"), "{error}");
    assert!(error.contains("2 |     disk::wipe(what)"), "{error}");
    assert!(error.contains("called from: r.lua:3"), "{error}");
    let module = "return { wipe = function(what)\n  disk.wipe(what)\nend }";
    let recipe = "import \"m\" as m;\nfn all() {\n    m::wipe(\"/dev/sdc\")\n}\nall();";
    let (_, _, error) = plan_output("r.rhai", recipe, &[("m.lua", module)]);
    assert!(error.contains("--> m.lua:2:") && error.contains("r.rhai:3 in all"), "{error}");
}

#[test]
fn a_site_is_the_line_of_the_module() {
    let module = "fn make(device) {\n    fs::make(device)\n}";
    let ran = Test::new(&["plan", "r.lua", "--machine", "@tests/machines/example.json"])
        .file("r.lua", "require('m').make('/dev/sda1')")
        .file("m.rhai", module)
        .run();
    assert!(ran.stdout.contains("fs.make /dev/sda1  m.rhai:2"), "{}", ran.stdout);
}

#[test]
fn modules_do_not_see_the_variables_of_the_recipe() {
    let recipe = "x = 1\nlocal m = require 'm'\nprint(m.look())";
    let (_, _, error) =
        plan_output("r.lua", recipe, &[("m.lua", "return { look = function() return x end }")]);
    assert!(error.contains("there is no variable x\n --> m.lua:1:"), "{error}");
    let recipe = "let x = 1;\nimport \"m\" as m;\nm::look();";
    let (_, _, error) = plan_output("r.rhai", recipe, &[("m.rhai", "fn look() { x }")]);
    assert!(error.contains("there is no variable x\n --> m.rhai:1:"), "{error}");
    // A module is evaluated once, even if several modules import it.
    let twice = "local a, b = require 'm', require 'n'\na.count() print(a.count(), b.count())";
    let counter = "local n = 0\nreturn { count = function() n = n + 1 return n end }";
    let other = "import \"m\" as m;\nfn count() { m::count() }";
    assert_eq!(plan_output("r.lua", twice, &[("m.lua", counter), ("n.rhai", other)]).1, "2\t3\n");
}

#[test]
fn a_plan_whose_module_changed_is_not_carried_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    let write = |text: &str| std::fs::write(path("m.lua"), text).expect("a module");
    write("return { text = function() return 'one' end }");
    let recipe = format!("file.write('{}', require('m').text())", path("out"));
    std::fs::write(path("r.lua"), recipe).expect("a recipe");
    let run = |words: &[&str]| {
        let words: Vec<String> = words
            .iter()
            .map(|word| word.strip_prefix('%').map_or((*word).to_owned(), &path))
            .collect();
        Test::new(&words.iter().map(String::as_str).collect::<Vec<_>>()).run()
    };
    assert_eq!(run(&["plan", "%r.lua", "--out", "%plan.json"]).status, 0);
    write("return { text = function() return 'two' end }");
    let ran = run(&["apply", "%plan.json", "--yes"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("r.lua has changed since the plan"), "{}", ran.stderr);
    // A run records the texts of its modules, and a changed module is not used without approval.
    let ran = run(&["%r.lua", "--yes", "--journal", "%run"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let journal = std::fs::read_dir(directory.path().join("run")).expect("runs").flatten();
    let journal = journal.map(|run| run.path().join("journal.jsonl")).next().expect("a run");
    let place = journal.to_string_lossy().into_owned();
    let text = std::fs::read_to_string(&journal).expect("a journal");
    let transcript = Transcript::read(&journal).expect("a transcript");
    let names: Vec<String> =
        transcript.texts().modules.into_iter().map(|module| module.name).collect();
    assert_eq!(names, ["m"]);
    let cut: String = text.split_inclusive('\n').take(1).collect();
    std::fs::write(&journal, &cut).expect("a journal");
    write("return { text = function() return 'three' end }");
    let ran = run(&["resume", &place, "--yes"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("m.lua has changed since the run"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("+return { text = function() return 'three' end }"),
        "{}",
        ran.stderr
    );
    // The module and its recipe are deleted: the journal has both.
    std::fs::remove_file(path("r.lua")).expect("gone");
    std::fs::remove_file(path("m.lua")).expect("gone");
    let ran = run(&["resume", &place, "--yes"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(path("out")).expect("a file"), "two");
}

/// Returns a session without a machine, as the host of scripts.
fn host() -> Shared {
    let gate = Gate::Collect(Approval::default());
    Rc::new(RefCell::new(session(Sim::new(), Machine::empty(), gate, None)))
}

/// Returns a session without output and without an approver.
pub fn session(system: Sim, machine: Machine, gate: Gate, journal: Option<Journal>) -> Session {
    let plan = Setup::plan(Box::new(system), machine);
    Session::new(Setup { seed: [3; 32], gate, journal, ..plan })
}

#[test]
fn input_after_a_failure_sees_its_variables() {
    let host = host();
    let recipe = "local size <const>, list = 3 + #'ab', { 1, 2 }\nlocal function double(x) return x * 2 end\n\
        local disk, later = 'shadow'\nstep('One')\nlocal inner = (function() local hidden = 1 error('stop') end)()\nlocal never = 1";
    let mut lua = Evaluator::new(Language::Lua, &Map::new(), &host).expect("an engine");
    let error = lua.run("r.lua", recipe).expect_err("a failure");
    assert_eq!((error.to_string(), error.site.as_ref().expect("a site").line), ("stop".into(), 5));
    assert_eq!(lua.names(), ["double", "list", "size"]);
    let mut line = |text: &str| lua.line("-", text).map(|value| value.to_string());
    assert_eq!(line("double(size) + list[2]").ok(), Some("12".into()));
    assert_eq!(line("seen = double(4)").ok(), Some("()".into()));
    assert_eq!(line("seen").ok(), Some("8".into()));
    assert_eq!(line("#disk.list()").ok(), Some("0".into()));
    assert_eq!(line("require('storage').short('/dev/sda2')").ok(), Some("\"sda2\"".into()));
    let error = lua.line("-", "hidden").expect_err("no variable");
    assert_eq!(error.to_string(), "there is no variable hidden");
    let mut rhai = Evaluator::new(Language::Rhai, &Map::new(), &host).expect("an engine");
    rhai.run("r.rhai", "let size = 5; throw \"stop\";").expect_err("a failure");
    assert_eq!(rhai.line("-", "size * 2").map(|value| value.to_string()).ok(), Some("10".into()));
}
