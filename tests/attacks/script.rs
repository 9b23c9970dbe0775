//! Scripts that hang or crash their engine, exceed a limit, or obtain values that differ by run.

use std::fs::File;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::Attempt;
use crate::support::dsl::{PROGRAM, Test};

const MOUNTED: &str = "mount::tmpfs(\"/mnt/q\", #{ size: \"1M\" });\n";
const MOUNTED_LUA: &str = "mount.tmpfs('/mnt/q', { size = '1M' })\n";
/// A branch that the plan does not take: the file exists only in the run.
const RUNS: &str = "if file::exists(\"/mnt/q/runs\") {";

/// A Lua script that keeps closing variables after every error.
const CLOSES: &str = "local mt = {}
local function thing() return setmetatable({}, mt) end
local function nothing() end
local first = true
local function once() first = not first if not first then return 1 end end
local function spawn()
    for _ in once, nil, nil, thing() do for _ in error, nil, nil, thing() do end end
end
mt.__close = spawn
";

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    let mut all = deep();
    all.extend(calls());
    all.extend(long());
    all.extend(swallowed());
    all.extend(nondeterminism());
    all.extend(inputs());
    all.extend(real());
    all
}

fn both(name: &'static str, rhai: &str, lua: &str) -> Attempt {
    Attempt::new(name).rhai(rhai).lua(lua).planned("sata")
}

fn rhai(name: &'static str, text: &str) -> Attempt {
    Attempt::new(name).rhai(text).planned("sata")
}

fn lua(name: &'static str, text: &str) -> Attempt {
    Attempt::new(name).lua(text).planned("sata")
}

/// Deeply nested values and expressions.
fn deep() -> Vec<Attempt> {
    let (open, close) = ("1+(".repeat(50), ")".repeat(50));
    let many = |begin: &str, middle: &str, end: &str| {
        format!("{}{middle}{}", begin.repeat(100_000), end.repeat(100_000))
    };
    vec![
        rhai("closures in closures", "let f=||0; for i in 0..100000 { let g=f; f = || g; } 1")
            .exits(0)
            .exits(2),
        rhai("closures in closures without an end", "let f=||0; loop { let g=f; f = || g; }").exits(2),
        both(
            "lists in lists without an end",
            "let a=[]; loop { a=[a]; }",
            "local t={} while true do t={t} end",
        )
        .exits(2),
        both(
            "deep expressions in deep calls",
            &format!("fn f(n) {{ if n==0 {{0}} else {{ {open}f(n-1){close} }} }} f(125);"),
            &format!(
                "local function f(n) if n==0 then return 0 end return {open}f(n-1){close} end f(9999)"
            ),
        )
        .exits(0)
        .exits(2),
        both("a sum of 100,000 numbers", &many("1+", "1", ""), &format!("return {}", many("1+", "1", "")))
            .exits(0)
            .exits(2),
        both("100,000 brackets", &many("(", "1", ")"), &format!("return {}", many("(", "1", ")")))
            .exits(2),
        both("100,000 lists", &many("[", "1", "]"), &format!("return {}", many("{", "1", "}"))).exits(2),
        both("100,000 negations", &many("!", "true", ""), &format!("return {}", many("not ", "1", "")))
            .exits(2),
        both(
            "100,000 blocks",
            &many("{", "1", "}"),
            &many("do ", "", " end"),
        )
        .exits(2),
        both(
            "100,000 alternatives",
            &format!("if false {{}}{}", " else if false {}".repeat(100_000)),
            &format!("if false then{} end", " elseif false then".repeat(100_000)),
        )
        .exits(0)
        .exits(2),
        rhai("100,000 interpolations", &"`${".repeat(100_000)).exits(2),
        rhai("100,000 comments in comments", &many("/*", "", "*/")).exits(0).exits(2),
        rhai("100,000 parts of parts", &format!("let a = 1; a{}", ".b".repeat(100_000))).exits(2),
        rhai(
            "a list that holds itself",
            "let a = []; let f = || a; a.push(a); a.push(f); print(a); file::write(\"/mnt/x\", a)",
        )
        .exits(0)
        .exits(2),
    ]
}

