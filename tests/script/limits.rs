//! Limits of scripts: each error names the limit and the line, in both languages, in a plan and in
//! an expression, in bounded memory, even if the script catches errors.

use std::collections::BTreeSet;

use crate::support::dsl::Test;

/// Scripts, and the limit that stops each.
const RHAI: &[(&str, &str)] = &[
    ("loop { }", "10000000 operations"),
    ("loop { try { loop { } } catch { } }", "10000000 operations"),
    ("fn f() { f() }\nf()", "128 nested calls"),
    ("let f = |f| f.call(f); f.call(f)", "128 nested calls"),
    ("let s = \"x\"; loop { try { s += s; } catch { } }", "4 MiB for one string"),
    ("let s = \"x\"; s.pad(10000000000, \"x\");", "4 MiB for one string"),
    ("let s = \"x\"; s.pad(4000000, \"x\"); s.replace(\"x\", s);", "4 MiB for one string"),
    ("let a = []; a.pad(10000000000, 1);", "131072 elements of lists and maps in one value"),
    ("blob(10000000000)", "131072 elements of lists and maps in one value"),
    (
        "fn f(s, n) { let a = s + n; let b = s + `${n}b`; f(a, n + 1) }\n\
         let s = \"x\"; s.pad(4000000, \"x\"); f(s, 0)",
        "256 MiB of memory",
    ),
    ("loop { print(\"x\") }", "1 MiB of printed text"),
    ("loop { try { print(\"x\") } catch { } }", "1 MiB of printed text"),
    ("loop { text::lines(\"x\"); }", "100000 calls of primitives"),
    ("let s = \"x\"; s.pad(1000000, \"x\"); loop { s.index_of(\"y\"); }", "10000000 operations"),
    (
        "let a = [1]; for i in 0..100 { a = [a]; }\nfile::write(\"/tmp/x\", a)",
        "64 nested lists and maps",
    ),
];

const LUA: &[(&str, &str)] = &[
    ("while true do end", "10000000 operations"),
    ("while true do pcall(function() while true do end end) end", "10000000 operations"),
    (
        "while true do xpcall(function() while true do end end, function() while true do end end) end",
        "10000000 operations",
    ),
    ("local function f() return 1 + f() end\nf()", "1000000 values on the stack of its calls"),
    ("local function f() pcall(f) pcall(f) end f()", "10000000 operations"),
    ("local s = string.rep('x', 1 << 40)", "4 MiB for one string"),
    ("while true do pcall(string.rep, 'x', 1 << 30) end", "4 MiB for one string"),
    ("local s = 'x' while true do s = s .. s end", "256 MiB of memory"),
    ("local t = {} while true do t[#t + 1] = ('x'):rep(1000) end", "256 MiB of memory"),
    (
        "local t = {} while true do pcall(function() while true do t[#t + 1] = ('x'):rep(1000) end end) end",
        "256 MiB of memory",
    ),
    ("table.move({}, 1, 1 << 60, 2)", "131072 elements of lists and maps in one value"),
    ("while true do print('x') end", "1 MiB of printed text"),
    ("local s = ('x'):rep(100000) while true do pcall(print, s) end", "1 MiB of printed text"),
    ("while true do text.lines('x') end", "100000 calls of primitives"),
    (
        "local s = ('x'):rep(4000000) while true do s:find('yy', 1, true) s:upper() end",
        "10000000 operations",
    ),
    ("local t = {1} for i = 1, 60 do t = {t, t} end file.write('/tmp/x', t)", "131072 elements"),
    (
        "local s, t = ('x'):rep(4000000), {} for i = 1, 99 do t[i] = s end file.write('/tmp/x', t)",
        "4 MiB for one string",
    ),
    ("local t = {} t[1] = t file.write('/tmp/x', t)", "64 nested lists and maps"),
];

/// Runs scripts with 1 GiB of memory in a plan, and the first script for each limit as an
/// expression, too; all must report the limit.
fn expect_limits(file: &str, scripts: &[(&str, &str)]) {
    let mut seen = BTreeSet::new();
    for (script, limit) in scripts {
        expect_limit(file, script, limit, seen.insert(limit));
    }
}

