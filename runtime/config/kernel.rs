//! The kernel's `.config` (Documentation/kbuild/kconfig.rst): `CONFIG_X=y`, `# CONFIG_X is not
//! set`.

use std::fmt;

use crate::types::{ConfText, Map, Mismatch, ParamType, ParamValue, Value};

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// Not built.
    No,
    /// Built as a module.
    Module,
    /// Built in.
    Yes,
    /// A decimal or hexadecimal number.
    Number(String),
    /// A string.
    Text(String),
}

/// Option names, without `CONFIG_`, and the required settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options(pub Vec<(String, Setting)>);

const PREFIX: &str = "CONFIG_";

/// Returns the name without `CONFIG_`.
fn short(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}

impl Setting {
    /// Returns the value to be written after the `=`; `None` for an option that is not set.
    fn value(&self) -> Option<String> {
        Some(match self {
            Self::No => return None,
            Self::Module => "m".into(),
            Self::Yes => "y".into(),
            Self::Number(number) => number.clone(),
            Self::Text(text) => {
                format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
        })
    }

    fn parse(value: &str) -> Self {
        let text = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match (text, value) {
            (Some(text), _) => Self::Text(unescaped(text)),
            (None, "y") => Self::Yes,
            (None, "m") => Self::Module,
            (None, "n") => Self::No,
            (None, number) => Self::Number(number.to_owned()),
        }
    }

    /// Returns whether the setting satisfies `wanted`: a built-in feature satisfies the requirement
    /// for a module.
    pub fn is_enough(&self, wanted: &Self) -> bool {
        self == wanted || (*wanted == Self::Module && *self == Self::Yes)
    }
}

/// Formats the setting as in menuconfig.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.value().as_deref().unwrap_or("n"))
    }
}

fn unescaped(text: &str) -> String {
    let mut chars = text.chars();
    let mut out = String::new();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

/// Returns the name and setting of a line, if it sets an option.
fn read(line: &str) -> Option<(&str, Setting)> {
    if let Some(rest) = line.strip_prefix("# CONFIG_") {
        return rest.strip_suffix(" is not set").map(|name| (name, Setting::No));
    }
    let (name, value) = line.strip_prefix(PREFIX)?.split_once('=')?;
    Some((name, Setting::parse(value.trim_end())))
}

/// Returns the setting of an option; `None` if the file does not mention it, which is equivalent to
/// `No`.
pub fn get(text: &str, name: &str) -> Option<Setting> {
    let mut lines = text.lines().filter_map(read);
    lines.rfind(|(found, _)| *found == short(name)).map(|(_, setting)| setting)
}

/// Returns the content with an option set.
pub fn set(text: &str, name: &str, setting: &Setting) -> String {
    let name = short(name);
    let now = get(text, name);
    if now.as_ref() == Some(setting) || (now.is_none() && *setting == Setting::No) {
        return text.to_owned();
    }
    let line = match setting.value() {
        Some(value) => format!("{PREFIX}{name}={value}"),
        None => format!("# {PREFIX}{name} is not set"),
    };
    let is_it = |line: &str| read(line).is_some_and(|(found, _)| found == name);
    super::change_last(text, is_it, |_| line.clone()).unwrap_or_else(|| super::append(text, &line))
}

impl ParamValue for Options {
    const TYPE: ParamType = ParamType::new(
        "kernel options",
        "a map from option names to \"y\", \"m\", \"n\", a number or a string",
    );

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let Value::Map(map) = value else { return Err(Mismatch::kind(&Self::TYPE, value)) };
        let option = |(name, value): &(String, Value)| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
            if short(name).is_empty() || !name.bytes().all(plain) {
                return Err(Mismatch::because(&Self::TYPE, format!("the name {name:?}")));
            }
            let wrong =
                |got: String| Mismatch::because(&Self::TYPE, got).inside(&format!(".{name}"));
            let setting = match value {
                Value::Bool(true) => Setting::Yes,
                Value::Bool(false) => Setting::No,
                Value::Int(number) => Setting::Number(number.to_string()),
                Value::Text(text) if ConfText::decode(value).is_err() => {
                    return Err(wrong(format!("{text:?}, which is not a single line")));
                }
                Value::Text(text) if is_hexadecimal(text) => Setting::Number(text.clone()),
                Value::Text(text) if matches!(text.as_str(), "y" | "m" | "n") => {
                    Setting::parse(text)
                }
                Value::Text(text) => Setting::Text(text.clone()),
                other => return Err(wrong(other.kind().to_owned())),
            };
            Ok((short(name).to_owned(), setting))
        };
        map.iter().map(option).collect::<Result<_, _>>().map(Self)
    }

    fn encode(&self) -> Value {
        let value = |setting: &Setting| match setting {
            Setting::Number(number) => {
                number.parse().map_or_else(|_| Value::from(number.as_str()), Value::Int)
            }
            Setting::Text(text) => Value::from(text.as_str()),
            other => Value::Text(other.to_string()),
        };
        Value::Map(self.0.iter().map(|(n, s)| (n.clone(), value(s))).collect::<Map>())
    }
}

