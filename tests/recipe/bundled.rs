//! Bundled recipes by name: which recipe a command-line argument selects, and how journals and
//! saved plans find it again.

use std::fs;

use gscript::recipe::bundled::{find, recipes};
use gscript::recipe::{NamedRecipe, Recipe};

use crate::support::dsl::{Test, normalized, project};

const SETS: [&str; 6] = [
    "--set",
    "disk=/dev/sda",
    "--set",
    "key_dev=/dev/sdb1",
    "--set",
    "stage3=/var/tmp/stage3.tar.xz",
];

/// Plans the recipe with this name for a described machine.
fn plan(word: &str) -> Test {
    let machine = ["--machine", "@tests/machines/example.json"];
    Test::new(&[&["plan", word], &machine[..], &SETS[..]].concat())
}

/// A different recipe in a file with the name of a bundled one.
const OTHER_RECIPE: &str = "//! # Other\n//! ```toml\n//! [params.disk]\n//! type = \"disk\"\n//! [params.key_dev]\n//! type = \"device\"\n//! [params.stage3]\n//! type = \"path\"\n//! ```\nprint(\"the file\");";

#[test]
fn a_name_is_the_bundled_recipe_with_and_without_its_ending() {
    let expected = plan("@recipes/encrypted-root.rhai").run().stdout;
    let place = project("recipes/").to_string_lossy().into_owned();
    for word in ["encrypted-root", "encrypted-root.rhai", "bundled:encrypted-root"] {
        let ran = plan(word).run();
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{word}");
        let lines = |text: &str| {
            let places = text.lines().filter(|line| line.contains(".rhai:"));
            places.map(|line| normalized(&line.replace(&place, ""))).collect::<Vec<_>>()
        };
        assert!(lines(&ran.stdout).len() > 30, "{word}: {}", ran.stdout);
        assert_eq!(lines(&ran.stdout), lines(&expected), "{word}");
    }
}

/// Packages of firmware refuse to be updated while `/boot` or the EFI system partition is in fstab
/// and not mounted.
#[test]
fn no_recipe_leaves_boot_unmounted() {
    let mut checked = 0;
    for directory in ["recipes", "recipes/layouts", "stdlib"] {
        for file in fs::read_dir(project(directory)).expect("recipes") {
            let path = file.expect("a file").path();
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let boot = |line: &&str| line.contains("at: \"/boot") && line.contains("options:");
            for line in text.lines().filter(boot) {
                assert!(!line.contains("noauto"), "{}: {line}", path.display());
                checked += 1;
            }
        }
    }
    assert!(checked > 10, "{checked}");
}

/// Rhai takes a backslash literally in a string between backticks.
#[test]
fn no_string_between_backticks_has_escape_sequences() {
    let literal = regex::Regex::new(r"`[^`]*`").expect("a pattern");
    let mut found = 0;
    for directory in ["recipes", "recipes/layouts", "stdlib"] {
        for file in fs::read_dir(project(directory)).expect("recipes") {
            let path = file.expect("a file").path();
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for text in code.flat_map(|line| literal.find_iter(line)) {
                assert!(!text.as_str().contains('\\'), "{}: {}", path.display(), text.as_str());
                found += 1;
            }
        }
    }
    assert!(found > 50, "{found}");
}

