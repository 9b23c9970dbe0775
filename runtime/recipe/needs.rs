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

impl Exceeded {
    /// What is wrong with the recipe.
    pub fn sentence(&self, recipe: &str) -> String {
        format!("{recipe} does more than it says it needs")
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        "read the recipe; if it is right, add this to its [needs]"
    }
}

/// One entry of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need<'a> {
    kind: NeedKind,
    /// As it is written.
    pub text: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NeedKind {
    Destroys,
    Alters,
    Writes,
    Runs,
}

impl Need<'_> {
    /// Whether the effect is announced by this entry. Devices are those of the machine before the run.
    pub fn announces(&self, effect: &Effect, machine: &Machine, params: &Map) -> bool {
        let top = fill_in(self.text, params);
        let on = |device: &str| machine.lies_on(device, top) || top == device;
        match (self.kind, effect) {
            (NeedKind::Destroys, Effect::Destroys { device } | Effect::Alters { device })
            | (NeedKind::Alters, Effect::Alters { device }) => on(device),
            (NeedKind::Writes, Effect::Writes { path } | Effect::Mounts { at: path }) => {
                is_below(path, top)
            }
            (NeedKind::Runs, Effect::Runs { program, .. }) => program == top || top == "*",
            _ => false,
        }
    }
}

impl Needs {
    /// Every entry.
    pub fn entries(&self) -> impl Iterator<Item = Need<'_>> {
        [
            (NeedKind::Destroys, &self.destroys),
            (NeedKind::Alters, &self.alters),
            (NeedKind::Writes, &self.writes),
            (NeedKind::Runs, &self.runs),
        ]
        .into_iter()
        .flat_map(|(kind, texts)| texts.iter().map(move |text| Need { kind, text }))
    }

    /// The effects that are not announced.
    pub fn exceeded(
        &self,
        approval: &Approval,
        machine: &Machine,
        params: &Map,
    ) -> Option<Exceeded> {
        let effects = approval.effects().map(|(effect, _)| effect);
        let open = effects.filter(|effect| !self.announces(effect, machine, params));
        let effects: Vec<String> = open.map(ToString::to_string).collect();
        (!effects.is_empty()).then_some(Exceeded { effects })
    }

    /// Whether any entry announces the effect.
    pub fn announces(&self, effect: &Effect, machine: &Machine, params: &Map) -> bool {
        // What a run ends it asks for by name, whatever the recipe announces.
        matches!(effect, Effect::Ends { .. })
            || self.entries().any(|need| need.announces(effect, machine, params))
    }
}

/// `$name` stands for the parameter's value.
fn fill_in<'a>(text: &'a str, params: &'a Map) -> &'a str {
    let Some(name) = text.strip_prefix('$') else { return text };
    let value = params.iter().find(|(param, _)| param == name);
    value.and_then(|(_, value)| value.as_text()).unwrap_or(text)
}
