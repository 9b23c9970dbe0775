//! Every instruction of the guide that is done so far has its place, and the place exists.

use std::collections::{BTreeMap, BTreeSet};

use gscript::recipe::Recipe;
use gscript::registry::primitive;
use gscript::report::Entry;
use gscript::run::Job;
use gscript::system::{Interrupts, Sim};
use gscript::types::{Secret, Value};

use crate::dsl::project;
use crate::examples::example_machine;

/// Chapters of the recipe, with what is called in each, over all its variants.
fn chapters() -> BTreeMap<String, BTreeSet<String>> {
    let recipe = Recipe::load(&project("recipes/encrypted-root.rhai")).expect("the recipe");
    let machine = example_machine();
    let mut chapters: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (unlock, home) in [("key", ""), ("passphrase", "10G")] {
        let mut answers = gscript::recipe::Answers::default();
        for (name, value) in [
            ("disk", "/dev/sda"),
            ("key_dev", "/dev/sdb1"),
            ("unlock", unlock),
            ("home_size", home),
            ("random_fill", "true"),
            ("stage3", "/var/tmp/stage3.tar.xz"),
        ] {
            answers.set(name, value);
        }
        answers.insert("passphrase", Value::Secret(Secret::new("passphrase", b"long".to_vec())));
        let variables = answers.variables(&recipe, &machine).expect("variables");
        let job = Job {
            recipe: &recipe,
            variables: &variables,
            seed: [1; 32],
            interrupts: Interrupts::default(),
            terminal: true,
        };
        let report = job
            .plan(&machine, Box::new(Sim::new()))
            .unwrap_or_else(|failed| panic!("{unlock}: {}", failed.0));
        let mut chapter = String::new();
        for entry in &report.entries {
            match entry {
                Entry::Chapter { title } => chapter.clone_from(title),
                Entry::Call(call) => {
                    chapters.entry(chapter.clone()).or_default().insert(call.name.to_string());
                }
                Entry::Said { .. } => {}
            }
        }
    }
    chapters
}

#[test]
fn the_map_is_complete_and_its_targets_are_real() {
    let text = std::fs::read_to_string(project("docs/fidelity.md")).expect("the map");
    let chapters = chapters();
    let recipe = std::fs::read_to_string(project("recipes/encrypted-root.rhai")).expect("it");
    let mut seen = BTreeSet::new();
    for row in text.lines().filter(|line| line.starts_with("| ER ")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [number, chapter, primitive_name, how] = cells[..] else {
            panic!("not four cells: {row}")
        };
        let number: u32 = number.trim_start_matches("ER ").parse().expect(row);
        assert!(seen.insert(number), "ER {number} is there twice");
        if chapter == "-" {
            let real = ["print", "rule", "params"].contains(&primitive_name)
                || primitive(primitive_name).is_some();
            assert!(real && how.len() > 20, "ER {number} needs a reason");
            continue;
        }
        let called = chapters.get(chapter).unwrap_or_else(|| panic!("no chapter {chapter:?}"));
        assert!(
            called.contains(primitive_name),
            "ER {number}: {chapter:?} does not call {primitive_name}: {called:?}"
        );
    }
    let wanted: BTreeSet<u32> = [1, 3, 4].into_iter().chain(7..=37).chain(50..=53).collect();
    assert_eq!(seen, wanted);
    // Parameters that the map speaks of exist.
    for name in text.split('`').filter(|word| word.ends_with("_name") || word.starts_with("key_")) {
        assert!(recipe.contains(&format!("[params.{name}]")), "no parameter {name}");
    }
}
