//! What a recipe says it needs, against what its plan shows.

use serde::Deserialize;

use crate::action::Effect;
use crate::approval::Approval;
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
    /// Whether the effect is announced by this entry. `below` is its device with everything that
    /// this lies on.
    pub fn announces(&self, effect: &Effect, below: &[String], params: &Map) -> bool {
        fill_in(self.text, params).into_iter().any(|top| {
            let on = || below.iter().any(|device| device == top);
            match (self.kind, effect) {
                (NeedKind::Destroys, Effect::Destroys { .. } | Effect::Alters { .. })
                | (NeedKind::Alters, Effect::Alters { .. }) => on(),
                (NeedKind::Writes, Effect::Writes { path } | Effect::Mounts { at: path }) => {
                    is_below(path, top)
                }
                (NeedKind::Runs, Effect::Runs { program, .. }) => program == top || top == "*",
                _ => false,
            }
        })
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

    /// The effects that are not announced. What is on a device that was announced is as well.
    pub fn exceeded(&self, approval: &Approval, params: &Map) -> Option<Exceeded> {
        let open = approval.effects().filter(|(effect, target)| {
            let below = target.map(|target| target.below.as_slice()).unwrap_or_default();
            !self.announces(effect, below, params)
        });
        let effects: Vec<String> = open.map(|(effect, _)| effect.to_string()).collect();
        (!effects.is_empty()).then_some(Exceeded { effects })
    }

    /// Whether any entry announces the effect.
    pub fn announces(&self, effect: &Effect, below: &[String], params: &Map) -> bool {
        // What a run ends it asks for by name, whatever the recipe announces.
        matches!(effect, Effect::Ends { .. })
            || self.entries().any(|need| need.announces(effect, below, params))
    }
}

/// `$name` stands for the parameter's value; a list of disks stands for each of them.
fn fill_in<'a>(text: &'a str, params: &'a Map) -> Vec<&'a str> {
    let given = |name| params.iter().find(|(param, _)| param == name);
    match text.strip_prefix('$').and_then(given) {
        Some((_, Value::List(items))) => items.iter().filter_map(Value::as_text).collect(),
        Some((_, value)) => vec![value.as_text().unwrap_or(text)],
        None => vec![text],
    }
}
