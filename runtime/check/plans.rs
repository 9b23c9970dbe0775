//! What only plans show: a recipe is planned with all values of its choices, within bounds, and what
//! its plans do and don't do is held against what it says of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::scan::{Scan, Trial, chapters, of_error};
use crate::error::Error;
use crate::event::Site;
use crate::finding::Finding;
use crate::machine::{Device, Machine};
use crate::operation::Effect;
use crate::plan::bound::Bound;
use crate::plan::needs::Need;
use crate::plan::report::{Entry, Report};
use crate::recipe::{Answers, ParamDecl, ParamKind, Recipe};
use crate::run::job::Job;
use crate::script::ScriptError;
use crate::system::{Interrupts, Sim};
use crate::types::{Map, Value};

/// More plans than this nobody wants to wait for.
const MOST: usize = 200;
/// Whatever the machine, no recipe of use takes so long; what is found must not depend on its speed.
const LONGEST: Duration = Duration::from_mins(10);

/// How many disks a list of disks gets: enough for every level of RAID.
const SEVERAL: usize = 4;

/// Values of parameters.
type Values = BTreeMap<String, String>;

pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) plans: usize,
}

/// A plan with the values it was made with.
struct Planned {
    variables: Map,
    report: Report,
}

/// Plans the recipe in its variants.
pub(super) fn plans(recipe: &Recipe, trial: &Trial, scan: &Scan<'_>) -> Found {
    let machine = trial.machine.clone().unwrap_or_else(|| made_up(recipe));
    let base = values(recipe, trial, &machine);
    let mut findings = Vec::new();
    let mut planned = Vec::new();
    let (mut count, mut failed) = (0, 0);
    let start = Instant::now();
    for (index, variant) in variants(recipe, trial, &base).into_iter().enumerate() {
        if index >= MOST || (index > 0 && start.elapsed() > LONGEST) {
            break;
        }
        count += 1;
        // With and without somebody at the terminal; it is there in all variants but one.
        match plan(recipe, &machine, &variant, index != 1) {
            Ok(plan) => planned.push(plan),
            Err(error) => {
                failed += 1;
                let finding = failure(&error, index, &variant, &base, scan);
                findings.extend(finding.filter(|new| !findings.contains(new)));
            }
        }
        if index == 0 && failed > 0 {
            // Everything else would fail the same.
            return Found { findings, plans: count };
        }
    }
    findings.extend(exceeded(recipe, &planned, scan));
    findings.extend(never_needed(recipe, &planned, scan));
    findings.extend(never_entered(&planned, count, failed, scan));
    findings.extend(by_chance(recipe, &machine, &base, scan));
    Found { findings, plans: count }
}

fn plan(
    recipe: &Recipe,
    machine: &Machine,
    values: &Values,
    terminal: bool,
) -> Result<Planned, ScriptError> {
    let mut answers = Answers::default();
    for (name, value) in values {
        answers.insert(name, Value::Text(value.clone()));
    }
    let variables = answers.variables(recipe, machine).map_err(|error| ScriptError::Script {
        message: error.to_string(),
        site: Site { file: recipe.name.as_str().into(), line: 0 },
        remedy: Some(error.remedy()),
        traceback: Vec::new(),
    })?;
    let interrupts = Interrupts::default();
    let job = Job { recipe, variables: &variables, seed: [9; 32], interrupts, terminal };
    let report = job.plan(machine, Box::new(Sim::new())).map_err(|failed| failed.0)?;
    Ok(Planned { variables, report })
}

/// A machine with a disk for each that the recipe asks for, and a stick for each other device.
fn made_up(recipe: &Recipe) -> Machine {
    let text = |text: &str| Value::Text(text.to_owned());
    let count = |kind| recipe.front.params.iter().filter(|param| param.kind == kind).count();
    let disks = count(ParamKind::Disk) + SEVERAL * count(ParamKind::Disks);
    let sticks = count(ParamKind::Device);
    let disk = |index: usize, letter: char| {
        let mut disk = vec![
            ("size".to_owned(), text("1T")),
            ("model".to_owned(), text("Disk")),
            ("serial".to_owned(), Value::Text(format!("S{index}"))),
        ];
        if index >= disks {
            let part = vec![("size".into(), text("rest")), ("content".into(), text("vfat"))];
            disk.push(("parts".into(), Value::List(vec![Value::Map(part)])));
        }
        (format!("/dev/sd{letter}"), Value::Map(disk))
    };
    let all = (0..disks + sticks).zip('a'..='z').map(|(index, letter)| disk(index, letter));
    Machine::described(&Value::Map(all.collect())).unwrap_or_else(|_| Machine::empty())
}

