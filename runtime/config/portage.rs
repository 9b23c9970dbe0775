//! Portage's interpretation of the values in `make.conf`. The file is parsed by Python's shlex and
//! not by a shell: expansions that only a shell supports are silently replaced by an empty string
//! (tested with portage 3.0.83).

/// A value that Portage would not read literally.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// `$(…)`, `` `…` `` or `$((…))`.
    #[error("make.conf: Portage does not support command or arithmetic expansion: {part:?}")]
    Command {
        /// The unsupported part of the value.
        part: String,
    },
    /// `${V:-x}` and similar expansions.
    #[error("make.conf: Portage supports no expansion but ${{NAME}}: {part:?}")]
    Expansion {
        /// The unsupported part of the value.
        part: String,
    },
    /// A character that ends or changes the value.
    #[error("make.conf: a value must not contain {character:?}")]
    Character {
        /// The invalid character.
        character: char,
    },
}

/// Returns the reason why Portage would not read a double-quoted value literally, if there is one.
/// `${NAME}` and `$NAME` are allowed and expanded by Portage.
pub fn fault(value: &str) -> Option<BadValue> {
    let part = |at: usize| value[at..].chars().take(20).collect::<String>();
    if let Some(character) = value.chars().find(|c| matches!(c, '"' | '\\') || c.is_control()) {
        return Some(BadValue::Character { character });
    }
    for (at, c) in value.char_indices() {
        let rest = &value[at + c.len_utf8()..];
        match c {
            '`' => return Some(BadValue::Command { part: part(at) }),
            '$' if rest.starts_with('(') => return Some(BadValue::Command { part: part(at) }),
            '$' => {
                let name = match rest.strip_prefix('{') {
                    Some(braced) => braced.split_once('}').map(|(name, _)| name),
                    None => rest.get(..1),
                };
                if !name.is_some_and(super::shell::is_name) {
                    return Some(BadValue::Expansion { part: part(at) });
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_portage_understands_gets_in() {
        for good in ["-j9 -l8", "${COMMON_FLAGS} -g", "it's # fine", ""] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "-j$((N+1))",
            "$(nproc)",
            "`nproc`",
            "${A:-b}",
            "${A",
            "a $ b",
            "a$",
            "a\"b",
            "a\\b",
            "a\nb",
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }
}
