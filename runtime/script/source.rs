//! Values and calls as the text of a script.

use super::Language;
use crate::spec::Spec;
use crate::types::{Map, Value};

/// A value as a script would write it.
pub fn source(value: &Value, language: Language) -> String {
    let lua = language == Language::Lua;
    match value {
        Value::Unit if lua => "nil".to_owned(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| source(item, language)).collect();
            let items = items.join(", ");
            if lua { format!("{{ {items} }}") } else { format!("[{items}]") }
        }
        Value::Map(map) => entries(map, language),
        // The name of the question: the person is asked again.
        Value::Secret(secret) => secret.name().to_owned(),
        other => other.to_string(),
    }
}

fn entries(map: &Map, language: Language) -> String {
    let (open, sign) = if language == Language::Lua { ("{", " =") } else { ("#{", ":") };
    let entry = |(key, value): &(String, Value)| format!("{key}{sign} {}", source(value, language));
    let entries: Vec<String> = map.iter().map(entry).collect();
    format!("{open} {} }}", entries.join(", "))
}

/// A call with its arguments by name; what is as it would be anyway is left out.
pub fn call(spec: &Spec, args: &Map, language: Language) -> String {
    let given = |name: &str| args.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    let mut words: Vec<String> = spec
        .required()
        .map(|param| given(param.name).map_or_else(|| "()".to_owned(), |v| source(v, language)))
        .collect();
    let options: Map = spec
        .options()
        .filter_map(|param| {
            let value = given(param.name).filter(|value| **value != Value::Unit)?;
            let usual = param.default.is_some_and(|default| default() == *value);
            (!usual).then(|| (param.name.to_owned(), value.clone()))
        })
        .collect();
    if !options.is_empty() {
        words.push(entries(&options, language));
    }
    format!("{}({})", language.call(spec.name), words.join(", "))
}
