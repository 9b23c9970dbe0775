//! Values that a plan had to assume, and what the run found in their place.

use crate::types::{Map, Value};

/// The most values that are kept: a recipe that finds more is not compared more generously.
const MOST: usize = 100;

/// The shortest string that is replaced within another one.
const SHORTEST: usize = 3;

/// The strings that differed from the assumed ones so far.
///
/// An action whose arguments contain a string that the run has found is the planned action, if the
/// plan had the assumed string there. An assumed empty string stands for nothing, nor does a number
/// or a boolean: the plan does not show where they went, so the output or the exit code of a program
/// must not choose what an action does.
#[derive(Debug, Default)]
pub(super) struct AssumedValues {
    /// What was found, and what the plan has in its place.
    pairs: Vec<(String, String)>,
}

impl AssumedValues {
    /// Notes the differences between an assumed value and the one that was found.
    pub(super) fn note(&mut self, assumed: &Value, found: &Value) {
        self.note_strings(assumed, found, &|_, _| true);
    }

    /// Notes the identifiers that differ from those of the plan. They are derived from the number of
    /// the call, which is another one after a branch.
    pub(super) fn note_identifiers(&mut self, planned: &Value, found: &Value) {
        self.note_strings(planned, found, &|planned, found| {
            is_identifier(planned) && is_identifier(found) && planned.len() == found.len()
        });
    }

    fn note_strings(
        &mut self,
        assumed: &Value,
        found: &Value,
        is_noted: &dyn Fn(&str, &str) -> bool,
    ) {
        match (assumed, found) {
            (Value::Map(assumed), Value::Map(found)) => {
                for (name, value) in found {
                    if let Some((_, before)) = assumed.iter().find(|(known, _)| known == name) {
                        self.note_strings(before, value, is_noted);
                    }
                }
            }
            // A plan that knows neither the items nor their number shows one.
            (Value::List(assumed), Value::List(found)) if assumed.len() == 1 => {
                for value in found {
                    self.note_strings(&assumed[0], value, is_noted);
                }
            }
            (Value::List(assumed), Value::List(found)) => {
                let both = assumed.iter().zip(found);
                both.for_each(|(before, value)| self.note_strings(before, value, is_noted));
            }
            (Value::Text(assumed), Value::Text(found)) if is_noted(assumed, found) => {
                self.add(found, assumed);
                self.add(found.trim(), assumed.trim());
            }
            _ => {}
        }
    }

    fn add(&mut self, found: &str, assumed: &str) {
        let new = found != assumed && !found.is_empty() && !assumed.is_empty();
        if new && self.pairs.len() < MOST && !self.pairs.iter().any(|(known, _)| known == found) {
            self.pairs.push((found.to_owned(), assumed.to_owned()));
            self.pairs.sort_by_key(|(found, _)| std::cmp::Reverse(found.len()));
        }
    }

    /// Returns arguments as the plan would have them; `None` if they contain no such value.
    pub(super) fn in_plan(&self, args: &Map) -> Option<Map> {
        if self.pairs.is_empty() {
            return None;
        }
        let planned: Map =
            args.iter().map(|(name, value)| (name.clone(), self.replaced(value))).collect();
        (planned != *args).then_some(planned)
    }

    fn replaced(&self, value: &Value) -> Value {
        match value {
            Value::Text(text) => match self.pairs.iter().find(|(found, _)| found == text) {
                Some((_, assumed)) => Value::Text(assumed.clone()),
                None => Value::Text(self.replaced_within(text)),
            },
            Value::List(items) => {
                Value::List(items.iter().map(|item| self.replaced(item)).collect())
            }
            Value::Map(map) => Value::Map(
                map.iter().map(|(name, item)| (name.clone(), self.replaced(item))).collect(),
            ),
            other => other.clone(),
        }
    }

    /// Replaces from left to right, the longest string first, and never in what was replaced.
    fn replaced_within(&self, text: &str) -> String {
        let mut planned = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let starts = |(found, _): &&(String, String)| {
                found.len() >= SHORTEST && rest.starts_with(found.as_str())
            };
            let (length, with) = match self.pairs.iter().find(starts) {
                Some((found, assumed)) => (found.len(), assumed.as_str()),
                None => (first.len_utf8(), &rest[..first.len_utf8()]),
            };
            planned.push_str(with);
            rest = &rest[length..];
        }
        planned
    }
}

/// Returns whether a string has the form of a UUID or of the identifier of a filesystem.
pub(super) fn is_identifier(text: &str) -> bool {
    (8..=36).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
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
    fn found_strings_stand_for_assumed_ones() {
        let mut values = AssumedValues::default();
        let map = |file: &str| Value::Map(vec![("file".into(), text(file))]);
        values.note(&map("/t/stage3-latest.tar"), &map("/t/stage3-2026.tar"));
        let planned = |value| values.in_plan(&args(value));
        assert_eq!(planned(text("/t/stage3-2026.tar")), Some(args(text("/t/stage3-latest.tar"))));
        assert_eq!(
            planned(text("cp /t/stage3-2026.tar /x")),
            Some(args(text("cp /t/stage3-latest.tar /x")))
        );
        assert_eq!(planned(text("/t/other.tar")), None);
    }

    #[test]
    fn each_item_stands_for_the_only_one_that_was_assumed() {
        let mut values = AssumedValues::default();
        let list = |items: &[&str]| Value::List(items.iter().map(|item| text(item)).collect());
        values.note(&list(&["<kernel-version>"]), &list(&["6.6.62", "6.6.62-gentoo"]));
        for found in ["6.6.62", "6.6.62-gentoo"] {
            let config = text(&format!("/boot/config-{found}"));
            let planned = args(text("/boot/config-<kernel-version>"));
            assert_eq!(values.in_plan(&args(config)), Some(planned), "{found}");
        }
    }

    #[test]
    fn outputs_numbers_and_replaced_strings_stand_for_nothing() {
        let mut values = AssumedValues::default();
        values.note(&text(""), &text("ssh-ed25519 evil\n"));
        values.note(&Value::Int(0), &Value::Int(7));
        assert_eq!(values.in_plan(&args(text("ssh-ed25519 evil\n"))), None);
        assert_eq!(values.in_plan(&args(Value::Int(7))), None);
        values.note(&text("bbb"), &text("aaa"));
        values.note(&text("ccc"), &text("bbb"));
        assert_eq!(values.in_plan(&args(text("x aaa"))), Some(args(text("x bbb"))));
    }

    #[test]
    fn an_identifier_stands_only_for_an_identifier() {
        let mut values = AssumedValues::default();
        let uuid = |first: char| format!("{first}b0ddc1e-0000-4000-8000-000000000000");
        values.note_identifiers(&text(&uuid('a')), &text(&uuid('b')));
        values.note_identifiers(&text("good"), &text("evil"));
        values.note_identifiers(&text(&uuid('a')), &text("ssh-ed25519 evil"));
        let line = |uuid: &str| args(text(&format!("UUID={uuid} /home")));
        assert_eq!(values.in_plan(&line(&uuid('b'))), Some(line(&uuid('a'))));
        assert_eq!(values.in_plan(&args(text("evil"))), None);
        assert_eq!(values.in_plan(&args(text("ssh-ed25519 evil"))), None);
    }
}
