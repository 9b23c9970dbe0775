//! Every bundled recipe on every described machine: its plan, or the reason why it is refused.
//!
//! To add a machine, put its file into `tests/machines`, run `make snapshots ACCEPT=1` and review
//! the snapshots. The disk and the stick of a plan depend on the machine: the first disk that is
//! not removable, and the first partition of the first removable one. If there is no stick, a
//! recipe that can use a passphrase gets one. Add further parameters for a machine to [`ADDITIONAL`].

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use gscript::machine::{Device, Machine};
use gscript::recipe::{ParamDecl, ParamKind, Recipe};

use crate::support::dsl::{Test, normalized, project, snapshot};

/// Machine, name of the additional plan, and its parameters.
const ADDITIONAL: &[(&str, &str, &[&str])] = &[
    ("disk-20t", "plain", &["cipher=aes-xts-plain"]),
    ("disk-20t", "mbr", &["table=mbr"]),
    ("sectors-4k", "mbr", &["table=mbr"]),
    ("sata", "luks1", &["luks=luks1", "table=mbr"]),
    ("sata", "fill", &["random_fill=true", "home_size=200G", "filesystem=xfs"]),
    ("sata", "key-on-the-disk", &["key_dev=/dev/sda3"]),
    ("twins", "second", &["disk=/dev/disk/by-id/ata-WDC_WD10EZEX-08WN4A0_WD-WCC6Y5DVK0N2"]),
    ("old-group-elsewhere", "renamed", &["vg_name=vg_new"]),
    ("raid-members", "second", &["disk=/dev/sdb"]),
    ("mmc", "boot-area", &["disk=/dev/mmcblk0boot0"]),
];

