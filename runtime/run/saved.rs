//! A saved plan: for programs that read it, and to be run later by `gscript apply`.
//!
//! The format is documented in `docs/plan-format.md`. A saved plan is valid for one recipe source,
//! one set of parameters and certain devices; if any of them has changed since, it is refused.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::machine::{Identity, Machine, Scope, compare};
use crate::operation::{Effect, StorageEffect};
use crate::plan::bound::{BoundEffect, Target};
use crate::plan::report::{PlanEntry, Report};
use crate::recipe::{Answers, Recipe};
use crate::run::job::Job;
use crate::types::{Map, Value, hex, unhex, unified_diff};

/// The format of saved plans; incremented when an older program could misread a newer plan.
pub const PLAN_FORMAT: u32 = 2;

/// The recipe of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRecipe {
    /// The absolute path of the recipe, or `bundled:` and the name of a bundled recipe.
    pub file: String,
    /// The title of the recipe.
    pub title: String,
    /// SHA-256 of the recipe and its modules.
    pub sha256: String,
}

/// A plan with everything that is needed to run it later. See the module documentation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// See [`PLAN_FORMAT`].
    pub format: u32,
    /// The version of gscript.
    pub program: String,
    /// The recipe.
    pub recipe: PlannedRecipe,
    /// The parameters; a secret as `{"secret": NAME}`.
    pub params: serde_json::Map<String, serde_json::Value>,
    /// The seed from which identifiers are derived, 64 hexadecimal digits.
    pub seed: String,
    /// Chapters, calls and messages of the recipe, in order.
    pub entries: Vec<PlanEntry>,
    /// The effects that have to be approved, bound to the identity of devices.
    pub effects: Vec<BoundEffect>,
    /// The number of assumed values.
    pub guesses: u64,
    /// The machine before the run.
    pub before: Machine,
    /// The predicted machine after the run.
    pub after: Machine,
}

/// The reason why a saved plan no longer applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanChange {
    /// The source of the recipe has changed.
    Recipe {
        /// The name of the recipe.
        file: String,
    },
    /// A parameter has another value.
    Param {
        /// The name of the parameter.
        name: String,
        /// The value in the plan.
        then: String,
        /// The present value.
        now: String,
    },
    /// A device is not connected.
    Gone {
        /// The planned device.
        then: Box<Identity>,
        /// The present name of the planned device, if it was renamed.
        moved: Option<String>,
    },
    /// Another device has the name of a planned one.
    Other {
        /// The planned device.
        then: Box<Identity>,
        /// The device that has the name now.
        now: Box<Identity>,
        /// The present name of the planned device, if it was renamed.
        moved: Option<String>,
    },
    /// The contents of a device that would be destroyed have changed.
    Contents {
        /// The differences.
        differences: Vec<String>,
    },
    /// The recipe would run other steps on the present machine.
    Steps {
        /// The differences, as a unified diff.
        diff: String,
    },
}

impl fmt::Display for PlanChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moved = |f: &mut fmt::Formatter<'_>, moved: &Option<String>| match moved {
            Some(path) => write!(f, "; it is {path} now"),
            None => Ok(()),
        };
        match self {
            Self::Recipe { file } => write!(f, "{file} has changed since the plan"),
            Self::Param { name, then, now } => {
                write!(f, "parameter {name:?} was {then} and is {now}")
            }
            Self::Gone { then, moved: to } => {
                write!(f, "{then} is not connected")?;
                moved(f, to)
            }
            Self::Other { then, now, moved: to } => {
                write!(f, "{} was {then} and is {now}", then.path)?;
                moved(f, to)
            }
            Self::Contents { differences } => f.write_str(&differences.join("\n")),
            Self::Steps { diff } => write!(f, "the steps differ\n{}", diff.trim_end()),
        }
    }
}

