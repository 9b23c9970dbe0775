//! Every instruction of the guides has its place in a recipe, and that place exists.

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
    let asked = |name: &&str| recipe.front.params.iter().any(|param| param.name == *name);
    for name in ["passphrase", "fallback_passphrase", "root_password"].into_iter().filter(asked) {
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

/// Returns the chapters of the installation, over its variants, and of other guides.
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
    let set =
        [("root", "/mnt/old"), ("processors", "8"), ("serial", "app-misc/one"), ("build", "world")];
    add(&mut chapters, "recipes/parallel-emerge.rhai", &example_machine(), Sim::new(), &set);
    let set = [("root", "/mnt/old"), ("install", "always")];
    add(&mut chapters, "recipes/ptmx-fix.lua", &example_machine(), Sim::new(), &set);
    let set = [("role", "node"), ("root", "/mnt/old"), ("front_end_key", "/run/front.pub")];
    add(&mut chapters, "recipes/distcc-ssh.lua", &example_machine(), Sim::new(), &set);
    let set = [
        ("role", "front-end"),
        ("nodes", "192.0.2.11"),
        ("host_keys", "approved"),
        ("fingerprints", "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"),
    ];
    add(&mut chapters, "recipes/distcc-ssh.lua", &example_machine(), Sim::new(), &set);
    let set = [
        ("name", "web"),
        ("directory", "/srv/web"),
        ("stage3", "/var/tmp/stage3.tar.xz"),
        ("kernel", "6.6.62-gentoo-dist"),
        ("profile", "default/linux/amd64/23.0/musl"),
    ];
    add(&mut chapters, "recipes/virtiofs-guest.rhai", &example_machine(), Sim::new(), &set);
    for init in ["openrc", "systemd"] {
        let set = [
            ("name", "web"),
            ("stage3", "/var/tmp/stage3.tar.xz"),
            ("distfiles", "shared"),
            ("sshd", "keys"),
            ("authorized_keys", "/root/login.pub"),
            ("autostart", init),
        ];
        add(&mut chapters, "recipes/lxc-guest.rhai", &example_machine(), Sim::new(), &set);
    }
    add_uml_guest(&mut chapters);
    chapters
}

/// Adds the chapters of a guest that starts at boot, on a bridge with a card.
fn add_uml_guest(chapters: &mut Chapters) {
    let set = [
        ("name", "web"),
        ("stage3", "/var/tmp/stage3.tar.xz"),
        ("autostart", "openrc"),
        ("bridge_at_boot", "ports"),
        ("ports", "eth0"),
    ];
    add(chapters, "recipes/uml-guest.rhai", &example_machine(), Sim::new(), &set);
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

/// The guides, with the number of their instructions.
const GUIDES: [(&str, u32); 7] =
    [("ER", 62), ("PE", 10), ("PT", 6), ("UM", 15), ("DS", 19), ("LX", 20), ("VF", 13)];

/// A row of the map: the number, and the chapter, the call and the explanation.
type Row<'a> = (&'a str, [&'a str; 3]);

/// Returns the rows about a guide under the headings that begin with `heading`.
fn rows<'a>(text: &'a str, heading: &str, guide: &str) -> Vec<Row<'a>> {
    let parts = text.split("\n## ").filter(|part| part.starts_with(heading));
    let rows = parts.flat_map(str::lines);
    let cells = rows.filter_map(|row| {
        let number = row.strip_prefix(&format!("| {guide} "))?;
        let cells: Vec<&str> = number.trim_matches('|').split('|').map(str::trim).collect();
        let [number, chapter, call, how] = cells[..] else { panic!("not four cells: {row}") };
        Some((number, [chapter, call, how]))
    });
    cells.collect()
}

/// Returns the instructions that rows are about: a number, or a range such as `3–6`.
fn numbers(rows: &[Row<'_>]) -> BTreeSet<u32> {
    let number = |text: &str| text.parse::<u32>().expect("a number");
    let ranges = rows.iter().map(|(text, _)| match text.split_once('–') {
        Some((first, last)) => number(first)..=number(last),
        None => number(text)..=number(text),
    });
    ranges.flatten().collect()
}

/// Checks that each row has a chapter that makes the named call, or a reason.
fn check_rows(rows: &[Row<'_>], chapters: &Chapters) {
    let mut seen = BTreeSet::new();
    for (number, [chapter, called, how]) in rows {
        assert!(seen.insert(number), "{number} is listed twice");
        if *chapter == "-" {
            let words = ["print", "rule", "params", "none"];
            let real = words.contains(called) || primitive(called).is_some();
            assert!(real && how.len() > 20, "{number} needs a reason");
            continue;
        }
        let calls = chapters.get(*chapter).unwrap_or_else(|| panic!("no chapter {chapter:?}"));
        assert!(calls.contains(*called), "{number}: {chapter:?} does not call {called}: {calls:?}");
    }
}

#[test]
fn the_map_is_complete_and_its_targets_are_real() {
    let text = std::fs::read_to_string(project("docs/fidelity.md")).expect("the map");
    let installing = install_chapters();
    for (guide, last) in GUIDES {
        let rows = rows(&text, "", guide);
        let (steps, rows): (Vec<Row<'_>>, Vec<Row<'_>>) =
            rows.into_iter().partition(|(number, _)| number.contains('.'));
        check_rows(&rows, &installing);
        // Number 5 of this guide is covered by the other recipe, step by step.
        let elsewhere = (guide == "ER").then_some(5);
        let wanted = (1..=last).filter(|number| Some(*number) != elsewhere).collect();
        assert_eq!(numbers(&rows), wanted, "{guide}");
        assert_eq!(steps.len(), elsewhere.map_or(0, |_| 18), "{guide}");
    }
    let back = rows(&text, "If you get stuck", "ER");
    check_rows(&back, &rescue_chapters());
    let steps: Vec<&str> = back.iter().map(|(number, _)| *number).collect();
    let wanted: Vec<String> = (1..=18).map(|step| format!("5.{step}")).collect();
    assert_eq!(steps, wanted);
    // Parameters that the map mentions exist.
    let recipe = std::fs::read_to_string(project("recipes/encrypted-root.rhai")).expect("it");
    for name in text.split('`').filter(|word| word.ends_with("_name") || word.starts_with("key_")) {
        assert!(recipe.contains(&format!("[params.{name}]")), "no parameter {name}");
    }
}
