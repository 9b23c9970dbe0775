//! What a recipe says it needs, against what its plan shows.

use serde::Deserialize;

use crate::action::Effect;
use crate::approval::{Approval, Bound};
use crate::machine::is_below;
use crate::types::{Map, Value};

/// The `[needs]` table. `$name` stands for a parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Needs {
    /// Devices whose contents are lost.
    pub destroys: Vec<String>,
    /// Devices that are changed, with what is on them kept.
    pub alters: Vec<String>,
    /// Folders below which it writes and mounts.
    pub writes: Vec<String>,
    /// Programs that it runs inside the new system.
    pub runs: Vec<String>,
    /// Whether it needs the network.
    pub network: bool,
}

/// Effects that a plan has and its recipe did not announce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    /// Each of them.
    pub effects: Vec<String>,
}

impl Needs {
    /// The effects that are not announced. What is on a device that was announced is as well.
    pub fn exceeded(&self, approval: &Approval, params: &Map) -> Option<Exceeded> {
        let destroys = fill_in(&self.destroys, params);
        let alters = fill_in(&self.alters, params);
        let writes = fill_in(&self.writes, params);
        let on = |allowed: &[String], bound: &Bound| {
            allowed.iter().any(|device| bound.below.contains(device))
        };
        let announced = |bound: &Bound| match &bound.effect {
            Effect::Destroys { .. } => on(&destroys, bound),
            Effect::Alters { .. } => on(&destroys, bound) || on(&alters, bound),
            Effect::Writes { path } | Effect::Mounts { at: path } => {
                writes.iter().any(|top| is_below(path, top))
            }
            Effect::Runs { program, .. } => {
                self.runs.iter().any(|allowed| allowed == program || allowed == "*")
            }
            // What a run ends it asks for by name, whatever the recipe announces.
            Effect::Ends { .. } => true,
        };
        let effects: Vec<String> = approval
            .effects()
            .iter()
            .filter(|bound| !announced(bound))
            .map(|bound| bound.effect.to_string())
            .collect();
        (!effects.is_empty()).then_some(Exceeded { effects })
    }
}

/// Replaces `$name` by the parameter's value.
fn fill_in(texts: &[String], params: &Map) -> Vec<String> {
    texts
        .iter()
        .flat_map(|text| {
            let given = |name| params.iter().find(|(param, _)| param == name);
            match text.strip_prefix('$').and_then(given) {
                // A list of disks stands for each of them.
                Some((_, Value::List(items))) => {
                    items.iter().filter_map(|item| item.as_text().map(str::to_owned)).collect()
                }
                Some((_, value)) => vec![value.as_text().unwrap_or(text).to_owned()],
                None => vec![text.clone()],
            }
        })
        .collect()
}