impl SavedPlan {
    /// Creates a saved plan from the result of planning.
    pub fn new(job: &Job<'_>, report: Report) -> Self {
        let Job { recipe, variables, seed, .. } = job;
        let params = variables.iter().map(|(name, value)| (name.clone(), value.recorded()));
        Self {
            format: PLAN_FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            recipe: PlannedRecipe {
                file: recipe.location(),
                title: recipe.front.title.clone(),
                sha256: recipe.digest.clone(),
            },
            params: params.collect(),
            seed: hex(seed),
            entries: report.entries,
            effects: report.approval.into_bound(),
            guesses: report.guesses,
            before: report.before,
            after: report.after,
        }
    }

    /// Parses a saved plan. The error names the position of the damage.
    pub fn read(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct FormatOnly {
            format: u32,
        }
        let head: FormatOnly = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if !(1..=PLAN_FORMAT).contains(&head.format) {
            return Err(format!(
                "plan format {} is not supported; this program reads format \
                {PLAN_FORMAT}",
                head.format
            ));
        }
        let json = &mut serde_json::Deserializer::from_str(text);
        let plan: Self = serde_path_to_error::deserialize(json)
            .map_err(|error| format!("{}: {}", error.path(), error.inner()))?;
        match unhex::<32>(&plan.seed) {
            Some(_) => Ok(plan),
            None => Err("seed: expected 64 hexadecimal digits".into()),
        }
    }

    /// Returns the seed from which identifiers are derived.
    pub fn seed(&self) -> [u8; 32] {
        // `read` has checked the format.
        unhex(&self.seed).unwrap_or_default()
    }

    /// Returns the parameters as answers; secrets have to be prompted for again.
    pub fn answers(&self) -> Answers {
        let mut answers = Answers::default();
        for (name, value) in &self.params {
            match Value::from(value.clone()) {
                Value::Unit | Value::Map(_) => {}
                value => answers.insert(name, value),
            }
        }
        answers
    }

    /// Returns a change if the source of the recipe is not the planned one.
    pub fn recipe_change(&self, recipe: &Recipe) -> Option<PlanChange> {
        let same = recipe.digest == self.recipe.sha256;
        (!same).then(|| PlanChange::Recipe { file: recipe.name.clone() })
    }

    /// Returns the parameters that have another value now.
    pub fn changed_params(&self, variables: &Map) -> Vec<PlanChange> {
        let missing = serde_json::Value::Null;
        let other = |(name, value): &(String, Value)| {
            let then = self.params.get(name).unwrap_or(&missing);
            let now = value.recorded();
            (*then != now).then(|| PlanChange::Param {
                name: name.clone(),
                then: then.to_string(),
                now: now.to_string(),
            })
        };
        variables.iter().filter_map(other).collect()
    }

    /// Returns the devices that are not the planned ones, or whose contents have changed.
    pub fn changed_devices(&self, now: &Machine) -> Vec<PlanChange> {
        let mut changed = Vec::new();
        let mut seen: Vec<&Identity> = Vec::new();
        for bound in &self.effects {
            let Some(Target { identity: then, .. }) = bound.target.as_deref() else { continue };
            if seen.contains(&then) {
                continue;
            }
            seen.push(then);
            let moved = || now.moved(then);
            match now.identity_of(&then.path) {
                None => {
                    changed.push(PlanChange::Gone { then: Box::new(then.clone()), moved: moved() });
                }
                Some(found) if found != *then => changed.push(PlanChange::Other {
                    then: Box::new(then.clone()),
                    now: Box::new(found),
                    moved: moved(),
                }),
                Some(_) => {
                    if let Effect::Storage(StorageEffect::Destroys { device }) = &bound.effect {
                        changed.extend(self.changed_contents(device, now));
                    }
                }
            }
        }
        changed
    }

    fn changed_contents(&self, device: &str, now: &Machine) -> Option<PlanChange> {
        let all = || [device.to_owned()].into();
        let mut scope = Scope::default();
        (scope.storage.signatures, scope.storage.topology) = (all(), all());
        let differences: Vec<String> = compare(&self.before, now, Some(&scope))
            .into_iter()
            .map(|d| format!("{} was {} and is {}", d.what, d.predicted, d.found))
            .collect();
        (!differences.is_empty()).then_some(PlanChange::Contents { differences })
    }

