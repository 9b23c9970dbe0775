//! Every example of the reference runs, and has the same meaning in both languages.

use gscript::machine::Machine;
use gscript::plan::report::{PlanEntry, Report};
use gscript::primitives::registry::{PRIMITIVES, Read};
use gscript::reference::docs::{example, to_lua};
use gscript::script::Language;
use gscript::types::{Map, Secret, Value};

use crate::support::dsl::project;
use crate::support::planned::planned;

/// Returns the machine that the examples use.
pub fn example_machine() -> Machine {
    let text = std::fs::read_to_string(project("tests/machines/example.json")).expect("a machine");
    Machine::read(&text).expect("a machine")
}

/// Plans a script on the example machine.
pub fn plan(language: Language, text: &str) -> Result<Report, String> {
    // Secrets cannot be written in an example.
    let secret = Secret::new("passphrase", b"an example, and long".to_vec());
    let variables: Map = vec![("passphrase".to_owned(), Value::Secret(secret))];
    planned(&example_machine(), language, text, &variables)
}

/// Formats a plan without data of its source file.
pub fn plan_text(report: &Report) -> String {
    let entry = |entry: &PlanEntry| match entry {
        PlanEntry::Chapter { title } => format!("= {title}\n"),
        PlanEntry::Said { .. } => String::new(),
        PlanEntry::Call(call) => {
            let steps: Vec<String> = call.steps.iter().map(|step| step.text.to_string()).collect();
            format!(
                "{} {}\n  steps {steps:?}\n  effects {:?}\n  undo {:?}\n  already {:?} guess {}\n",
                call.name, call.about, call.effects, call.undo, call.already, call.guess
            )
        }
    };
    let calls: String = report.entries.iter().map(entry).collect();
    format!("{calls}{:?}\nguesses {}\n", report.approval.bound(), report.guesses)
}

#[test]
fn every_example_plans_alike_in_both_languages() {
    let mut failures = Vec::new();
    for primitive in PRIMITIVES {
        let name = primitive.spec.name;
        let rhai = example(primitive.spec).unwrap_or_default();
        let lua = to_lua(&rhai);
        match (plan(Language::Rhai, &rhai), plan(Language::Lua, &lua)) {
            (Ok(in_rhai), Ok(in_lua)) => {
                if plan_text(&in_rhai) != plan_text(&in_lua) {
                    let (a, b) = (plan_text(&in_rhai), plan_text(&in_lua));
                    failures.push(format!("{name}: the plans differ\nRhai:\n{a}\nLua:\n{b}"));
                }
                let called = in_rhai.calls().any(|call| call.name == name);
                if matches!(primitive.read, Read::Action(_)) && !called {
                    failures.push(format!("{name}: its example does not call it"));
                }
            }
            (Err(error), _) => failures.push(format!("{name} in Rhai: {error}\n{rhai}")),
            (_, Err(error)) => failures.push(format!("{name} in Lua: {error}\n{lua}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_reference_is_up_to_date() {
    up_to_date("docs/reference.md", &gscript::reference::docs::reference());
}

#[test]
fn the_parameters_are_up_to_date() {
    up_to_date("docs/parameters.md", &gscript::reference::parameters::parameters());
}

/// Compares a generated file with its committed version.
#[track_caller]
pub fn up_to_date(name: &str, now: &str) {
    let file = project(name);
    if std::env::var_os("GSCRIPT_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("the directory");
        std::fs::write(&file, now).expect(name);
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == now, "{name} is stale: make docs");
}