/// A value for every parameter that has no default.
fn values(recipe: &Recipe, trial: &Trial, machine: &Machine) -> Values {
    let mut values: Values = trial.set.iter().cloned().collect();
    let mut disks = machine.disks().filter(|disk| machine.partitions(&disk.path).is_empty());
    let mut parts = machine.storage.devices.values().filter(|device| device.partition().is_some());
    let path = |device: Option<&Device>| device.map(|device| device.path.clone());
    for param in &recipe.front.params {
        if values.contains_key(&param.name) || param.default.is_some() {
            continue;
        }
        let value = match param.kind {
            ParamKind::Disk => path(disks.next()),
            ParamKind::Disks => {
                let several: Vec<&str> =
                    disks.by_ref().take(SEVERAL).map(|disk| disk.path.as_str()).collect();
                Some(several.join(" "))
            }
            ParamKind::Device => path(parts.next()),
            ParamKind::Path => Some(format!("/var/tmp/{}", param.name)),
            ParamKind::Size => Some("1G".into()),
            ParamKind::Number => Some("1".into()),
            ParamKind::Text => Some(param.name.clone()),
            ParamKind::Bool => Some("false".into()),
            ParamKind::Choice => param.choices.first().cloned(),
            ParamKind::Secret => Some("correct horse battery staple".into()),
        };
        values.extend(value.map(|value| (param.name.clone(), value)));
    }
    values
}

/// The values as they are; the same again; with each other value of each choice; with each two of
/// those.
fn variants(recipe: &Recipe, trial: &Trial, base: &Values) -> Vec<Values> {
    let free = |param: &&ParamDecl| !trial.set.iter().any(|(name, _)| *name == param.name);
    let mut single: Vec<(String, String)> = Vec::new();
    for param in recipe.front.params.iter().filter(free) {
        let default = param.default.as_ref().map(|value| match value {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let now = base.get(&param.name).cloned().or(default);
        let all = match param.kind {
            ParamKind::Bool => vec!["true".to_owned(), "false".to_owned()],
            ParamKind::Choice => param.choices.clone(),
            _ => Vec::new(),
        };
        let others = all.into_iter().filter(|value| Some(value) != now.as_ref());
        single.extend(others.map(|value| (param.name.clone(), value)));
    }
    let with = |changes: &[&(String, String)]| {
        let mut values = base.clone();
        values.extend(changes.iter().map(|change| (*change).clone()));
        values
    };
    let mut variants = vec![base.clone(), base.clone()];
    variants.extend(single.iter().map(|change| with(&[change])));
    for (index, first) in single.iter().enumerate() {
        let others = single[index + 1..].iter().filter(|second| second.0 != first.0);
        variants.extend(others.map(|second| with(&[first, second])));
    }
    variants
}

/// What a plan that failed tells. That some values don't go together is a recipe's right to say; that
/// something does not exist never is.
fn failure(
    error: &ScriptError,
    index: usize,
    values: &Values,
    base: &Values,
    scan: &Scan<'_>,
) -> Option<Finding> {
    let mistake = match error {
        ScriptError::Script { remedy, .. } => remedy.is_some(),
        ScriptError::Failure(failure) => matches!(*failure.error, Error::Call(_)),
        ScriptError::Stopped { .. } => false,
    };
    if index > 0 && !mistake {
        return None;
    }
    let mut finding = of_error(error, scan);
    let changed = values.iter().filter(|(name, value)| base.get(*name) != Some(value));
    let with: Vec<String> = changed.map(|(name, value)| format!("{name}={value}")).collect();
    if !with.is_empty() {
        finding.notes.push(("with", with.join(" ")));
    }
    if !mistake {
        let fitting = "if only the made-up machine does not fit: --machine FILE --set NAME=VALUE";
        finding.notes.push(("planned on", "a made-up machine".into()));
        finding.help =
            Some(finding.help.map_or(fitting.into(), |help| format!("{help}\n{fitting}")));
    }
    Some(finding)
}

/// What plans do and the recipe does not announce, once each.
fn exceeded(recipe: &Recipe, planned: &[Planned], scan: &Scan<'_>) -> Vec<Finding> {
    let Some(needs) = &recipe.front.needs else { return Vec::new() };
    let mut found = BTreeMap::new();
    for Planned { variables, report } in planned {
        for (effect, target) in report.approval.effects() {
            if needs.announces(effect, target, variables) {
                continue;
            }
            let call = report.calls().find(|call| call.effects.contains(effect));
            let site = call.map_or_else(|| scan.site(0), |call| call.site.clone());
            let title = format!("[needs] does not announce that the recipe {effect}");
            found.entry(effect.clone()).or_insert_with(|| {
                Finding::new(title, site, scan.source).help("add it, or don't do it")
            });
        }
    }
    found.into_values().collect()
}

/// What the recipe announces and no plan does.
fn never_needed(recipe: &Recipe, planned: &[Planned], scan: &Scan<'_>) -> Vec<Finding> {
    let Some(needs) = &recipe.front.needs else { return Vec::new() };
    let used = |need: &Need<'_>| {
        planned.iter().any(|Planned { variables, report }| {
            let bound = |effect: &Effect| Bound::new(effect.clone(), &report.before);
            let of_calls = report.calls().flat_map(|call| &call.effects).map(bound);
            let mut all = report.approval.bound().into_iter().chain(of_calls);
            all.any(|bound| need.concerns(&bound.effect, bound.target.as_ref(), variables))
        })
    };
    let line = |need: &Need<'_>| {
        let quoted = format!("{:?}", need.text);
        let lines =
            (1..).zip(recipe.text.lines()).skip_while(|(_, line)| !line.contains("[needs]"));
        lines.into_iter().find(|(_, line)| line.contains(&quoted)).map_or(0, |(line, _)| line)
    };
    needs
        .entries()
        .filter(|need| !used(need))
        .map(|need| {
            let title = format!("[needs] announces {:?}, and no plan needs it", need.text);
            Finding::new(title, scan.site(line(&need)), scan.source)
                .help("leave it out: people agree to what is announced")
        })
        .collect()
}

