//! The guide in Rhai and the guide in Lua: the same plan, the same records.

use std::cell::RefCell;
use std::rc::Rc;

use gscript::journal::{Record, Story};
use gscript::machine::Machine;
use gscript::plan::approval::{Approval, Nobody};
use gscript::plan::report::Entry;
use gscript::recipe::{Answers, Recipe};
use gscript::run::job::{Job, RunStart, new_journal};
use gscript::run::session::Gate;
use gscript::script::{Shared, run};
use gscript::system::sim::faults::Faults;
use gscript::system::{Interrupts, Sim};
use gscript::types::{Map, Secret, Value};

use crate::script::modules::session;
use crate::support::dsl::project;

/// A recipe with these answers: its variables.
fn variables(recipe: &Recipe, machine: &Machine, set: &[(&str, &str)]) -> Map {
    let mut answers = Answers::default();
    for (name, value) in set {
        answers.set(name, value);
    }
    for name in ["passphrase", "fallback_passphrase", "root_password"] {
        answers.insert(name, Value::Secret(Secret::new(name, b"long".to_vec())));
    }
    answers.variables(recipe, machine).expect("variables")
}

/// A plan as JSON, without where in which file its calls are.
fn placeless(entries: &[Entry]) -> serde_json::Value {
    let mut json = serde_json::to_value(entries).expect("JSON");
    for entry in json.as_array_mut().into_iter().flatten() {
        entry.as_object_mut().map(|entry| entry.remove("site"));
    }
    json
}

/// The records of a simulated run, without what is only about the file and the clock.
fn recorded(job: &Job<'_>, machine: &Machine, approval: &Approval) -> Vec<serde_json::Value> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.jsonl");
    let start = RunStart::new(1, "now".into());
    let journal = new_journal(&path, job, machine, approval, start).expect("a journal");
    let gate = Gate::Enforce(approval.clone(), Box::new(Nobody));
    let sim = Sim::new().rehearsal(Faults::default());
    let session = session(sim, machine.clone(), gate, Some(journal));
    let host: Shared = Rc::new(RefCell::new(session));
    run(&job.recipe.script(job.variables), &host).expect("a run");
    let story = Story::read(&path).expect("a story");
    assert!(matches!(story.records[0], Record::Run(_)));
    let records = story.records.iter().map(|record| {
        let mut json = serde_json::to_value(record).expect("JSON");
        let fields = json.as_object_mut().expect("an object");
        for own in ["site", "millis", "recipe", "path", "text", "digest"] {
            if own != "digest" || fields["record"] == "run" {
                fields.remove(own);
            }
        }
        json
    });
    records.collect()
}

const STICK: &[(&str, &str)] = &[("key_dev", "/dev/sdb1")];

/// Answers that together go through every line of the guide.
const WAYS: &[&[(&str, &str)]] = &[
    &[("jobs", "4"), ("sshd", "true"), ("packages", " app-misc/one  app-misc/two ")],
    &[
        ("goal", "base"),
        ("unlock", "passphrase"),
        ("luks", "luks1"),
        ("filesystem", "xfs"),
        ("home_size", "2G"),
    ],
    &[
        ("goal", "system"),
        ("table", "mbr"),
        ("random_fill", "true"),
        ("swap_size", "0"),
        ("stay", "true"),
        ("init", "systemd"),
        ("network", "none"),
        ("microcode", "false"),
        ("profile", "default/linux/amd64/23.0/systemd"),
    ],
    &[
        ("firmware", "bios"),
        ("kernel_from", "genkernel"),
        ("kdf_memory", "64M"),
        ("key_file", "k"),
        ("enc_hdd", "e"),
        ("header_backup", "false"),
        ("unlock", "gpg"),
        ("fallback", "passphrase"),
        ("jobs", "2"),
    ],
    &[
        ("table", "mbr"),
        ("kernel_from", "sources"),
        ("unlock", "passphrase"),
        ("filesystem", "btrfs"),
        ("home_size", "2G"),
        ("repository", "there"),
        ("serial", "ttyS0"),
        ("init", "systemd"),
    ],
    &[
        ("unlock", "gpg"),
        ("swap_size", "0"),
        ("table", "mbr"),
        ("firmware", "bios"),
        ("serial", "ttyS1"),
        ("serial_speed", "9600"),
    ],
];

#[test]
fn the_guide_is_the_same_in_both_languages() {
    let read = |machine: &str| {
        let text = std::fs::read_to_string(project(&format!("tests/machines/{machine}.json")));
        Machine::read(&text.expect("a machine")).expect("a machine")
    };
    let both = ["rhai", "lua"].map(|ending| {
        Recipe::load(&project(&format!("recipes/encrypted-root.{ending}"))).expect("a recipe")
    });
    assert_eq!(both[0].front.title, both[1].front.title);
    assert_eq!(both[0].front.prose, both[1].front.prose);
    for further in WAYS {
        let set = [&[("disk", "/dev/sda"), ("stage3", "/var/tmp/stage3.tar.xz")], STICK, further]
            .concat();
        let machine = read("sata");
        let [rhai, lua] = both.each_ref().map(|recipe| {
            let variables = variables(recipe, &machine, &set);
            let job = Job {
                recipe,
                variables: &variables,
                seed: [3; 32],
                interrupts: Interrupts::default(),
                terminal: false,
            };
            let report = job.plan(&machine, Box::new(Sim::new()));
            let report = report.unwrap_or_else(|failed| panic!("{set:?}: {}", failed.0));
            let effects = serde_json::to_value(report.approval.bound()).expect("JSON");
            let after = serde_json::to_value(&report.after).expect("JSON");
            let records = recorded(&job, &machine, &report.approval);
            assert!(records.len() > 30, "{}", records.len());
            (placeless(&report.entries), effects, after, report.guesses, records)
        });
        assert_eq!(rhai, lua, "{set:?}");
    }
}
