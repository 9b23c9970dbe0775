//! What a recipe says it needs, against what its plan shows.

use serde::Deserialize;

use crate::action::Effect;
use crate::approval::Approval;
use crate::machine::{Machine, is_below};
use crate::types::Map;

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
    /// The effects that are not announced. Devices are those of the machine before the run.
    pub fn exceeded(
        &self,
        approval: &Approval,
        machine: &Machine,
        params: &Map,
    ) -> Option<Exceeded> {
        let destroys = fill_in(&self.destroys, params);
        let alters = fill_in(&self.alters, params);
        let writes = fill_in(&self.writes, params);
        let on = |allowed: &[String], device: &str| {
            allowed.iter().any(|top| machine.lies_on(device, top) || top == device)
        };
        let announced = |effect: &Effect| match effect {
            Effect::Destroys { device } => on(&destroys, device),
            Effect::Alters { device } => on(&destroys, device) || on(&alters, device),
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
            .filter(|(effect, _)| !announced(effect))
            .map(|(effect, _)| effect.to_string())
            .collect();
        (!effects.is_empty()).then_some(Exceeded { effects })
    }
}

/// Replaces `$name` by the parameter's value.
fn fill_in(texts: &[String], params: &Map) -> Vec<String> {
    texts
        .iter()
        .map(|text| match text.strip_prefix('$') {
            Some(name) => params
                .iter()
                .find(|(param, _)| param == name)
                .and_then(|(_, value)| value.as_text())
                .unwrap_or(text)
                .to_owned(),
            None => text.clone(),
        })
        .collect()
}
