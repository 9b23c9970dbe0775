//! Mistakes that only plans show: a recipe is planned with all values of its choices, within
//! limits, and its plans are compared with its declarations.

use crate::failure::Failure;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::scan::{PlanInput, Scan, chapters, of_error};
use super::variants::{ParamValues, Variants, made_up_path};
use crate::error::Error;
use crate::event::Site;
use crate::finding::Finding;
use crate::machine::{Device, Machine, NeedKind};
use crate::operation::Effect;
use crate::plan::bound::BoundEffect;
use crate::plan::needs::{NeedEntry, Needs};
use crate::plan::report::{PlanEntry, Report};
use crate::recipe::{Answers, ParamKind, Recipe};
use crate::run::job::Job;
use crate::system::{Interrupts, Sim};
use crate::types::{Map, Value};

/// The maximum number of plans.
const MAX_PLANS: usize = 200;
/// The time limit of all plans. No useful recipe reaches it on any machine: the findings must not
/// depend on the speed of the machine.
const TIME_LIMIT: Duration = Duration::from_mins(10);

/// The number of disks in a list of disks: enough for every RAID level.
const DISKS_PER_LIST: usize = 4;

pub(super) struct FoundPlan {
    pub(super) findings: Vec<Finding>,
    pub(super) plans: usize,
    /// The needs of all plans, if the recipe declares none.
    pub(super) proposed: Option<Needs>,
}

/// A plan, and the values that it was made with.
struct Planned {
    variables: Map,
    report: Report,
}

/// Plans the recipe in its variants.
pub(super) fn plans(recipe: &Recipe, trial: &PlanInput, scan: &Scan<'_>) -> FoundPlan {
    let machine = trial.machine.clone().unwrap_or_else(|| generated_machine(recipe));
    let base = values(recipe, trial, &machine);
    let mut findings = Vec::new();
    let mut planned = Vec::new();
    let (mut count, mut failed) = (0, 0);
    let start = Instant::now();
    let mut variants = Variants::new(recipe, trial, &base, &machine);
    for index in 0..MAX_PLANS {
        if index > 0 && start.elapsed() > TIME_LIMIT {
            break;
        }
        let Some(variant) = variants.next() else { break };
        count += 1;
        // The second variant is planned without a terminal, all others with one.
        match plan(recipe, &machine, &variant, index != 1) {
            Ok(plan) => {
                variants.succeeded();
                planned.push(plan);
            }
            Err(error) => {
                failed += 1;
                let finding = failure(&error, index, &variant, &base, scan);
                findings.extend(finding.filter(|new| !findings.contains(new)));
            }
        }
        if index == 0 && failed > 0 {
            // All other variants would fail in the same way.
            return FoundPlan { findings, plans: count, proposed: None };
        }
    }
    findings.extend(undeclared_effects(recipe, &planned, scan));
    findings.extend(unused_needs(recipe, &planned, scan));
    findings.extend(unreachable_chapters(&planned, count, failed, scan));
    findings.extend(nondeterminism(recipe, &machine, &base, scan));
    let proposed = recipe.front.needs.is_none().then(|| proposal(&planned));
    FoundPlan { findings, plans: count, proposed }
}

fn plan(
    recipe: &Recipe,
    machine: &Machine,
    values: &ParamValues,
    terminal: bool,
) -> Result<Planned, Failure> {
    let mut answers = Answers::default();
    for (name, value) in values {
        answers.insert(name, Value::Text(value.clone()));
    }
    let variables = answers.variables(recipe, machine).map_err(|error| {
        let site = Site { file: recipe.name.as_str().into(), line: 0 };
        Failure::of_script(error.to_string(), site, Some(error.remedy()))
    })?;
    let interrupts = Interrupts::default();
    let job = Job { recipe, variables: &variables, seed: [9; 32], interrupts, terminal };
    let report = job.plan(machine, Box::new(Sim::new())).map_err(|failed| failed.0)?;
    Ok(Planned { variables, report })
}

/// Returns a machine with a disk for each disk parameter, and a USB stick for each other device.
fn generated_machine(recipe: &Recipe) -> Machine {
    let text = |text: &str| Value::Text(text.to_owned());
    let count = |kind| recipe.front.params.iter().filter(|param| param.kind == kind).count();
    let disks = count(ParamKind::Disk) + DISKS_PER_LIST * count(ParamKind::Disks);
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
    Machine::from_description(&Value::Map(all.collect())).unwrap_or_else(|_| Machine::empty())
}

/// Returns a value for every parameter without a default.
fn values(recipe: &Recipe, trial: &PlanInput, machine: &Machine) -> ParamValues {
    let mut values: ParamValues = trial.set.iter().cloned().collect();
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
                    disks.by_ref().take(DISKS_PER_LIST).map(|disk| disk.path.as_str()).collect();
                Some(several.join(" "))
            }
            ParamKind::Device => path(parts.next()),
            ParamKind::Path => Some(made_up_path(param)),
            ParamKind::Size => Some("1G".into()),
            ParamKind::Number => Some("1".into()),
            ParamKind::Text => {
                let example = param.example.as_ref().and_then(toml::Value::as_str);
                Some(example.unwrap_or(&param.name).to_owned())
            }
            ParamKind::Bool => Some("false".into()),
            ParamKind::Choice | ParamKind::Layout => param.choices.first().cloned(),
            ParamKind::Secret => Some("correct horse battery staple".into()),
        };
        values.extend(value.map(|value| (param.name.clone(), value)));
    }
    values
}