#[test]
fn a_file_is_selected_by_its_full_name_and_a_note_names_both() {
    let ran = plan("encrypted-root.rhai").file("encrypted-root.rhai", OTHER_RECIPE).run();
    assert!(ran.stdout.contains("the file"), "{}", ran.stdout);
    let note = "note: using the file ./encrypted-root.rhai; the bundled recipe is encrypted-root, without the ending\n";
    assert_eq!(ran.stderr, note);
    let ran = plan("./encrypted-root.rhai").file("encrypted-root.rhai", OTHER_RECIPE).run();
    assert!(ran.stdout.contains("the file"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
    for file in ["encrypted-root.rhai", "encrypted-root.lua"] {
        let ran = plan("encrypted-root").file(file, OTHER_RECIPE).run();
        assert!(ran.stdout.contains("encrypted-root.rhai:"), "{}", ran.stdout);
        let note =
            format!("note: using the bundled recipe encrypted-root, not the file ./{file}\n");
        assert_eq!(ran.stderr, note);
    }
    // A file without the extension of a recipe does not shadow a bundled one either.
    let ran = plan("encrypted-root").file("encrypted-root", OTHER_RECIPE).run();
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
}

#[test]
fn unknown_names_and_paths_get_suggestions() {
    let unknown = |word: &str, why: &str, next: &str| {
        let stderr = format!("error: {word}: {why}\n |\n = help: {next}");
        Test::new(&["plan", word]).refuses(2, &stderr);
        Test::new(&["run", word]).refuses(2, &stderr);
        Test::new(&[word]).refuses(2, &stderr);
    };
    let why = "no such file and no bundled recipe of that name";
    let near = |name: &str| format!("did you mean {name}? See all bundled recipes: gscript list");
    unknown("encrypted-rot", why, &near("encrypted-root"));
    unknown("luks-lvm", why, &near("layouts/luks-lvm"));
    unknown("firewall.lua", why, "see the bundled recipes: gscript list");
    let why = "no such file";
    let bundled = "did you mean the bundled recipe encrypted-root?";
    unknown("recipes/encrypted-root.rhai", why, bundled);
    unknown("./encrypted-root", why, bundled);
    unknown("/nowhere/mine.rhai", why, "see the bundled recipes: gscript list");
}

#[test]
fn a_fork_never_overwrites_a_file() {
    let recipe = find("layouts/luks-lvm").expect("a recipe");
    let text = recipe.copy();
    let ran = Test::new(&["fork", "layouts/luks-lvm"]).run();
    assert_eq!(ran.stderr, "Written. To see its plan: gscript plan ./luks-lvm.rhai\n");
    assert_eq!(fs::read_to_string(ran.directory.path().join("luks-lvm.rhai")).expect("it"), text);
    let ran = Test::new(&["fork", "layouts/luks-lvm", "mine.rhai"]).run();
    assert_eq!(fs::read_to_string(ran.directory.path().join("mine.rhai")).expect("it"), text);
    let ran = Test::new(&["fork", "layouts/luks-lvm"]).file("luks-lvm.rhai", OTHER_RECIPE).run();
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("failed to write luks-lvm.rhai: File exists"), "{}", ran.stderr);
    assert_eq!(
        fs::read_to_string(ran.directory.path().join("luks-lvm.rhai")).expect("it"),
        OTHER_RECIPE
    );
    Test::new(&["fork", "luks-lvm"]).refuses(
        2,
        "error: luks-lvm: no such bundled recipe\n |\n = help: did you mean layouts/luks-lvm? See all bundled recipes: gscript list",
    );
}

#[test]
fn every_bundled_recipe_is_found_by_what_the_list_says_and_where_it_was_recorded() {
    let ran = Test::new(&["list"]).run();
    let names: Vec<&str> =
        ran.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names.len(), recipes().len());
    for (name, bundled) in names.iter().zip(recipes()) {
        assert_eq!(find(name), Some(bundled));
        let recipe = NamedRecipe::find(name.as_ref()).and_then(|named| named.load()).expect(name);
        let again = Recipe::at(&recipe.location()).expect("it is there").expect("a recipe");
        assert_eq!((again.name, again.digest), (recipe.name, recipe.digest));
    }
    assert!(Recipe::at("bundled:gone.rhai").is_none());
}

#[test]
fn boot_takes_its_firmware_after_an_equals_sign() {
    for words in [
        &["try", "--boot", "nothing"][..],
        &["try", "nothing", "--boot"],
        &["try", "--boot=efi", "nothing"],
        &["try", "nothing", "--boot=bios"],
    ] {
        let ran = Test::new(words).run();
        assert_eq!(ran.status, 2);
        assert!(ran.stderr.starts_with("error: nothing: no such file and no bundled"), "{words:?}");
    }
}
