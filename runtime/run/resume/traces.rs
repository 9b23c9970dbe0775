//! The changes that a run made after each of its queries, according to its journal.

use std::collections::BTreeMap;
use std::path::Path;

use crate::journal::{Record, valid_records};
use crate::machine::is_below;
use crate::types::Map;

/// The times of queries and changes, as indices of records in the journal.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Traces {
    /// The index of each query.
    asked: BTreeMap<u64, usize>,
    /// The index of the last change of each path, and below each path.
    on: BTreeMap<String, usize>,
    changed_below: BTreeMap<String, usize>,
    /// The index of the last change of any device, and of the last action with unknown changes.
    devices: usize,
    unknown_changes: usize,
}

impl Traces {
    /// Collects the changes from a journal.
    pub(super) fn of(records: &[Record]) -> Self {
        let mut traces = Self::default();
        for (index, record) in valid_records(records).enumerate() {
            match record {
                Record::Answer { call, .. } => {
                    traces.asked.insert(*call, index);
                }
                Record::Begin { makes: facts, .. } | Record::Done { facts, .. } => {
                    if facts.is_empty() {
                        traces.unknown_changes = index;
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
                    self.changed_below.insert(above.to_string_lossy().into_owned(), index);
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

    /// Returns whether a query concerns paths that were not changed since its answer was recorded.
    pub(super) fn unchanged_since(&self, call: u64, args: &Map) -> bool {
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
                || later(self.changed_below.get(path))
                || above.into_iter().any(|above| later(self.on.get(above)))
        };
        !paths.is_empty() && self.unknown_changes <= *asked && !paths.into_iter().any(touched)
    }
}