/// Nested calls.
fn calls() -> Vec<Attempt> {
    vec![
        lua("calls through pcall", "local function f() return pcall(f) end f()").exits(0).exits(2),
        lua(
            "calls through metatables",
            "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k + 1] end
            return t[1]",
        )
        .exits(2),
        lua(
            "calls through a chain of tables",
            "local t = {} for i = 1, 100000 do t = setmetatable({}, { __index = t }) end return t.x",
        )
        .exits(2),
        lua("calls through gsub", "local function f() ('x'):gsub('x', f) end f()").exits(2),
        lua("calls through sort", "local function f() table.sort({1, 2}, f) end f()").exits(2),
        lua(
            "calls through tostring",
            "local t = {} setmetatable(t, { __tostring = function() return tostring(t) end }) print(t)",
        )
        .exits(2),
        lua(
            "calls through handlers of errors",
            "local function f() xpcall(error, f) error('x') end f()",
        )
        .exits(2),
        rhai("calls through sort in Rhai", "fn f(n) { let a=[1,2,3]; a.sort(|x,y| { f(n+1); 0 }); } f(0)")
            .exits(2),
        rhai("calls through map", "fn f(n) { [1].map(|x| f(x)) } f(0)").exits(2),
    ]
}

/// A single instruction that takes very long.
fn long() -> Vec<Attempt> {
    vec![
        both(
            "a regular expression that takes for ever",
            "let s = \"a\"; s.pad(4000000, \"a\"); let p = \"\"; for i in 0..1500 { p += \"a*\"; } p += \"b\";
            text::find(s, p);",
            "text.find(('a'):rep(4000000), ('a*'):rep(1000)..'b')",
        )
        .exits(2)
        .says("too complex for a string of"),
        lua("a pattern that goes back for ever", "return ('a'):rep(30000):find('.-.-.-.-b')").exits(2),
        lua("a pattern in gsub", "return ('a'):rep(30000):gsub('.-.-.-.-b', '')").exits(2),
        lua("a pattern in gmatch", "for _ in ('a'):rep(30000):gmatch('.*.*.*b') do end").exits(2),
        lua("a pattern with references", "return ('a'):rep(30000):match('(.*)%1%1b')").exits(2),
        lua("a set of many characters", "return ('a'):rep(4000000):find('[' .. ('b'):rep(4000000) .. ']')")
            .exits(2),
        lua("balanced brackets", "return ('('):rep(4000000):find('%b()')").exits(2),
        lua(
            "plain text that nearly fits everywhere",
            "return (('a'):rep(4000000)):find(('a'):rep(2000000) .. 'b', 1, true)",
        )
        .exits(0)
        .exits(2),
        both("nothing, very often", "let s = \"\"; s.pad(10, \"\"); s", "return (''):rep(1 << 60)").exits(0),
        lua("nothing, very often, with nothing between", "return (''):rep(1 << 60, '')").exits(0),
        lua("a packed string without an end", "return string.pack('c' .. (1 << 40), '')").exits(2),
        both(
            "a list that holds another many times",
            "let a = [1]; let f = || a; for i in 0..60 { let b = [a, a]; a = b; } file::write(\"/mnt/x\", a)",
            "local t = {1} for i = 1, 60 do t = {t, t} end file.write('/mnt/x', t)",
        )
        .exits(2),
        lua(
            "a list that holds a long string many times",
            "local s, t = ('x'):rep(4000000), {} for i = 1, 1000 do t[i] = s end file.write('/mnt/x', t)",
        )
        .exits(2),
        both(
            "two files that have no line in common",
            "let a = \"a\\n\"; a.pad(200000, \"a\\n\"); let b = \"b\\n\"; b.pad(200000, \"b\\n\");
            file::write(\"/mnt/x\", a); file::write(\"/mnt/x\", b);",
            "file.write('/mnt/x', ('a\\n'):rep(100000)) file.write('/mnt/x', ('b\\n'):rep(100000))",
        )
        .exits(0),
    ]
}

/// Limits and errors that a script tries to suppress.
fn swallowed() -> Vec<Attempt> {
    vec![
        rhai("sort swallows a limit", "[3, 2, 1].sort(|a, b| { loop { } })")
            .exits(2)
            .says("limit of 10000000 operations"),
        rhai("sort swallows an error", "[3, 2, 1].sort(|a, b| { throw \"an error\" })")
            .exits(2)
            .says("an error"),
        rhai("dedup swallows a limit", "[1, 1, 1].dedup(|a, b| { loop { } })")
            .exits(2)
            .says("limit of 10000000 operations"),
        rhai("dedup swallows an error", "[1, 1, 1].dedup(|a, b| { throw \"an error\" })")
            .exits(2)
            .says("an error"),
        rhai(
            "a failure in sort",
            "[2, 1].sort(|a, b| { disk::wipe(\"/dev/none\"); 0 }); print(\"goes \" + \"on\");",
        )
        .never_says("goes on")
        .exits(2)
        .exits(3),
        lua("variables that are closed", "local x <close> = setmetatable({}, {})")
            .exits(2)
            .says("to-be-closed variables (<close>) are not supported"),
        lua("variables that are closed, behind a comment", "-- x\rlocal x <close> = {}")
            .exits(2)
            .says("a carriage return must be followed by a newline"),
        lua("metatables that close", "setmetatable({}, { __close = print })")
            .exits(2)
            .says("to-be-closed variables (__close) are not supported"),
        lua("metatables with finalizers", "setmetatable({}, { __gc = print })").exits(2),
        lua("weak tables", "setmetatable({}, { __mode = 'k' })")
            .exits(2)
            .says("weak tables (__mode) are not supported"),
        lua("a loop that closes things without an end", &format!("{CLOSES}spawn()")).exits(2),
        lua(
            "handlers that call themselves",
            "while true do xpcall(error, function() error() end) end",
        )
        .exits(2),
    ]
}

/// Values that differ between runs.
fn nondeterminism() -> Vec<Attempt> {
    vec![
        lua("random numbers from the address of a table", "print(tostring({}))").never_says("0x"),
        lua("from the address of a function", "print(tostring(print), tostring(function() end))")
            .never_says("0x"),
        lua("through print", "print({}, print)").never_says("0x"),
        lua("through %s", "print(('%s %s'):format({}, print))").never_says("0x"),
        lua("through %p", "print(('%p'):format({}))").exits(2).says("differs between runs"),
        lua(
            "through a metatable that hides",
            "print(tostring(setmetatable({}, { __metatable = { __tostring = 1 } })))",
        )
        .never_says("0x"),
        lua("through the name of a type", "print(tostring(setmetatable({}, { __name = 'x' })))")
            .never_says("0x"),
        lua(
            "from the order of keys that are tables",
            "for k in pairs({ [{}] = 1, [{}] = 2 }) do end",
        )
        .exits(2)
        .says("its keys have no order"),
        lua("from the order of next", "print(next({ [{}] = 1, [print] = 2 }))")
            .exits(2)
            .says("its keys have no order"),
        lua("from raw access to the library", "print(rawget(string, 'format'))").says("nil"),
        Attempt::new("two runs print the same").check(reproducible_output),
    ]
}

/// Input files that are not regular files.
fn inputs() -> Vec<Attempt> {
    vec![
        Attempt::new("pipes, devices, directories and sockets as recipes")
            .check(|| special_files("plan", &[], ".lua")),
        Attempt::new("the same as machines")
            .check(|| special_files("plan", &["r.lua", "--machine"], ".json")),
        Attempt::new("the same as answers").check(|| {
            special_files("plan", &["r.lua", "--machine", "m.json", "--answers"], ".toml")
        }),
        Attempt::new("the same as saved plans").check(|| special_files("apply", &[], ".json")),
        Attempt::new("the same as journals").check(|| special_files("resume", &[], ".jsonl")),
        Attempt::new("the same as tests of a recipe")
            .check(|| special_files("test", &[], ".test.lua")),
        Attempt::new("the same in a check").check(|| special_files("check", &[], ".rhai")),
        Attempt::new("a module that is a pipe").check(|| {
            in_directory(|directory| {
                mkfifo(&directory.join("m.lua"), Mode::S_IRWXU)
                    .map_err(|error| error.to_string())?;
                let written = std::fs::write(directory.join("q.lua"), "require 'm'");
                written.map_err(|error| error.to_string())?;
                refused(directory, &["plan", "q.lua"])
            })
        }),
    ]
}

/// Attempts while a filesystem is mounted.
fn real() -> Vec<Attempt> {
    let mounted = |name, text: &str| Attempt::new(name).rhai(&format!("{MOUNTED}{text}"));
    let mounted_lua = |name, text: &str| Attempt::new(name).lua(&format!("{MOUNTED_LUA}{text}"));
    vec![
        mounted(
            "closures in closures while something is mounted",
            "let f=||0; loop { let g=f; f = || g; }",
        )
        .for_real()
        .exits(2),
        mounted(
            "an endless loop that only runs",
            &format!("file::write(\"/mnt/q/runs\", \"\"); {RUNS} loop {{ }} }}"),
        )
        .for_real()
        .exits(2),
        mounted_lua(
            "a pattern while something is mounted",
            "return ('a'):rep(30000):find('.-.-.-.-b')",
        )
        .for_real()
        .exits(2),
        mounted_lua(
            "a loop that closes things while something is mounted",
            &format!("{CLOSES}spawn()"),
        )
        .for_real()
        .exits(2),
    ]
}

/// Runs the program in a directory; fails unless it refuses with an exit code from 1 to 3.
fn refused(directory: &Path, words: &[&str]) -> Result<(), String> {
    let output = Command::new(PROGRAM)
        .args(words)
        .env("GSCRIPT_STATE", directory.join("state"))
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    match output.status.code() {
        Some(1..=3) => Ok(()),
        other => Err(format!("{words:?}: {other:?} {}", String::from_utf8_lossy(&output.stderr))),
    }
}

fn in_directory(see: impl FnOnce(&Path) -> Result<(), String>) -> Result<(), String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    std::fs::write(directory.path().join("r.lua"), "print(1)")
        .map_err(|error| error.to_string())?;
    let machine = crate::support::dsl::project("tests/machines/sata.json");
    std::fs::copy(machine, directory.path().join("m.json")).map_err(|error| error.to_string())?;
    see(directory.path())
}

