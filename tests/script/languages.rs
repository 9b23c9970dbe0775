//! Capabilities and limits of scripts in both languages.

use gscript::script::{Language, is_open};

use crate::reference::examples::{plan, plan_text};

fn fails(language: Language, script: &str) -> String {
    match plan(language, script) {
        Ok(report) => panic!("{script:?} should fail, but plans\n{}", plan_text(&report)),
        Err(error) => error,
    }
}

#[test]
fn access_to_the_outside_is_blocked() {
    for script in [
        "eval(\"1\")",
        "timestamp()",
        "rand()",
        "import \"/etc/passwd\" as p;",
        "import \"recipes/encrypted-root\" as p;",
        "open_file(\"/etc/passwd\")",
    ] {
        fails(Language::Rhai, script);
    }
    for script in [
        "io.open('/etc/passwd')",
        "os.execute('true')",
        "os.time()",
        "require('os')",
        "load('return 1')()",
        "loadstring('return 1')()",
        "dofile('/etc/passwd')",
        "loadfile('/etc/passwd')",
        "debug.getinfo(1)",
        "package.path",
        "math.random()",
        "math.randomseed(1)",
        "string.dump(print)",
        "collectgarbage()",
        "getmetatable(_G).__index = nil",
        "setmetatable(_G, {})",
        "\u{1b}Lua",
    ] {
        fails(Language::Lua, script);
    }
}

#[test]
fn a_failed_action_can_not_be_caught() {
    let error = fails(
        Language::Rhai,
        "try { disk::wipe(\"/dev/sdc\"); } catch { } fs::make(\"/dev/sda1\");",
    );
    assert!(error.contains("/dev/sdc is in use"), "{error}");
    let error =
        fails(Language::Lua, "pcall(disk.wipe, '/dev/sdc') pcall(fs.make, '/dev/sda1') return 1");
    assert!(error.contains("/dev/sdc is in use"), "{error}");
}

#[test]
fn a_question_without_an_answer_can_be_caught() {
    let rhai =
        "try { fs::uuid(\"/dev/sda1\"); } catch (e) { print(`${e}`); } fs::make(\"/dev/sda1\");";
    let lua = "local ok, e = pcall(fs.uuid, '/dev/sda1') print(e) fs.make('/dev/sda1')";
    let (rhai, lua) = (plan(Language::Rhai, rhai), plan(Language::Lua, lua));
    assert_eq!(rhai.map(|r| plan_text(&r)), lua.map(|r| plan_text(&r)));
}

#[test]
fn lua_iterates_tables_in_a_fixed_order() {
    let script = "
        local t = { zeta = 1, alpha = 2, [3] = 'c', [1] = 'a', [10] = 'j', beta = 3 }
        for i = 1, 50 do t['k' .. i] = i end
        for k in pairs(t) do file.write('/tmp/' .. tostring(k), '') end";
    let first = plan(Language::Lua, script).map(|report| plan_text(&report)).expect("a plan");
    for _ in 0..5 {
        assert_eq!(plan(Language::Lua, script).map(|report| plan_text(&report)), Ok(first.clone()));
    }
    let place = |name: &str| first.find(&format!("file.write /tmp/{name}\n")).expect(name);
    assert!(place("1") < place("3") && place("10") < place("alpha"));
    assert!(place("alpha") < place("beta") && place("beta") < place("zeta"));
}

#[test]
fn values_round_trip() {
    let rhai = "let p = disk::partition(\"/dev/sda\", [#{ size: \"1G\", name: \"a\" }, #{ size: \"rest\" }]);
        print(type_of(p)); fs::make(p.a); fs::make(p[\"2\"]);";
    let lua =
        "local p = disk.partition('/dev/sda', { { size = '1G', name = 'a' }, { size = 'rest' } })
        print(type(p)) fs.make(p.a) fs.make(p['2'])";
    let (rhai, lua) = (plan(Language::Rhai, rhai), plan(Language::Lua, lua));
    assert_eq!(rhai.map(|r| plan_text(&r)), lua.map(|r| plan_text(&r)));
    for (language, script, why) in [
        (Language::Lua, "file.write('/tmp/x', { 1, a = 2 })", "both a list and a map"),
        (Language::Lua, "file.write('/tmp/x', { [true] = 2 })", "as a key"),
        (Language::Lua, "file.write('/tmp/x', print)", "a primitive does not accept"),
        (Language::Rhai, "file::write(\"/tmp/x\", |a| a)", "a primitive does not accept"),
        (Language::Rhai, "file::write(\"/tmp/x\", \"\\x00\")", "NUL"),
    ] {
        let error = fails(language, script);
        assert!(error.contains(why), "{script}: {error}");
    }
}

/// Enter submits the input if it is complete, and continues it on the next line otherwise.
#[test]
fn incomplete_input_is_continued() {
    let open = |language, texts: &[&str], wanted: bool| {
        for text in texts {
            assert_eq!(is_open(language, text), wanted, "{language:?}: {text}");
        }
    };
    open(
        Language::Lua,
        &["inside", "1 + 1", "luks.containers()", "x = 1", "x x", "x -- why"],
        false,
    );
    open(Language::Lua, &["luks.open(", "x =", "1 +", "if x then", "{ a = 1,", "[[ text"], true);
    open(Language::Rhai, &["inside", "1 + 1", "luks::containers()", "let x = 1;", "x x"], false);
    open(Language::Rhai, &["luks::open(", "let x =", "1 +", "if x {", "#{ a: 1,"], true);
}

/// A parameter can have the name of an existing table.
#[test]
fn a_table_of_primitives_is_no_value() {
    let error = fails(Language::Lua, "disk.info(disk)");
    assert!(
        error.contains("a built-in table of gscript") && error.contains("params.NAME"),
        "{error}"
    );
}