/// Chapters that no plan enters.
fn never_entered(
    planned: &[Planned],
    count: usize,
    failed: usize,
    scan: &Scan<'_>,
) -> Vec<Finding> {
    let entered: BTreeSet<&str> = planned
        .iter()
        .flat_map(|plan| &plan.report.entries)
        .filter_map(|entry| match entry {
            Entry::Chapter { title } => Some(title.as_str()),
            _ => None,
        })
        .collect();
    let never = chapters(scan).filter(|(title, _)| !entered.contains(title));
    let finding = |(title, line): (&str, u32)| {
        let title = format!("the chapter {title:?} is entered in none of {count} plans");
        let mut finding = Finding::new(title, scan.site(line), scan.source)
            .help("if it needs a certain value, try: --set NAME=VALUE");
        if failed > 0 {
            finding.notes.push(("failed", format!("{failed} of these plans")));
        }
        finding
    };
    never.map(finding).collect()
}

/// A plan as lines that can be compared, each with where it comes from.
fn lines(report: &Report) -> Vec<(String, u32)> {
    let entry = |entry: &Entry| match entry {
        Entry::Chapter { title } => (format!("chapter {title}"), 0),
        Entry::Said { text } => (format!("print {text}"), 0),
        Entry::Call(call) => {
            let steps: Vec<String> = call.steps.iter().map(ToString::to_string).collect();
            (format!("{} {}: {}", call.name, call.about, steps.join("; ")), call.site.line)
        }
    };
    report.entries.iter().map(entry).collect()
}

/// Plans that differ although nothing that they are made from does. The second one is made in another
/// thread: there, memory has other addresses and tables another seed.
fn by_chance(
    recipe: &Recipe,
    machine: &Machine,
    values: &Values,
    scan: &Scan<'_>,
) -> Option<Finding> {
    let twice = || plan(recipe, machine, values, true).ok().map(|plan| lines(&plan.report));
    let first = twice()?;
    let (recipe, machine) = (recipe.clone(), machine.clone());
    let values = values.clone();
    let again = std::thread::spawn(move || {
        plan(&recipe, &machine, &values, true).ok().map(|plan| lines(&plan.report))
    });
    let second = again.join().ok()??;
    let differs = |(a, b): (&(String, u32), &(String, u32))| a.0 != b.0;
    let at = first.iter().zip(&second).position(differs);
    let at = at.or((first.len() != second.len()).then(|| first.len().min(second.len())))?;
    let show = |lines: &[(String, u32)]| lines.get(at).map_or("nothing", |l| &l.0).to_owned();
    let line = first.get(at).or(second.get(at)).map_or(0, |(_, line)| *line);
    let mut finding = Finding::new("two plans of the same differ", scan.site(line), scan.source)
        .help(
            "a recipe that does not always do the same can't be agreed to: what is it made from?",
        );
    finding.notes = vec![("once", show(&first)), ("then", show(&second))];
    Some(finding)
}