#[test]
fn every_recipe_on_every_machine() {
    let mut kept = BTreeSet::new();
    let mut wrong = Vec::new();
    let recipes = names("recipes", &["rhai", "lua"]);
    // Recipes that exist in both languages have the same plan.
    let twin = |recipe: &str| {
        recipe.strip_suffix(".lua").is_some_and(|stem| recipes.contains(&format!("{stem}.rhai")))
    };
    for recipe in recipes.iter().filter(|recipe| !recipe.contains(".test.") && !twin(recipe)) {
        for machine in names("tests/machines", &["json"]) {
            let stem = stem(&machine);
            let further =
                ADDITIONAL.iter().filter(|(name, _, set)| *name == stem && has_params(recipe, set));
            let cases = further.map(|(_, also, set)| (format!("{stem}+{also}"), *set));
            for (name, set) in std::iter::once((stem.clone(), [].as_slice())).chain(cases) {
                let text = planned(recipe, &machine, set);
                let file = format!("plans/{}/{name}.txt", self::stem(recipe));
                let checked = std::panic::catch_unwind(|| snapshot(&file, &text));
                wrong.extend(checked.err().map(|_| file.clone()));
                kept.insert(file);
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "changed: {wrong:?}; show differences: make snapshots; accept: make snapshots ACCEPT=1"
    );
    assert!(kept.len() >= 50, "only {} plans", kept.len());
    refuse_unused_snapshots(&kept);
}

/// Fails if a snapshot is not written by any recipe and machine.
fn refuse_unused_snapshots(kept: &BTreeSet<String>) {
    for directory in names("tests/snapshots/plans", &[""]) {
        for file in names(&format!("tests/snapshots/plans/{directory}"), &["txt"]) {
            let name = format!("plans/{directory}/{file}");
            assert!(kept.contains(&name), "nothing writes tests/snapshots/{name} any more");
        }
    }
}

/// Returns whether a recipe has all of these parameters.
fn has_params(recipe: &str, set: &[&str]) -> bool {
    let loaded = Recipe::load(&project("recipes").join(recipe)).expect("a recipe");
    let known = |name: &str| loaded.front.params.iter().any(|param| param.name == name);
    set.iter().all(|set| set.split_once('=').is_some_and(|(name, _)| known(name)))
}

/// Returns the output of `gscript plan`, below its command line.
fn planned(recipe: &str, machine: &str, also: &[&str]) -> String {
    let loaded = Recipe::load(&project("recipes").join(recipe)).expect("a recipe");
    let described = fs::read_to_string(project("tests/machines").join(machine)).expect("a machine");
    let described = Machine::read(&described).expect("a machine");
    let mut words: Vec<String> =
        vec!["plan".into(), format!("@recipes/{recipe}"), "--machine".into()];
    words.push(format!("@tests/machines/{machine}"));
    let params = &loaded.front.params;
    let chosen =
        params.iter().filter_map(|param| Some((param, param_value(param, params, &described)?)));
    for (param, value) in chosen {
        let given = |set: &&str| set.starts_with(&format!("{}=", param.name));
        if !also.iter().any(given) {
            words.extend(["--set".into(), format!("{}={value}", param.name)]);
        }
    }
    words.extend(also.iter().flat_map(|set| ["--set".to_owned(), (*set).to_owned()]));
    let secret = words.iter().any(|word| word == "unlock=passphrase");
    let said = if secret { " --answers FILE" } else { "" };
    let shown: Vec<&str> = words.iter().map(|word| word.trim_start_matches('@')).collect();
    let mut args: Vec<&str> = words.iter().map(String::as_str).collect();
    if secret {
        args.extend(["--answers", "answers.toml"]);
    }
    let test = Test::new(&args).private("answers.toml", "passphrase = \"an example, and long\"\n");
    let ran = test.run();
    let home = project("").to_string_lossy().into_owned();
    let result = normalized(&format!("{}{}", ran.stdout, ran.stderr).replace(&home, ""));
    format!("$ gscript {}{said}\n{result}exit code {}\n", shown.join(" "), ran.status)
}

/// Returns the value of a parameter on this machine; `None` if the default is used.
fn param_value(param: &ParamDecl, all: &[ParamDecl], machine: &Machine) -> Option<String> {
    let stick = machine.disks().find(|disk| disk.removable);
    let stick = stick.and_then(|stick| machine.partitions(&stick.path).first().copied());
    let path = |device: &Device| device.path.clone();
    match (param.kind, param.name.as_str()) {
        (ParamKind::Disk, _) => {
            machine.disks().find(|disk| !disk.removable && !disk.read_only).map(path)
        }
        (ParamKind::Device, _) if param.default.is_none() => stick.map(path),
        (ParamKind::Text, "name") if param.default.is_none() => Some("web".into()),
        (ParamKind::Path, "stage3") => Some("/var/tmp/stage3.tar.xz".into()),
        (ParamKind::Choice, "unlock") => {
            let passphrase = all.iter().any(|param| param.kind == ParamKind::Secret);
            (stick.is_none() && passphrase).then(|| "passphrase".into())
        }
        _ => None,
    }
}

/// Returns the sorted names of the files in a directory of the project with these extensions.
fn names(directory: &str, ends: &[&str]) -> Vec<String> {
    let entries = fs::read_dir(project(directory)).expect(directory);
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect(directory).file_name().to_string_lossy().into_owned())
        .filter(|name| {
            let end = Path::new(name).extension().map(|end| end.to_string_lossy().into_owned());
            ends.contains(&end.unwrap_or_default().as_str())
        })
        .collect();
    names.sort();
    names
}

fn stem(name: &str) -> String {
    Path::new(name).file_stem().expect("a name").to_string_lossy().into_owned()
}

/// The example is compared without the lines of the recipe, and `…` stands for anything.
#[test]
fn the_example_in_the_readme_is_a_plan() {
    let readme = fs::read_to_string(project("README.md")).expect("README.md");
    let example = readme.split("```\n").find_map(|block| block.strip_prefix("$ gscript "));
    let (words, example) = example.and_then(|text| text.split_once('\n')).expect("an example");
    let mut words: Vec<&str> = words.split(' ').collect();
    words.extend(["--machine", "@tests/machines/example.json"]);
    let plan = Test::new(&words).run().stdout;
    let mut lines = plan.lines();
    for wanted in example.lines().filter(|line| !["", "…"].contains(&line.trim())) {
        let start = wanted.trim_end_matches('…');
        let start = start.split_once(".rhai:").map_or(start, |(start, _)| start);
        assert!(
            lines.any(|line| line.starts_with(start)),
            "not in the plan here: {wanted}\n{plan}"
        );
    }
}