/// Passes various files that are not regular files as the last argument.
fn special_files(command: &str, words: &[&str], ending: &str) -> Result<(), String> {
    in_directory(|directory| {
        let failed = |error: std::io::Error| error.to_string();
        let name = |what: &str| format!("{what}{ending}");
        mkfifo(&directory.join(name("pipe")), Mode::S_IRWXU).map_err(|error| error.to_string())?;
        std::fs::create_dir(directory.join(name("directory"))).map_err(failed)?;
        let _socket = UnixListener::bind(directory.join(name("socket"))).map_err(failed)?;
        std::os::unix::fs::symlink("/dev/zero", directory.join(name("endless"))).map_err(failed)?;
        std::os::unix::fs::symlink("/dev/tty", directory.join(name("terminal"))).map_err(failed)?;
        let large = File::create(directory.join(name("large"))).map_err(failed)?;
        large.set_len(1 << 40).map_err(failed)?;
        ["pipe", "directory", "socket", "endless", "terminal", "large"].iter().try_for_each(
            |what| {
                let file = name(what);
                // A directory without tests is not an error.
                if command == "test" && *what == "directory" {
                    return Ok(());
                }
                let words: Vec<&str> =
                    [command].iter().chain(words).copied().chain([file.as_str()]).collect();
                refused(directory, &words)
            },
        )
    })
}

/// A script sees the same state of its engine in every process.
fn reproducible_output() -> Result<(), String> {
    let lua = "local t, seen = {}, {} for i = 1, 300 do t['k' .. i] = i end
        for k, v in pairs(t) do seen[#seen + 1] = k end
        local k = next(t) while k do seen[#seen + 1] = k k = next(t, k) end
        local s = {} for i = 1, 300 do s[i] = { n = i % 7 } end
        table.sort(s, function(a, b) seen[#seen + 1] = a.n return a.n < b.n end)
        return table.concat(seen, ' ') .. tostring(t) .. tostring(print)";
    let lua = format!("(function() {lua} end)()");
    let rhai =
        "let m = #{}; for i in 0..300 { m[`k${i}`] = i; } let f = |x| x; `${m} ${f} ${m.keys()}`";
    for words in [vec!["--lua", "-e", lua.as_str()], vec!["-e", rhai]] {
        let (first, second) = (Test::new(&words).run(), Test::new(&words).run());
        if first.status != 0 {
            return Err(first.stderr);
        }
        if first.stdout != second.stdout {
            return Err(format!("{}\n{}", first.stdout, second.stdout));
        }
    }
    Ok(())
}
