//! Every instruction of the guide has its place in a recipe, and that place exists.

use std::collections::{BTreeMap, BTreeSet};

use gscript::machine::Machine;
use gscript::plan::report::PlanEntry;
use gscript::primitives::registry::primitive;
use gscript::recipe::{Answers, Recipe};
use gscript::run::job::Job;
use gscript::system::sim::faults::Faults;
use gscript::system::{Interrupts, Sim};
use gscript::test::simulate;
use gscript::types::{Secret, Value};

use crate::reference::examples::example_machine;
use crate::support::dsl::project;

/// Chapters of a recipe, with the primitives that each calls.
type Chapters = BTreeMap<String, BTreeSet<String>>;

/// Plans a recipe, and adds the calls of its chapters.
fn add(to: &mut Chapters, name: &str, machine: &Machine, sim: Sim, set: &[(&str, &str)]) {
    let recipe = Recipe::load(&project(name)).expect("the recipe");
    let mut answers = Answers::default();
    for (name, value) in set {
        answers.set(name, value);
    }
    for name in ["passphrase", "fallback_passphrase", "root_password"] {
        answers.insert(name, Value::Secret(Secret::new(name, b"long".to_vec())));
    }
    let variables = answers.variables(&recipe, machine).expect("variables");
    let job = Job {
        recipe: &recipe,
        variables: &variables,
        seed: [1; 32],
        interrupts: Interrupts::default(),
        terminal: true,
    };
    let report = job
        .plan(machine, Box::new(sim))
        .unwrap_or_else(|failed| panic!("{name} with {set:?}: {}", failed.0));
    let mut chapter = String::new();
    for entry in &report.entries {
        match entry {
            PlanEntry::Chapter { title } => chapter.clone_from(title),
            PlanEntry::Call(call) => {
                to.entry(chapter.clone()).or_default().insert(call.name.to_string());
            }
            PlanEntry::Said { .. } => {}
        }
    }
}

/// Returns the chapters of the installation, over its variants.
fn install_chapters() -> Chapters {
    let mut chapters = Chapters::new();
    for (unlock, home, goal, from) in [
        ("key", "", "base", "dist"),
        ("passphrase", "10G", "bootable", "dist"),
        ("gpg", "", "bootable", "genkernel"),
    ] {
        let set = [
            ("disk", "/dev/sda"),
            ("key_dev", "/dev/sdb1"),
            ("unlock", unlock),
            ("home_size", home),
            ("random_fill", "true"),
            ("goal", goal),
            ("kernel_from", from),
            ("fallback", "passphrase"),
            ("stage3", "/var/tmp/stage3.tar.xz"),
        ];
        add(&mut chapters, "recipes/encrypted-root.rhai", &example_machine(), Sim::new(), &set);
    }
    chapters
}

/// Returns the chapters of the rescue of a closed installation. It discovers the contents of the
/// container during the run, so a plan is not enough: it is run on the simulation.
fn rescue_chapters() -> Chapters {
    let run = |name: &str, machine: &Machine, sim: Sim, set: &[(&str, &str)]| {
        let recipe = Recipe::load(&project(name)).expect("the recipe");
        let mut answers = Answers::default();
        for (name, value) in set {
            answers.set(name, value);
        }
        let variables = answers.variables(&recipe, machine);
        let ran = simulate(&recipe, variables, machine, sim, &Faults::default(), false);
        let message = ran.error.as_ref().map(ToString::to_string);
        assert_eq!(message, None, "{name}");
        ran
    };
    let disk = [
        ("disk", "/dev/sda"),
        ("key_dev", "/dev/sdb1"),
        ("stage3", "/var/tmp/s.tar.xz"),
        ("goal", "base"),
    ];
    let there = run("recipes/encrypted-root.rhai", &example_machine(), Sim::new(), &disk);
    let part = [("container", "/dev/sda2"), ("key_dev", "/dev/sdb1")];
    let back = run("recipes/rescue-encrypted-root.rhai", &there.after, there.sim, &part);
    let mut chapters = Chapters::new();
    for call in back.calls {
        let name = call.title.split(' ').next().unwrap_or_default().to_owned();
        chapters.entry(call.chapter).or_default().insert(name);
    }
    chapters
}

/// Returns the rows of the table under this heading: the number, and the other three cells.
fn rows<'a>(text: &'a str, heading: &str) -> Vec<(&'a str, [&'a str; 3])> {
    let part = text.split("\n## ").find(|part| part.starts_with(heading)).expect("a part");
    let rows = part.lines().filter(|line| line.starts_with("| ER "));
    let cells = rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [number, chapter, call, how] = cells[..] else { panic!("not four cells: {row}") };
        (number.trim_start_matches("ER "), [chapter, call, how])
    });
    cells.collect()
}

/// Checks that each row has a chapter that makes the named call, or a reason.
fn judge(rows: &[(&str, [&str; 3])], chapters: &Chapters) {
    let mut seen = BTreeSet::new();
    for (number, [chapter, called, how]) in rows {
        assert!(seen.insert(number), "ER {number} is listed twice");
        if *chapter == "-" {
            let real = ["print", "rule", "params"].contains(called) || primitive(called).is_some();
            assert!(real && how.len() > 20, "ER {number} needs a reason");
            continue;
        }
        let calls = chapters.get(*chapter).unwrap_or_else(|| panic!("no chapter {chapter:?}"));
        assert!(
            calls.contains(*called),
            "ER {number}: {chapter:?} does not call {called}: {calls:?}"
        );
    }
}

#[test]
fn the_map_is_complete_and_its_targets_are_real() {
    let text = std::fs::read_to_string(project("docs/fidelity.md")).expect("the map");
    let installed = rows(&text, "Installing");
    judge(&installed, &install_chapters());
    let numbers: BTreeSet<u32> =
        installed.iter().map(|(number, _)| number.parse().expect("a number")).collect();
    // Number 5 is covered by the other recipe.
    let wanted: BTreeSet<u32> = (1..=62).filter(|number| *number != 5).collect();
    assert_eq!(numbers, wanted);
    let back = rows(&text, "If you get stuck");
    judge(&back, &rescue_chapters());
    let steps: Vec<&str> = back.iter().map(|(number, _)| *number).collect();
    let wanted: Vec<String> = (1..=18).map(|step| format!("5.{step}")).collect();
    assert_eq!(steps, wanted);
    // Parameters that the map mentions exist.
    let recipe = std::fs::read_to_string(project("recipes/encrypted-root.rhai")).expect("it");
    for name in text.split('`').filter(|word| word.ends_with("_name") || word.starts_with("key_")) {
        assert!(recipe.contains(&format!("[params.{name}]")), "no parameter {name}");
    }
}