/// Returns the finding of a failed plan. A recipe may refuse a combination of values, but using a
/// name that does not exist is always a mistake.
fn failure(
    error: &Failure,
    index: usize,
    values: &ParamValues,
    base: &ParamValues,
    scan: &Scan<'_>,
) -> Option<Finding> {
    let mistake = match error.error.as_ref() {
        Error::Script(bad) => bad.remedy.is_some(),
        Error::Call(_) => true,
        _ => false,
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
        let fitting = "if only the generated machine does not fit: --machine FILE --set NAME=VALUE";
        finding.notes.push(("planned on", "a generated machine".into()));
        finding.help =
            Some(finding.help.map_or(fitting.into(), |help| format!("{help}\n{fitting}")));
    }
    Some(finding)
}

/// Finds effects of plans that the recipe does not declare, once each.
fn undeclared_effects(recipe: &Recipe, planned: &[Planned], scan: &Scan<'_>) -> Vec<Finding> {
    let Some(needs) = &recipe.front.needs else { return Vec::new() };
    let mut found = BTreeMap::new();
    for Planned { variables, report } in planned {
        for (effect, target) in report.approval.effects() {
            if needs.declares(effect, target, variables) {
                continue;
            }
            let call = report.calls().find(|call| call.effects.contains(effect));
            let site = call.map_or_else(|| scan.site(0), |call| call.site.clone());
            let title = format!("not declared in [needs]: the recipe {effect}");
            found.entry(effect.clone()).or_insert_with(|| {
                let mut missing = Needs::default();
                missing.declare(effect, target, variables);
                let lines = recipe.need_lines(&missing).into_iter();
                let lines: Vec<String> =
                    lines.map(|(number, line)| format!("line {number}: {line}")).collect();
                scan.finding(title, site).help(format!(
                    "remove the action, or declare it in [needs], {}",
                    lines.join(", ")
                ))
            });
        }
    }
    found.into_values().collect()
}

/// Returns the minimal needs of all plans.
fn proposal(planned: &[Planned]) -> Needs {
    let mut needs = Needs::default();
    for Planned { variables, report } in planned {
        for (effect, target) in report.approval.effects() {
            needs.declare(effect, target, variables);
        }
    }
    needs.minimal()
}

/// Finds declarations that no plan needs.
fn unused_needs(recipe: &Recipe, planned: &[Planned], scan: &Scan<'_>) -> Vec<Finding> {
    let Some(needs) = &recipe.front.needs else { return Vec::new() };
    let used = |need: &NeedEntry<'_>| {
        planned.iter().any(|Planned { variables, report }| {
            let bound = |effect: &Effect| BoundEffect::new(effect.clone(), &report.before);
            let of_calls = report.calls().flat_map(|call| &call.effects).map(bound);
            let mut all = report.approval.bound().into_iter().chain(of_calls);
            all.any(|bound| need.concerns(&bound.effect, bound.target.as_deref(), variables))
        })
    };
    let line = |need: &NeedEntry<'_>| {
        let quoted = format!("{:?}", need.text);
        let lines =
            (1..).zip(recipe.text.lines()).skip_while(|(_, line)| !line.contains("[needs]"));
        lines.into_iter().find(|(_, line)| line.contains(&quoted)).map_or(0, |(line, _)| line)
    };
    needs
        .entries()
        .filter(|need| need.kind != NeedKind::Secrets && !used(need))
        .map(|need| {
            let title = format!("[needs] declares {:?}, which no plan needs", need.text);
            scan.finding(title, scan.site(line(&need)))
                .help("remove it: users approve what [needs] declares")
        })
        .collect()
}

/// Finds chapters that no plan enters.
fn unreachable_chapters(
    planned: &[Planned],
    count: usize,
    failed: usize,
    scan: &Scan<'_>,
) -> Vec<Finding> {
    let entered: BTreeSet<&str> = planned
        .iter()
        .flat_map(|plan| &plan.report.entries)
        .filter_map(|entry| match entry {
            PlanEntry::Chapter { title } => Some(title.as_str()),
            _ => None,
        })
        .collect();
    let never = chapters(scan).filter(|(title, _)| !entered.contains(title));
    let finding = |(title, line): (&str, u32)| {
        let title = format!("unreachable chapter {title:?}: none of {count} plans runs it");
        let mut finding = scan
            .finding(title, scan.site(line))
            .help("if it depends on a parameter, add: --set NAME=VALUE");
        if failed > 0 {
            finding.notes.push(("failed", format!("{failed} of these plans")));
        }
        finding
    };
    never.map(finding).collect()
}

/// Returns the entries of a plan as comparable strings, each with its line in the recipe.
fn lines(report: &Report) -> Vec<(String, u32)> {
    let entry = |entry: &PlanEntry| match entry {
        PlanEntry::Chapter { title } => (format!("chapter {title}"), 0),
        PlanEntry::Said { text } => (format!("print {text}"), 0),
        PlanEntry::Call(call) => {
            let steps: Vec<String> = call.steps.iter().map(ToString::to_string).collect();
            (format!("{} {}: {}", call.name, call.about, steps.join("; ")), call.site.line)
        }
    };
    report.entries.iter().map(entry).collect()
}

/// Compares two plans that are made from the same input. The second is made in another thread,
/// where memory has other addresses and hash tables another seed.
fn nondeterminism(
    recipe: &Recipe,
    machine: &Machine,
    values: &ParamValues,
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
    let mut finding = scan
        .finding("two plans with the same parameters differ", scan.site(line))
        .help("make the recipe deterministic; a plan can only be approved if it is reproducible");
    finding.notes = vec![("once", show(&first)), ("then", show(&second))];
    Some(finding)
}
