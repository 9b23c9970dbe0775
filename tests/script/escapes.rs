//! Attempts to escape from a script: to files, the clock, random numbers, other code, beyond the
//! limits, or between a recipe and its primitives. Each fails with a message that gives the reason.

use std::fs;
use std::os::unix::fs::symlink;

use gscript::script::Language;

use crate::reference::examples::{plan, plan_text};
use crate::support::dsl::Test;

/// Name of the attempt, script, and expected error.
type Attempt = (&'static str, &'static str, &'static str);

const LUA: &[Attempt] = &[
    ("bytecode as a recipe", "\u{1b}Lua\u{54}", "attempt to load a binary chunk"),
    ("bytecode through load", "load('\\27Lua')()", "there is no variable load"),
    ("text through load", "return load('return 1')()", "there is no variable load"),
    ("bytecode of a function", "string.dump(print)", "attempt to call a nil value (field 'dump')"),
    ("another file", "dofile('/etc/passwd')", "there is no variable dofile"),
    ("another file, loaded", "loadfile('/etc/passwd')", "there is no variable loadfile"),
    ("files", "io.open('/etc/passwd')", "there is no variable io"),
    ("files through the table of all", "_G.io.open('/etc/passwd')", "there is no variable io"),
    ("programs", "os.execute('true')", "there is no variable os"),
    ("the environment", "os.getenv('HOME')", "there is no variable os"),
    ("the clock", "os.time()", "there is no variable os"),
    ("chance", "math.random()", "attempt to call a nil value (field 'random')"),
    ("chance from addresses", "collectgarbage('count')", "there is no variable collectgarbage"),
    ("the library of modules", "package.loadlib('x', 'y')", "there is no variable package"),
    ("the debug library", "debug.getregistry()", "there is no variable debug"),
    (
        "the debug library by raw access",
        "rawget(_G, 'debug').getinfo(1)",
        "attempt to index a nil value",
    ),
    ("the real globals", "getmetatable(_G).__index.print = 1", "attempt to index a boolean value"),
    (
        "another metatable for the globals",
        "setmetatable(_G, {})",
        "cannot change a protected metatable",
    ),
    (
        "the metatable of all texts",
        "getmetatable('').__index = {}",
        "attempt to index a boolean value",
    ),
    (
        "a metatable for a domain",
        "setmetatable(disk, { __index = {} })",
        "cannot change a protected metatable",
    ),
    (
        "a metatable for a library",
        "setmetatable(string, {})",
        "cannot change a protected metatable",
    ),
    (
        "the metatable of a secret",
        "getmetatable(passphrase).__tostring = nil",
        "attempt to index a boolean value",
    ),
    (
        "a secret as a text",
        "fs.make('/dev/sda1', { label = passphrase .. '' })",
        "attempt to concatenate",
    ),
    ("a primitive replaced", "disk.wipe = print", "disk.wipe is defined by gscript"),
    (
        "a primitive replaced rawly",
        "rawset(disk, 'wipe', print)",
        "disk.wipe is defined by gscript",
    ),
    ("a domain replaced", "disk = { wipe = print }", "disk is defined by gscript"),
    ("a domain removed", "disk = nil", "disk is defined by gscript"),
    ("a domain replaced through the table of all", "_G.disk = {}", "disk is defined by gscript"),
    ("a domain replaced rawly", "rawset(_G, 'disk', {})", "disk is defined by gscript"),
    ("printing replaced", "function print() end", "print is defined by gscript"),
    (
        "the library of texts changed",
        "function string.rep() end",
        "string.rep is defined by gscript",
    ),
    ("catching replaced", "pcall = function(f) return f() end", "pcall is defined by gscript"),
    (
        "a coroutine without a watch",
        "coroutine.wrap(function() while true do end end)()",
        "there is no variable coroutine",
    ),
    (
        "a coroutine to yield from a primitive",
        "coroutine.yield()",
        "there is no variable coroutine",
    ),
    (
        "a finalizer",
        "setmetatable({}, { __gc = function() while true do end end })",
        "finalizers (__gc) are not supported",
    ),
    ("a text without an end", "local s = string.rep('x', 1 << 40)", "4 MiB for one string"),
    ("a text without an end, by a method", "local s = ('x'):rep(1 << 40)", "4 MiB for one string"),
    ("a text that doubles", "local s = 'x' while true do s = s .. s end", "256 MiB of memory"),
    ("a list without an end", "table.move({}, 1, 1 << 60, 2)", "131072 elements"),
    (
        "a length that is a lie",
        "table.insert(setmetatable({}, { __len = print }), 1, 2)",
        "the metamethod __len",
    ),
    (
        "a pattern of the core that never ends",
        "text.find(('a'):rep(100), '(' .. ('a?'):rep(9999) .. '){99}')",
        "size",
    ),
    ("nested calls", "local function f() return 1 + f() end f()", "1000000 values on the stack"),
    ("nested calls, caught", "local function f() pcall(f) pcall(f) end f()", "10000000 operations"),
    (
        "a list in itself",
        "local t = {} t[1] = t file.write('/tmp/x', t)",
        "64 nested lists and maps",
    ),
    (
        "a loop in the handler of an error",
        "while true do xpcall(error, function() while true do end end) end",
        "10000000 operations",
    ),
    (
        "sorting with a comparison that never ends",
        "local t = {} for i = 1, 9 do t[i] = i end table.sort(t, function() while true do end end)",
        "10000000 operations",
    ),
    (
        "a failure that is caught",
        "pcall(disk.wipe, '/dev/sdc') fs.make('/dev/sda1')",
        "/dev/sdc is in use",
    ),
    ("a module by its path", "require '/etc/passwd'", "modules are next to the recipe"),
    ("a module further up", "require '../secret'", "must not lead out of the recipe's directory"),
    (
        "a module by a name that is put together",
        "require('sto' .. 'rage')",
        "must be a string literal",
    ),
    (
        "a module by an alias of require",
        "local r = require r('storage')",
        "must be a string literal",
    ),
    ("a library as a module", "require 'os'", "there is no module os"),
    ("a module under a hidden name", "require '.ssh/config'", "invalid module name"),
];

const RHAI: &[Attempt] = &[
    ("text as code", "eval(\"1\")", "reserved"),
    ("the clock", "timestamp()", "there is no function timestamp"),
    ("chance", "rand()", "there is no function rand"),
    ("files", "open_file(\"/etc/passwd\")", "there is no function open_file"),
    ("the environment", "env(\"HOME\")", "there is no function env"),
    ("waiting", "sleep(1000000)", "recipes cannot wait for a time"),
    ("a module by its path", "import \"/etc/passwd\" as p;", "modules are next to the recipe"),
    (
        "a module further up",
        "import \"../secret\" as p;",
        "must not lead out of the recipe's directory",
    ),
    (
        "a module by a name that is put together",
        "import \"sto\" + \"rage\" as p;",
        "must be a string literal",
    ),
    (
        "a module by an interpolated name",
        "let a = \"storage\"; import `${a}` as p;",
        "must be a string literal",
    ),
    (
        "a module that depends on what happens",
        "if true { import \"storage\" as p; }",
        "imports must be at the top level",
    ),
    ("a module that is not there", "import \"nothing\" as p;", "there is no module nothing"),
    (
        "a module in the place of a domain",
        "import \"storage\" as disk;",
        "disk is defined by gscript",
    ),
    ("a chapter replaced", "fn step(title) { }", "step is defined by gscript"),
    ("printing replaced", "fn print(text) { }", "reserved"),
    ("a text without an end", "let s = \"x\"; s.pad(10000000000, \"x\");", "4 MiB for one string"),
    ("a text that doubles", "let s = \"x\"; loop { s += s; }", "4 MiB for one string"),
    (
        "a text that is replaced",
        "let s = \"x\"; s.pad(4000000, \"x\"); s.replace(\"x\", s);",
        "4 MiB for one string",
    ),
    ("a list without an end", "let a = []; a.pad(10000000000, 1);", "131072 elements"),
    ("bytes without an end", "blob(10000000000)", "131072 elements"),
    ("nested calls", "fn f() { f() } f()", "128 nested calls"),
    ("a closure that calls itself", "let f = |f| f.call(f); f.call(f)", "128 nested calls"),
    ("a loop that catches", "loop { try { loop { } } catch { } }", "10000000 operations"),
    (
        "a list in lists",
        "let a = [1]; for i in 0..100 { a = [a]; }\nfile::write(\"/tmp/x\", a)",
        "64 nested lists and maps",
    ),
    ("expressions inside one another", "DEEP", "exceeds maximum complexity"),
    ("a pattern of the core that never ends", "text::find(\"a\", \"(a{999}){999}\")", "size"),
    (
        "a secret as a text",
        "fs::make(\"/dev/sda1\", #{ label: passphrase.len().to_string() })",
        "there is no function len",
    ),
    (
        "a failure that is caught",
        "try { disk::wipe(\"/dev/sdc\"); } catch { } fs::make(\"/dev/sda1\");",
        "/dev/sdc is in use",
    ),
    ("a function as a value", "file::write(\"/tmp/x\", |a| a)", "a primitive does not accept"),
];

fn all_fail(language: Language, attempts: &[Attempt]) {
    let mut wrong = Vec::new();
    for (name, script, why) in attempts {
        let script = if *script == "DEEP" { "(".repeat(999) } else { (*script).to_owned() };
        match plan(language, &script) {
            Ok(report) => wrong.push(format!("{name}: it plans\n{}", plan_text(&report))),
            Err(error) if !error.contains(why) => wrong.push(format!("{name}: {error}")),
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_attempt_in_lua_fails() {
    all_fail(Language::Lua, LUA);
}

#[test]
fn every_attempt_in_rhai_fails() {
    all_fail(Language::Rhai, RHAI);
}

/// Plans a recipe in a directory with modules; returns the error.
fn plan_error(recipe: &str, script: &str, modules: &[(&str, &str)]) -> String {
    let test = Test::new(&["plan", recipe, "--machine", "@tests/machines/example.json"]);
    let test = modules.iter().fold(test, |test, (name, text)| test.file(name, text));
    let ran = test.file(recipe, script).run();
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{script}: {}", ran.stderr);
    ran.stderr
}

#[test]
fn modules_stay_in_the_directory() {
    let lua = "return require 'm'";
    let rhai = "import \"m\" as m; m::f()";
    for (recipe, text, modules, why) in [
        ("r.lua", lua, [("m.lua", "return 1"), ("n.lua", "")], "must return a table"),
        ("r.lua", lua, [("m.lua", "\u{1b}Lua"), ("n.lua", "")], "attempt to load a binary chunk"),
        ("r.lua", lua, [("m.lua", "disk.wipe = print"), ("n.lua", "")], "disk.wipe is defined by"),
        ("r.lua", lua, [("m.lua", "x = secret"), ("n.lua", "")], "there is no variable secret"),
        ("r.lua", lua, [("m.lua", "return {}"), ("m.rhai", "")], "ambiguous module m"),
        (
            "r.lua",
            lua,
            [("m.lua", "require 'n'"), ("n.lua", "require 'm'")],
            "import cycle: r.lua → m.lua → n.lua → m.lua",
        ),
        (
            "r.rhai",
            rhai,
            [("m.lua", "return { f = 1, g = { print } }"), ("n.lua", "")],
            "does not accept a function",
        ),
        ("r.rhai", rhai, [("m.lua", "while true do end"), ("n.lua", "")], "10000000 operations"),
        ("r.rhai", rhai, [("m.rhai", "fn f() { loop { } }"), ("n.lua", "")], "10000000 operations"),
        (
            "r.lua",
            "require('m').f()",
            [("m.rhai", "fn f() { f() }"), ("n.lua", "")],
            "128 nested calls",
        ),
        (
            "r.rhai",
            rhai,
            [("m.lua", "require 'r'"), ("n.lua", "")],
            "import cycle: r.rhai → m.lua → r.rhai",
        ),
    ] {
        let stderr = plan_error(recipe, text, &modules);
        assert!(stderr.contains(why), "{modules:?}: {stderr}");
    }
}

/// Two languages that call each other endlessly: each module passes its argument to the other.
#[test]
fn calls_across_the_languages_are_limited() {
    let keeper = "local kept\nreturn { keep = function(f) kept = f end, run = function() return kept() end }";
    let between = "import \"keeper\" as keeper;\nfn run() { keeper::run() }";
    let recipe = "local keeper, between = require 'keeper', require 'between'
keeper.keep(function() return between.run() + 1 end)
pcall(between.run)";
    let stderr = plan_error("r.lua", recipe, &[("keeper.lua", keeper), ("between.rhai", between)]);
    assert!(stderr.contains("the script exceeded its limit of"), "{stderr}");
}

#[test]
fn a_long_chain_of_modules_is_refused() {
    let text = |next: usize| format!("require 'm{next}'\nreturn {{}}");
    let texts: Vec<(String, String)> = (0..9).map(|i| (format!("m{i}.lua"), text(i + 1))).collect();
    let modules: Vec<(&str, &str)> = texts.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let stderr = plan_error("r.lua", "require 'm0'", &modules);
    assert!(stderr.contains("more than 8 nested imports"), "{stderr}");
}

#[test]
fn links_that_lead_out_of_the_directory_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let inside = directory.path().join("recipes");
    fs::create_dir(&inside).expect("a directory");
    fs::write(directory.path().join("outside.lua"), "return {}").expect("a file");
    fs::write(inside.join("own.lua"), "return {}").expect("a file");
    symlink("../outside.lua", inside.join("further_up.lua")).expect("a link");
    symlink("/etc/passwd", inside.join("absolute.lua")).expect("a link");
    symlink("..", inside.join("up")).expect("a link");
    symlink("own.lua", inside.join("beside.lua")).expect("a link");
    symlink("loop.lua", inside.join("loop.lua")).expect("a link");
    let load = |module: &str| {
        let path = inside.join("r.lua");
        fs::write(&path, format!("require '{module}'")).expect("a recipe");
        gscript::recipe::Recipe::load(&path)
            .map_err(|bad| format!("{}: {}", bad.site.line, bad.why))
    };
    for module in ["further_up", "absolute", "up/outside"] {
        let why = load(module).expect_err(module);
        assert!(why.starts_with("1: failed to read the module"), "{why}");
        assert!(why.ends_with("it leads out of the directory"), "{why}");
    }
    assert!(load("loop").expect_err("a loop").contains("Too many levels of symbolic links"));
    assert_eq!(load("beside").map(|recipe| recipe.modules.len()), Ok(1));
}
