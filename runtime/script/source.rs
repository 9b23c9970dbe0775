//! Formatting of values and calls as source.

use super::Language;
use crate::operation::spec::Spec;
use crate::types::{Map, Value, lua_literal, rhai_literal};

/// Formats a value as source.
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
        Value::Text(text) => quoted(text, language),
        // The variable of the secret, for which the user is prompted again.
        Value::Secret(secret) => secret.name().to_owned(),
        other => other.to_string(),
    }
}

/// Formats a string as a literal.
pub fn quoted(text: &str, language: Language) -> String {
    match language {
        Language::Rhai => rhai_literal(text),
        Language::Lua => lua_literal(text),
    }
}

fn entries(map: &Map, language: Language) -> String {
    let (open, sign) = if language == Language::Lua { ("{", " =") } else { ("#{", ":") };
    let entry = |(key, value): &(String, Value)| {
        let word = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !key.starts_with(|c: char| c.is_ascii_digit());
        let key = match (word, language) {
            (true, _) => key.clone(),
            (false, Language::Rhai) => quoted(key, language),
            (false, Language::Lua) => format!("[{}]", quoted(key, language)),
        };
        format!("{key}{sign} {}", source(value, language))
    };
    let entries: Vec<String> = map.iter().map(entry).collect();
    format!("{open} {} }}", entries.join(", "))
}

/// Formats a call; options that are unset or have their default value are omitted.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::NoopListener;

    #[test]
    fn what_is_written_can_be_read() {
        let map = vec![("a".to_owned(), Value::Int(1)), ("sys-apps/b".to_owned(), Value::Unit)];
        let value = Value::List(vec![Value::Map(map), Value::from("x\"y")]);
        for (language, text) in [
            (Language::Rhai, r#"[#{ a: 1, "sys-apps/b": () }, "x\"y"]"#),
            (Language::Lua, r#"{ { a = 1, ["sys-apps/b"] = nil }, "x\"y" }"#),
        ] {
            assert_eq!(source(&value, language), text);
            let chunk =
                if language == Language::Lua { format!("return {text}") } else { text.into() };
            assert!(
                crate::run::job::evaluate(language, &chunk, Box::new(NoopListener)).is_ok(),
                "{text}"
            );
        }
    }

    #[test]
    fn every_string_comes_back() {
        for text in [
            "e\u{301}",
            "\u{301}",
            "\0\u{1}\u{7f}\u{85}",
            "\u{202e}\u{2066}",
            "a\\n\"b'\n\r\t",
            "${x} `y`",
            "\u{1f469}\u{200d}\u{1f4bb}",
            "\u{e0001}",
            "\u{10fffd}",
            "\u{feff}",
            "[[x]]--",
        ] {
            for language in [Language::Rhai, Language::Lua] {
                let source = quoted(text, language);
                let value = crate::run::job::evaluate(language, &source, Box::new(NoopListener))
                    .expect(&source);
                assert_eq!(value, Value::from(text), "{language:?}: {source}");
            }
            let toml = format!("x = {}", quoted(text, Language::Rhai));
            let table: toml::Table = toml.parse().expect(&toml);
            assert_eq!(table["x"].as_str(), Some(text), "{toml}");
        }
    }
}
