//! Tests of recipes, as authors write them. The tests of bundled recipes pass, and every kind of
//! test that should fail does, with a message that gives the reason.

use gscript::reference::docs::{example, to_lua};
use gscript::script::{Language, parse};
use gscript::test::TEST_FUNCTIONS;

use crate::support::dsl::{ProgramOutput, Test};

/// A recipe to test: it mounts a partition and writes a file.
const RECIPE: &str = r#"//! # Greet
//! ```toml
//! [params.part]
//! type = "device"
//! [params.name]
//! type = "text"
//! default = "you"
//! [needs]
//! devices = ["$part"]
//! writes = ["/mnt/a"]
//! ```
print("Greeting.");
step("Mount it");
mount::mount(part, "/mnt/a");
step("Greet");
file::write("/mnt/a/greeting", "Hello " + name + "\n");
"#;

/// The setup of each test, in both languages.
const RHAI: &str = r#"fn usual() {
    given::machine(#{ "/dev/sda": #{ size: "1G", parts: [#{ size: "rest", content: "ext4" }] } });
    given::answers(#{ part: "/dev/sda1" });
}
"#;
const LUA: &str = r#"local function usual()
    given.machine({ ["/dev/sda"] = { size = "1G", parts = { { size = "rest", content = "ext4" } } } })
    given.answers({ part = "/dev/sda1" })
end
"#;

fn run(name: &str, tests: &str, args: &[&str]) -> ProgramOutput {
    let mut words = vec!["test", name];
    words.extend(args);
    let mut ran =
        Test::new(&words).file("greet.rhai", RECIPE).file(name, tests).env("TERM", "linux").run();
    let time = regex::Regex::new(r"\d+ ms|\d+\.\d s").expect("it");
    ran.stdout = time.replace_all(&ran.stdout, "N ms").into_owned();
    let underlined = regex::Regex::new(r"\^+").expect("it");
    ran.stdout = underlined.replace_all(&ran.stdout, "^^^").into_owned();
    ran
}

/// Runs tests in Rhai and expects exactly this output.
#[track_caller]
fn prints(status: i32, tests: &str, stdout: &str) {
    let ran = run("greet.test.rhai", &format!("{RHAI}{tests}"), &[]);
    assert_eq!(ran.stdout, stdout);
    assert_eq!((ran.status, ran.stderr.as_str()), (status, ""));
}

#[test]
fn the_bundled_tests_pass() {
    let ran = Test::new(&["test", "@recipes"]).run();
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("encrypted-root.test.rhai\n"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}'), "colours outside a terminal");
}

#[test]
fn tests_that_pass_in_both_languages() {
    let rhai = r#"test("it greets", || {
        usual();
        given::answers(#{ name: "Gentoo" });
        run::recipe();
        expect::done();
        expect::prints("Greeting");
        expect::chapters(["Mount it", "Greet"]);
        expect::steps(["mkdir -p /mnt/a", "mount -t ext4 /dev/sda1 /mnt/a"], #{ chapter: "Mount it", exactly: true });
        expect::file("/mnt/a/greeting", #{ text: "Hello Gentoo" });
        expect::mounted("/mnt/a", #{ device: "/dev/sda1" });
        expect::effects(["uses /dev/sda1", "mounts /mnt/a", "writes /mnt/a"]);
        run::again();
        expect::unchanged();
        expect::already("mount.mount /dev/sda1");
    });"#;
    let lua = r#"test("it greets", function()
        usual()
        given.answers({ name = "Gentoo" })
        run.recipe()
        expect.done()
        expect.prints("Greeting")
        expect.chapters({ "Mount it", "Greet" })
        expect.steps({ "mkdir -p /mnt/a", "mount -t ext4 /dev/sda1 /mnt/a" }, { chapter = "Mount it", exactly = true })
        expect.file("/mnt/a/greeting", { text = "Hello Gentoo" })
        expect.mounted("/mnt/a", { device = "/dev/sda1" })
        expect.effects({ "uses /dev/sda1", "mounts /mnt/a", "writes /mnt/a" })
        run.again()
        expect.unchanged()
        expect.already("mount.mount /dev/sda1")
    end)"#;
    for (name, tests) in
        [("greet.test.rhai", format!("{RHAI}{rhai}")), ("greet.test.lua", format!("{LUA}{lua}"))]
    {
        let ran = run(name, &tests, &[]);
        let wanted = format!("{name}\n  + it greets  N ms\n\n1 passed, N ms\n");
        assert_eq!(ran.stdout, wanted, "{}", ran.stderr);
        assert_eq!(ran.status, 0);
    }
}

#[test]
fn a_difference_is_shown_where_it_was_expected() {
    prints(
        1,
        r#"test("the text", || {
    usual();
    run::recipe();
    expect::file("/mnt/a/greeting", #{ text: "Hello me" });
});
test("the steps", || {
    usual();
    run::recipe();
    expect::steps(["mount … /mnt/a", "umount"]);
});
"#,
        "\
greet.test.rhai
  x the text  N ms
error: /mnt/a/greeting has other contents
 --> greet.test.rhai:8:5
  |
8 |     expect::file(\"/mnt/a/greeting\", #{ text: \"Hello me\" });
  |     ^^^
    --- expected
    +++ found
    @@ -1 +1 @@
    -Hello me
    +Hello you

  x the steps  N ms
error: there is no step \"umount\" after \"mount … /mnt/a\"
  --> greet.test.rhai:13:5
   |
13 |     expect::steps([\"mount … /mnt/a\", \"umount\"]);
   |     ^^^
    --- expected
    +++ found
    @@ -1,2 +1,3 @@
    +mkdir -p /mnt/a
     mount … /mnt/a
    -umount
    +write /mnt/a/greeting

0 passed, 2 failed, N ms
",
    );
}

#[test]
fn an_unexpected_failure_is_shown_in_the_recipe() {
    prints(
        1,
        r#"test("a full disk", || {
    usual();
    fault::fails("write /mnt/a", #{ says: "No space left on device (os error 28)" });
    run::recipe();
    expect::nothing_left();
});
"#,
        "\
greet.test.rhai
  x a full disk  N ms
error: the recipe failed: No space left on device (os error 28)
  --> greet.rhai:16:1
   |
16 | file::write(\"/mnt/a/greeting\", \"Hello \" + name + \"\\n\");
   | ^^^
   |
   = in: file.write /mnt/a/greeting
   = command: write /mnt/a/greeting
   = exit: failed
   = help: fix the cause and run again; completed actions are skipped

0 passed, 1 failed, N ms
",
    );
}

#[test]
fn tests_that_could_not_fail_are_failures() {
    for (test, why) in [
        ("usual(); run::recipe();", "this test expects nothing and can never fail"),
        (
            "usual(); fault::fails(\"mkfs\"); run::recipe(); expect::done();",
            "this fault never occurred: \"mkfs\" fails",
        ),
        (
            "usual(); run::recipe(); expect::done(); fault::hangs(\"mount\");",
            "help: run the recipe after it",
        ),
        (
            "usual(); fault::gone(\"/dev/sda\"); run::plan(); expect::done();",
            "help: run::plan() injects no faults: use run::recipe()",
        ),
        ("usual(); expect::done();", "no recipe has been run yet"),
        ("usual(); run::recipe(); expect::fails(\"x\");", "reached its end, but should fail"),
        ("usual(); run::recipe(); expect::unchanged();", "the run changed something"),
        ("usual(); run::recipe(); expect::nothing_left();", "/dev/sda1 is mounted at /mnt/a"),
        ("usual(); run::recipe(); expect::untouched([\"/dev/sda\"]);", "was changed"),
        ("usual(); run::recipe(); expect::no_step(\"mount\");", "there is a step \"mount\""),
        ("usual(); run::recipe(); expect::chapters([]);", "the chapters differ"),
        ("usual(); run::recipe(); expect::already(\"file.write\");", "is not unchanged"),
        ("usual(); run::recipe(); expect::already(\"fs.make\");", "there is no action \"fs.make\""),
        ("usual(); run::recipe(); expect::effects([]);", "the user must approve something else"),
        ("usual(); run::recipe(); expect::prints(\"Bye\");", "the recipe does not print this"),
        (
            "usual(); run::recipe(); expect::warns(\"Bye\");",
            "the recipe does not give this warning",
        ),
        ("usual(); run::recipe(); expect::released([\"umount\"]);", "other things are released"),
        ("usual(); run::recipe(); expect::mounted(\"/mnt/b\");", "nothing is mounted at /mnt/b"),
        ("usual(); run::recipe(); expect::layout(\"/dev/sda\", \"\");", "is not as expected after"),
        ("usual(); run::recipe(); expect::file(\"/mnt/a/b\");", "/mnt/a/b"),
        (
            "usual(); run::recipe(); expect::file(\"/mnt/a/greeting\", #{ missing: true });",
            "/mnt/a/greeting exists",
        ),
        ("usual(); run::recipe(); expect::same(1, 2);", "the values differ"),
        ("usual(); given::answers(#{ part: \"/dev/sdz\" }); run::plan(); expect::done();", "sdz"),
        (
            "usual(); fault::fails(\"write\", #{ says: \"full\" }); run::recipe(); \
             expect::fails(\"full\", #{ ends: \"refused\" });",
            "-ends: refused\n    +ends: failed",
        ),
        ("expect::don();", "there is no function expect::don"),
        ("expect::fails(\"a\", #{ remdy: \"b\" });", "did you mean \"remedy\"?"),
        ("let x = 1 / 0; expect::done();", "Division by zero"),
    ] {
        let ran = run("greet.test.rhai", &format!("{RHAI}test(\"t\", || {{ {test} }});"), &[]);
        assert!(
            ran.stdout.contains("x t  N ms") && ran.stdout.contains(why),
            "{test}: {}",
            ran.stdout
        );
        assert_eq!((ran.status, ran.stderr.as_str()), (1, ""), "{test}");
    }
}

#[test]
fn one_failing_test_does_not_stop_the_others() {
    for (name, tests) in [
        (
            "greet.test.rhai",
            "test(\"a\", || { throw \"no\" }); test(\"b\", || { run::plan(); expect::fails(\"no value\"); }); test(\"b\", || {});",
        ),
        (
            "greet.test.lua",
            "test('a', function() error('no') end) test('b', function() run.plan() expect.fails('no value') end) test('b', function() end)",
        ),
    ] {
        let ran = run(name, tests, &[]);
        assert!(ran.stdout.contains("x a  N ms\nerror: no\n"), "{}", ran.stdout);
        assert!(ran.stdout.contains("+ b  N ms"), "{}", ran.stdout);
        assert!(ran.stdout.contains("there is another test of this name"), "{}", ran.stdout);
        assert!(ran.stdout.ends_with("1 passed, 2 failed, N ms\n"), "{}", ran.stdout);
        assert_eq!(ran.status, 1);
    }
}

#[test]
fn names_choose_tests_and_json_is_for_programs() {
    let tests =
        "test(\"one\", || { expect::same(1, 1); }); test(\"two\", || { expect::same(1, 2); });";
    let ran = run("greet.test.rhai", tests, &["--filter", "one"]);
    assert!(ran.stdout.ends_with("+ one  N ms\n\n1 passed, 1 skipped, N ms\n"), "{}", ran.stdout);
    assert_eq!(ran.status, 0);
    let ran = run("greet.test.rhai", tests, &["--json"]);
    let lines: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(
        (lines[0]["passed"].as_bool(), lines[1]["passed"].as_bool()),
        (Some(true), Some(false))
    );
    assert_eq!(lines[1]["findings"][0]["line"], 1);
    assert_eq!(ran.status, 1);
}

#[test]
fn files_without_tests_are_reported() {
    for (args, why) in [
        (vec!["test", "nothing.rhai"], "nothing.rhai: neither a directory, nor"),
        (vec!["test", "greet.rhai"], "greet.rhai: no tests found"),
        (vec!["test"], ".: no tests found"),
    ] {
        let ran = Test::new(&args).file("greet.rhai", RECIPE).run();
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    }
    let ran = run("greet.test.rhai", "test(\"a\", || { expect::done() });", &["--filter", "b"]);
    assert!(ran.stderr.contains("no test name contains b"), "{}", ran.stderr);
    assert_eq!(ran.status, 2);
    let ran = run("greet.test.rhai", "let x = ;", &[]);
    assert!(ran.stdout.contains("greet.test.rhai:1"), "{}", ran.stdout);
    assert_eq!(ran.status, 2);
    let ran = run("greet.test.lua", "run.recipe()", &[]);
    assert!(ran.stdout.contains("only allowed inside a test"), "{}", ran.stdout);
    assert_eq!(ran.status, 2);
}

#[test]
fn examples_of_words_are_right_in_both_languages() {
    for word in TEST_FUNCTIONS {
        let rhai = example(word.spec).expect(word.spec.name);
        parse(Language::Rhai, "example", &rhai).expect(word.spec.name);
        parse(Language::Lua, "example", &to_lua(&rhai)).expect(word.spec.name);
        assert!(rhai.contains(&Language::Rhai.call(word.spec.name)), "{rhai}");
    }
}