fn is_hexadecimal(text: &str) -> bool {
    text.strip_prefix("0x")
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "#\n# Automatically generated file; DO NOT EDIT.\n#\nCONFIG_64BIT=y\n\
        CONFIG_DM_CRYPT=m\n# CONFIG_XTS is not set\nCONFIG_HZ=250\nCONFIG_BASE=0xc0000000\n\
        CONFIG_LOCALVERSION=\"-a \\\"b\\\"\"\n\n# end of File systems\nwhat is this\n";

    #[test]
    fn all_kinds_of_settings_are_read() {
        let text = |text: &str| Setting::Text(text.into());
        let cases = [
            ("64BIT", Some(Setting::Yes)),
            ("CONFIG_DM_CRYPT", Some(Setting::Module)),
            ("XTS", Some(Setting::No)),
            ("HZ", Some(Setting::Number("250".into()))),
            ("BASE", Some(Setting::Number("0xc0000000".into()))),
            ("LOCALVERSION", Some(text("-a \"b\""))),
            ("DM", None),
        ];
        for (name, wanted) in cases {
            assert_eq!(get(CONFIG, name), wanted, "{name}");
        }
    }

    #[test]
    fn an_option_changes_and_the_rest_stays() {
        let cases = [
            ("XTS", Setting::Yes, "# CONFIG_XTS is not set", "CONFIG_XTS=y"),
            ("CONFIG_DM_CRYPT", Setting::No, "CONFIG_DM_CRYPT=m", "# CONFIG_DM_CRYPT is not set"),
            ("HZ", Setting::Number("1000".into()), "CONFIG_HZ=250", "CONFIG_HZ=1000"),
            ("NEW", Setting::Module, "what is this\n", "what is this\nCONFIG_NEW=m\n"),
            ("NEW", Setting::No, "", ""),
            ("64BIT", Setting::Yes, "", ""),
        ];
        for (name, setting, old, new) in cases {
            let changed = set(CONFIG, name, &setting);
            assert_eq!(changed, CONFIG.replacen(old, new, 1), "{name}");
            assert_eq!(set(&changed, name, &setting), changed, "{name}");
        }
        for value in ["", "a\\b", "\"", "$x"] {
            let setting = Setting::Text(value.into());
            assert_eq!(get(&set(CONFIG, "LOCALVERSION", &setting), "LOCALVERSION"), Some(setting));
        }
        assert_eq!(
            set("CONFIG_A=y\nCONFIG_A=m", "A", &Setting::No),
            "CONFIG_A=y\n# CONFIG_A is not set"
        );
    }

    #[test]
    fn options_come_from_scripts_and_go_back() {
        let map = vec![
            ("CONFIG_A".to_owned(), Value::from("y")),
            ("B".to_owned(), Value::Bool(false)),
            ("C".to_owned(), Value::Int(7)),
            ("D".to_owned(), Value::from("0x1f")),
            ("E".to_owned(), Value::from("some text")),
        ];
        let options = Options::decode(&Value::Map(map)).expect("options");
        assert_eq!(options.0[1], ("B".into(), Setting::No));
        assert_eq!(Options::decode(&options.encode()), Ok(options));
        for bad in [("A B", Value::from("y")), ("A", Value::Unit), ("A", Value::from("x\ny"))] {
            assert!(Options::decode(&Value::Map(vec![(bad.0.into(), bad.1)])).is_err());
        }
    }
}
