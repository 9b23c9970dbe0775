//! Where a run left its traces, as its journal says.

use std::collections::BTreeMap;
use std::path::Path;

use crate::journal::{Record, standing};
use crate::machine::is_below;
use crate::types::Map;

/// Where the run left its traces, and after which of its questions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Traces {
    /// When each question was asked, as the number of its record.
    asked: BTreeMap<u64, usize>,
    /// When something was last done to a path, and to anything below one.
    on: BTreeMap<String, usize>,
    below: BTreeMap<String, usize>,
    /// When a device, and when anything by a program, was last changed.
    devices: usize,
    anything: usize,
}

impl Traces {
    /// What a journal says.
    pub(super) fn of(records: &[Record]) -> Self {
        let mut traces = Self::default();
        for (index, record) in standing(records).enumerate() {
            match record {
                Record::Answer { call, .. } => {
                    traces.asked.insert(*call, index);
                }
                Record::Begin { makes: facts, .. } | Record::Done { facts, .. } => {
                    if facts.is_empty() {
                        traces.anything = index;
                    }
                    for fact in facts {
                        traces.add(&serde_json::to_value(fact).unwrap_or_default(), index);
                    }
                }
                _ => {}
            }
        }
        traces
    }

    fn add(&mut self, json: &serde_json::Value, index: usize) {
        match json {
            serde_json::Value::String(path) if path.starts_with("/dev/") => self.devices = index,
            serde_json::Value::String(path) if path.starts_with('/') && path != "/" => {
                self.on.insert(path.clone(), index);
                for above in Path::new(path).ancestors().skip(1) {
                    self.below.insert(above.to_string_lossy().into_owned(), index);
                }
            }
            serde_json::Value::Array(items) => {
                for item in items {
                    self.add(item, index);
                }
            }
            serde_json::Value::Object(map) => {
                for item in map.values() {
                    self.add(item, index);
                }
            }
            _ => {}
        }
    }

    /// Whether a question is about paths that nothing was done to since it was asked.
    pub(super) fn untouched(&self, call: u64, args: &Map) -> bool {
        let Some(asked) = self.asked.get(&call) else { return false };
        let later = |at: Option<&usize>| at.is_some_and(|at| at > asked);
        let paths: Vec<&str> = args
            .iter()
            .filter_map(|(_, value)| value.as_text())
            .filter(|text| text.starts_with('/') && *text != "/")
            .collect();
        let touched = |path: &str| {
            let volatile = ["/proc", "/sys", "/run"].iter().any(|top| is_below(path, top));
            let device = path.starts_with("/dev/") && self.devices > *asked;
            let above = Path::new(path).ancestors().filter_map(Path::to_str);
            volatile
                || device
                || later(self.below.get(path))
                || above.into_iter().any(|above| later(self.on.get(above)))
        };
        !paths.is_empty() && self.anything <= *asked && !paths.into_iter().any(touched)
    }
}
