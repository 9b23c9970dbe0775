//! Values that a plan had to assume, and what the run found in their place.

use crate::types::{Map, Value};

/// The most values that are kept: a recipe is not compared more thoroughly than that.
const MOST: usize = 1000;

/// The shortest string that is replaced within another one.
const SHORTEST: usize = 3;

/// The values that differed from the assumed ones so far.
///
/// An action whose arguments contain a value that the run has found is the planned action, if the
/// plan had the assumed value there. An assumed empty string stands for nothing: the output of a
/// program must not choose what an action does.
#[derive(Debug, Default)]
pub(super) struct AssumedValues {
    /// What was found, and what the plan assumed.
    pairs: Vec<(Value, Value)>,
}

impl AssumedValues {
    /// Notes the differences between an assumed value and the one that was found.
    pub(super) fn note(&mut self, assumed: &Value, found: &Value) {
        match (assumed, found) {
            (Value::Map(assumed), Value::Map(found)) => {
                for (name, value) in found {
                    if let Some((_, before)) = assumed.iter().find(|(known, _)| known == name) {
                        self.note(before, value);
                    }
                }
            }
            (Value::List(assumed), Value::List(found)) => {
                assumed.iter().zip(found).for_each(|(before, value)| self.note(before, value));
            }
            (Value::Text(assumed), Value::Text(found)) => {
                self.add(Value::Text(found.clone()), Value::Text(assumed.clone()));
                let (found, assumed) = (found.trim(), assumed.trim());
                self.add(Value::Text(found.to_owned()), Value::Text(assumed.to_owned()));
            }
            (Value::Int(_), Value::Int(_)) => self.add(found.clone(), assumed.clone()),
            _ => {}
        }
    }

    fn add(&mut self, found: Value, assumed: Value) {
        let empty = |value: &Value| value.as_text() == Some("");
        let new = found != assumed && !empty(&found) && !empty(&assumed);
        if new && self.pairs.len() < MOST && !self.pairs.iter().any(|(known, _)| *known == found) {
            self.pairs.push((found, assumed));
        }
    }

    /// Returns arguments as the plan would have them; `None` if they contain no such value.
    pub(super) fn in_plan(&self, args: &Map) -> Option<Map> {
        let planned: Map =
            args.iter().map(|(name, value)| (name.clone(), self.replaced(value))).collect();
        (planned != *args).then_some(planned)
    }

    fn replaced(&self, value: &Value) -> Value {
        if let Some((_, assumed)) = self.pairs.iter().find(|(found, _)| found == value) {
            return assumed.clone();
        }
        match value {
            Value::Text(text) => Value::Text(self.replaced_within(text)),
            Value::List(items) => {
                Value::List(items.iter().map(|item| self.replaced(item)).collect())
            }
            Value::Map(map) => Value::Map(
                map.iter().map(|(name, item)| (name.clone(), self.replaced(item))).collect(),
            ),
            other => other.clone(),
        }
    }

    fn replaced_within(&self, text: &str) -> String {
        let mut all: Vec<(&str, &str)> = self
            .pairs
            .iter()
            .filter_map(|(found, assumed)| Some((found.as_text()?, assumed.as_text()?)))
            .filter(|(found, _)| found.len() >= SHORTEST)
            .collect();
        all.sort_by_key(|(found, _)| std::cmp::Reverse(found.len()));
        let replace = |text: String, (found, assumed): (&str, &str)| text.replace(found, assumed);
        all.into_iter().fold(text.to_owned(), replace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn args(value: Value) -> Map {
        vec![("a".to_owned(), value)]
    }

    #[test]
    fn found_values_stand_for_assumed_ones() {
        let mut values = AssumedValues::default();
        let map = |file: &str, size| {
            Value::Map(vec![("file".into(), text(file)), ("size".into(), Value::Int(size))])
        };
        values.note(&map("/t/stage3-latest.tar", 1), &map("/t/stage3-2026.tar", 7));
        let planned = |value| values.in_plan(&args(value));
        assert_eq!(planned(text("/t/stage3-2026.tar")), Some(args(text("/t/stage3-latest.tar"))));
        assert_eq!(
            planned(text("cp /t/stage3-2026.tar /x")),
            Some(args(text("cp /t/stage3-latest.tar /x")))
        );
        assert_eq!(planned(Value::Int(7)), Some(args(Value::Int(1))));
        assert_eq!(planned(text("/t/other.tar")), None);
    }

    #[test]
    fn an_empty_output_stands_for_nothing() {
        let mut values = AssumedValues::default();
        values.note(&text(""), &text("ssh-ed25519 evil\n"));
        assert_eq!(values.in_plan(&args(text("ssh-ed25519 evil\n"))), None);
    }
}
