//! Reports every violation in the result of an attempt.

use super::sandbox::{self, RunResult};
use super::{Attempt, RunMode};
use crate::support::dsl::Test;

/// Paths that every run may change: its own records and its locks.
const ALWAYS_CHANGED: &[&str] =
    &["/tmp/case/state", "/tmp/case/home", "/run/gscript", "/run/mount"];

/// Returns the violations of an attempt; empty if it was prevented.
pub fn violations(attempt: &Attempt) -> Vec<String> {
    match &attempt.how {
        RunMode::Check(check) => check().err().into_iter().collect(),
        RunMode::Planned(machine) => {
            for_each_recipe(attempt, |recipe| planned(attempt, machine, recipe.expect("a recipe")))
        }
        RunMode::Real | RunMode::Typed => {
            for_each_recipe(attempt, |recipe| for_real(attempt, &sandbox::run(attempt, recipe)))
        }
    }
}

/// Judges each recipe of an attempt.
fn for_each_recipe(
    attempt: &Attempt,
    judge: impl Fn(Option<&(String, String)>) -> Vec<String>,
) -> Vec<String> {
    let recipes: Vec<_> = match attempt.recipes.is_empty() {
        true => vec![None],
        false => attempt.recipes.iter().map(Some).collect(),
    };
    let several = recipes.len() > 1;
    let named = |recipe: Option<&(String, String)>| {
        let name =
            recipe.filter(|_| several).map_or_else(String::new, |(name, _)| format!("{name}: "));
        judge(recipe).into_iter().map(move |wrong| format!("{name}{wrong}"))
    };
    recipes.into_iter().flat_map(named).collect()
}

fn planned(attempt: &Attempt, machine: &str, (file, text): &(String, String)) -> Vec<String> {
    let machine = format!("@tests/machines/{machine}.json");
    let words = attempt.words.iter().map(|word| if word == "RECIPE" { file } else { word });
    let words: Vec<&str> = words.map(String::as_str).chain(["--machine", &machine]).collect();
    let given = Test::new(&words).file(file, text).limit(sandbox::LIMIT);
    let given = attempt.files.iter().fold(given, |test, (name, content)| test.file(name, content));
    let ran = attempt.env.iter().fold(given, |test, (name, value)| test.env(name, value)).run();
    let output = ran.stdout.clone() + ran.stderr.as_str();
    let mut wrong = Vec::new();
    judge_output(attempt, Some(ran.status), &output, &mut wrong);
    judge_controls(&output, &mut wrong);
    wrong
}

fn for_real(attempt: &Attempt, ran: &RunResult) -> Vec<String> {
    let mut wrong: Vec<String> = ran.problem.iter().cloned().collect();
    let terminal = matches!(attempt.how, RunMode::Typed);
    let raw = String::from_utf8_lossy(&ran.output).into_owned();
    let output = if terminal { sandbox::plain(&ran.output) } else { raw.clone() };
    judge_output(attempt, ran.code, &output, &mut wrong);
    match terminal {
        // The program's own screens use colours and cursor movements; attempts list sequences that
        // must not occur.
        true => {
            let bad = attempt.never_says.iter().filter(|bad| raw.contains(**bad));
            wrong.extend(bad.map(|bad| format!("it sent {bad:?} to the terminal")));
        }
        false => judge_controls(&raw, &mut wrong),
    }
    if ran.code.is_none() {
        // If the run did not end, there is no listing to compare.
        wrong.push(format!("--- what it printed ---\n{output}"));
        return wrong;
    }
    let allowed = |line: &String| {
        let path = line.split(' ').next().unwrap_or_default();
        let below = |place: &&&str| {
            path.strip_prefix(**place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        ALWAYS_CHANGED.iter().chain(&attempt.may_change).any(|place| below(&place))
    };
    let changed = ran.changed.iter().filter(|line| !allowed(line));
    wrong.extend(changed.map(|line| format!("it changed {line}")));
    if ran.code != Some(0) || !attempt.may_mount.is_empty() {
        let stays = |line: &&String| {
            let at = line.split(' ').next().unwrap_or_default();
            !attempt.may_mount.contains(&at)
        };
        wrong
            .extend(ran.mounted.iter().filter(stays).map(|line| format!("it left {line} mounted")));
    }
    wrong.extend(ran.processes.iter().map(|process| format!("it left a process: {process}")));
    wrong.extend(ran.afterwards.clone());
    if !wrong.is_empty() {
        wrong.push(format!("--- what it printed ---\n{output}"));
    }
    wrong
}

/// Judges the exit code and the output.
fn judge_output(attempt: &Attempt, code: Option<i32>, output: &str, wrong: &mut Vec<String>) {
    let before = wrong.len();
    match code {
        Some(code @ 0..=4) if attempt.exits.is_empty() || attempt.exits.contains(&code) => {}
        Some(code) => wrong.push(format!("exit code {code}, not {:?}", attempt.exits)),
        None => wrong.push("no exit code".into()),
    }
    let missing = attempt.says.iter().filter(|text| !output.contains(**text));
    wrong.extend(missing.map(|text| format!("it did not print {text:?}")));
    let printed = attempt.never_says.iter().filter(|text| output.contains(**text));
    wrong.extend(printed.map(|text| format!("it printed {text:?}")));
    if wrong.len() > before && matches!(attempt.how, RunMode::Planned(_)) {
        wrong.push(format!("--- what it printed ---\n{output}"));
    }
}

/// Rejects characters that move, hide or reorder text on a terminal.
fn judge_controls(output: &str, wrong: &mut Vec<String>) {
    let bad = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if let Some(at) = output.lines().find(|line| line.contains(bad)) {
        wrong.push(format!("a control character on the screen: {at:?}"));
    }
}
