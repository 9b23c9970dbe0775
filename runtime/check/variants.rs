//! The values with which a recipe is planned.

use std::collections::BTreeMap;

use super::scan::PlanInput;
use crate::machine::Machine;
use crate::recipe::{ParamDecl, ParamKind, Recipe};

/// Values by parameter name.
pub(super) type ParamValues = BTreeMap<String, String>;

/// The number of pairs with which a value is tried that has no plan alone.
const TRIES: usize = 32;

/// The variants to plan: the base values twice, then with every other value of each choice, then
/// with every pair of those. A value that the recipe refuses alone is tried with others first.
pub(super) struct Variants<'a> {
    recipe: &'a Recipe,
    base: &'a ParamValues,
    /// The other values of the choices, each with the name of its parameter.
    single: Vec<(String, String)>,
    /// The number of plans with each of them, and whether one of these succeeded.
    seen: Vec<(usize, bool)>,
    /// The pairs that are left.
    pairs: Vec<(usize, usize)>,
    /// The number of variants so far, and the values of the last one.
    count: usize,
    last: Vec<usize>,
}

impl<'a> Variants<'a> {
    pub(super) fn new(
        recipe: &'a Recipe,
        trial: &PlanInput,
        base: &'a ParamValues,
        machine: &Machine,
    ) -> Self {
        let single = singles(recipe, trial, base, machine);
        let all = 0..single.len();
        let pairs =
            all.clone().flat_map(|first| (first + 1..single.len()).map(move |s| (first, s)));
        let pairs = pairs.filter(|(first, second)| single[*first].0 != single[*second].0).collect();
        let seen = vec![(0, false); single.len()];
        Self { recipe, base, single, seen, pairs, count: 0, last: Vec::new() }
    }

    /// Returns the values of the next plan.
    pub(super) fn next(&mut self) -> Option<ParamValues> {
        self.last = match self.count.checked_sub(2) {
            None => Vec::new(),
            Some(index) if index < self.single.len() => vec![index],
            Some(_) => self.next_pair()?,
        };
        self.count += 1;
        for index in &self.last {
            self.seen[*index].0 += 1;
        }
        Some(self.with(&self.last))
    }

    /// Notes that there is a plan with the last values.
    pub(super) fn succeeded(&mut self) {
        for index in &self.last {
            self.seen[*index].1 = true;
        }
    }

    fn next_pair(&mut self) -> Option<Vec<usize>> {
        let due = |index: usize| !self.seen[index].1 && self.seen[index].0 <= TRIES;
        let next = self.pairs.iter().position(|(first, second)| due(*first) || due(*second));
        if self.pairs.is_empty() {
            return None;
        }
        let (first, second) = self.pairs.remove(next.unwrap_or(0));
        Some(vec![first, second])
    }

    /// Returns the base values with these changes.
    fn with(&self, chosen: &[usize]) -> ParamValues {
        let (recipe, base) = (self.recipe, self.base);
        let chosen: Vec<&(String, String)> = chosen.iter().map(|at| &self.single[*at]).collect();
        let mut values = base.clone();
        let changed = recipe.front.params.iter().filter(|param| {
            chosen.iter().any(|(name, value)| *name == param.name && base.get(name) != Some(value))
        });
        // Without these values, the changed parameter would not apply.
        let needed = changed.flat_map(|param| &param.when).filter_map(|(name, wanted)| {
            let declared = recipe.front.params.iter().find(|param| param.name == *name)?;
            let default = declared.default.as_ref().and_then(toml::Value::as_str);
            let now = base.get(name).map(String::as_str).or(default)?;
            let first = wanted.first().filter(|_| !wanted.iter().any(|value| value == now))?;
            Some((name.clone(), first.clone()))
        });
        values.extend(needed);
        values.extend(chosen.into_iter().cloned());
        values
    }
}

/// Returns every other value of each choice.
fn singles(
    recipe: &Recipe,
    trial: &PlanInput,
    base: &ParamValues,
    machine: &Machine,
) -> Vec<(String, String)> {
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
            ParamKind::Choice | ParamKind::Layout => param.choices.clone(),
            ParamKind::Path if !param.choices.is_empty() => {
                let path = format!("/var/tmp/{}", param.name);
                param.choices.iter().cloned().chain([path]).collect()
            }
            // An optional device is also set.
            ParamKind::Device if now.as_deref() == Some("") => {
                last_partition(machine).into_iter().collect()
            }
            // So is an optional file.
            ParamKind::Path if now.as_deref() == Some("") => vec![made_up_path(param)],
            _ => Vec::new(),
        };
        let others = all.into_iter().filter(|value| Some(value) != now.as_ref());
        single.extend(others.map(|value| (param.name.clone(), value)));
    }
    single
}

/// Returns the value of a path that the user has not given.
pub(super) fn made_up_path(param: &ParamDecl) -> String {
    format!("/var/tmp/{}", param.name)
}

/// Returns the last partition of the machine, which no other parameter takes.
fn last_partition(machine: &Machine) -> Option<String> {
    let mut parts =
        machine.storage.devices.values().rev().filter(|device| device.partition().is_some());
    parts.next().map(|device| device.path.clone())
}