#[track_caller]
fn expect_limit(file: &str, script: &str, limit: &str, in_expression: bool) {
    let lua = file.contains("lua");
    let chunk = format!("(function() {script} end)()");
    let expression = if lua { chunk.as_str() } else { script };
    let words = if lua { vec!["--lua", "-e", expression] } else { vec!["-e", expression] };
    let machine = "@tests/machines/example.json";
    let plan = vec!["plan", file, "--machine", machine];
    for args in std::iter::once(plan).chain(in_expression.then_some(words)) {
        let ran = Test::new(&args).file(file, script).memory(1 << 30).run();
        let named = format!("error: the script exceeded its limit of {limit}");
        assert!(ran.stderr.starts_with(&named), "{script}\n{}", ran.stderr);
        // The error shows the line and a remedy.
        let lines = ran.stderr.lines().filter(|line| line.contains(":1:") || line.contains(":2:"));
        assert!(lines.count() > 0, "{script}\n{}", ran.stderr);
        assert!(ran.stderr.contains("= help: "), "{script}\n{}", ran.stderr);
        assert_eq!(ran.status, 2, "{script}");
        // An expression prints at once.
        let printed = args[0] != "plan" && ran.stdout.lines().all(|line| line == "x");
        assert!(ran.stdout.is_empty() || printed, "{script}\n{}", ran.stdout);
    }
}

#[test]
fn each_limit_in_rhai() {
    expect_limits("endless.rhai", RHAI);
}

#[test]
fn each_limit_in_lua() {
    expect_limits("endless.lua", LUA);
}

#[test]
fn unlimited_operations_are_refused() {
    for (args, why) in [
        (vec!["-e", "sleep(1000000)"], "recipes cannot wait for a time"),
        (
            vec!["--lua", "-e", "setmetatable({}, { __gc = print })"],
            "finalizers (__gc) are not supported",
        ),
        (
            vec!["--lua", "-e", "table.insert(setmetatable({}, { __len = print }), 1, 2)"],
            "a table with the metamethod __len cannot be used as a list",
        ),
    ] {
        let ran = Test::new(&args).run();
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
        assert_eq!(ran.status, 2);
    }
}

#[test]
fn one_instruction_that_never_ends() {
    let script = "local x = 1\nlocal s = ('a'):rep(100000)\ns:find(('.-'):rep(9) .. 'b')\n";
    let ran = Test::new(&["plan", "hang.lua", "--machine", "@tests/machines/example.json"])
        .file("hang.lua", script)
        .run();
    assert!(
        ran.stderr.contains("limit of 10000000 operations\n --> hang.lua:3:1"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.status, 2);
}

#[test]
fn a_limit_ends_a_whole_file_of_tests() {
    let tests =
        "test('endless', function() while true do pcall(function() while true do end end) end end)
        test('another', function() expect.same(1, 1) end)";
    let ran = Test::new(&["test", "a.test.lua"]).file("a.test.lua", tests).run();
    assert!(
        ran.stdout.contains("limit of 10000000 operations\n --> a.test.lua:1:1"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("another"), "{}", ran.stdout);
    assert_eq!(ran.status, 2);
}

#[test]
fn ordinary_work_stays_below_the_limits() {
    let rhai = "let a = []; for i in 0..10000 { a.push(`${i}`); } a.sort(); let s = \"\"; \
        for x in a { s += x; } s.replace(\"9\", \"nine\"); s.len()";
    Test::new(&["-e", rhai]).prints("50890");
    let lua = "(function() local t = {} for i = 1, 100000 do t[i] = tostring(i) end table.sort(t) \
        return #table.concat(t, ','), pcall(error, 'x') end)()";
    Test::new(&["--lua", "-e", lua]).prints("588894");
}

/// A thread that has used up its stack stops there, and another thread continues.
#[test]
fn the_end_of_the_stack_is_noticed() {
    let own = std::env::current_exe().expect("this program");
    let ran = std::process::Command::new(own)
        .args(["--ignored", "--exact", "script::limits::uses_up_its_stack", "--nocapture"])
        .output()
        .expect("it starts");
    assert_eq!(ran.status.code(), Some(42), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
#[ignore = "the test above runs it"]
fn uses_up_its_stack() {
    #[expect(unconditional_recursion, reason = "it must use up its stack")]
    fn recurse(below: &[u8; 512]) -> u8 {
        let own = std::hint::black_box([below[0]; 512]);
        recurse(&own).wrapping_add(own[1])
    }
    gscript::system::on_large_stack(|| recurse(&[1; 512]), || std::process::exit(42));
}