    /// Returns a change if planning again yields other steps or effects.
    pub fn changed_steps(&self, report: &Report) -> Option<PlanChange> {
        let agreed = self.effects.iter().map(|bound| &bound.effect);
        let wanted = report.approval.effects().map(|(effect, _)| effect);
        let (then, now) = (steps(&self.entries, agreed), steps(&report.entries, wanted));
        (then != now).then(|| {
            let diff = unified_diff(("planned", "now"), &then, &now, 1);
            PlanChange::Steps { diff }
        })
    }
}

/// Returns all steps and effects, one per line.
fn steps<'a>(entries: &[PlanEntry], effects: impl Iterator<Item = &'a Effect>) -> String {
    let mut text = String::new();
    for entry in entries {
        let PlanEntry::Call(call) = entry else { continue };
        text += &format!("{} {}\n", call.name, call.about);
        for step in &call.steps {
            text += &format!("{}\n{}", step.text, step.diff.as_deref().unwrap_or_default());
        }
    }
    for effect in effects {
        text += &format!("this run {effect}\n");
    }
    text
}

impl Machine {
    /// Returns the present name of a device that was renamed.
    fn moved(&self, then: &Identity) -> Option<String> {
        let telling = then.hardware.is_some() || then.uuid.is_some();
        let same = |now: &Identity| {
            now.size == then.size && now.hardware == then.hardware && now.uuid == then.uuid
        };
        let mut here = self.storage.devices.values().map(|device| self.identity(device));
        here.find(|now| telling && now.path != then.path && same(now)).map(|now| now.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plan saved by the first program that had format 1.
    const KEPT: &str = include_str!("../../tests/formats/plan-1.json");

    #[test]
    fn plans_of_format_1_load_and_round_trip() {
        let plan = SavedPlan::read(KEPT).expect("a plan");
        assert_eq!(plan.recipe.title, "A label");
        assert_eq!(plan.params["passphrase"], serde_json::json!({ "secret": "passphrase" }));
        let again = serde_json::to_string(&plan).expect("text");
        assert_eq!(SavedPlan::read(&again).as_ref(), Ok(&plan));
        assert!(plan.changed_devices(&plan.before).is_empty());
    }

    #[test]
    fn errors_name_the_position_and_later_formats_are_refused() {
        let refused = |from: &str, to: &str| {
            assert!(KEPT.contains(from), "{from}");
            SavedPlan::read(&KEPT.replacen(from, to, 1)).expect_err("a refusal")
        };
        assert_eq!(
            refused("\"format\": 1", "\"format\": 3"),
            "plan format 3 is not supported; this program reads format 2"
        );
        let why = refused("\"effect\": \"destroys\"", "\"effect\": \"destroy\"");
        assert!(why.starts_with("entries[1]: unknown variant `destroy`"), "{why}");
        assert!(refused("\"seed\": \"", "\"seed\": \"x").starts_with("seed: "));
    }

    #[test]
    fn a_disk_that_moved_is_found_under_its_new_name() {
        let plan = SavedPlan::read(KEPT).expect("a plan");
        let mut now = plan.before.clone();
        let mut disk = now.storage.devices.remove("/dev/sda").expect("the disk");
        disk.path = "/dev/sdz".into();
        now.storage
            .devices
            .retain(|_, device| device.partition().is_none_or(|p| p.disk != "/dev/sda"));
        now.storage.aliases.clear();
        now.insert(disk);
        let changed: Vec<String> =
            plan.changed_devices(&now).iter().map(ToString::to_string).collect();
        assert_eq!(changed.len(), 1, "{changed:?}");
        assert!(changed[0].ends_with("is not connected; it is /dev/sdz now"), "{changed:?}");
    }
}
