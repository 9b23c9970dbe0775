//! What Portage makes of the values in `make.conf`. It is read by Python's shlex and not by a shell:
//! what only a shell understands silently becomes nothing (measured with portage 3.0.83).

/// A value that would not arrive as it is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// `$(…)`, `` `…` `` or `$((…))`.
    #[error(
        "Portage runs no commands and does no arithmetic in make.conf: {part:?} would become nothing"
    )]
    Command {
        /// Which part.
        part: String,
    },
    /// `${V:-x}` and the like.
    #[error("Portage knows ${{NAME}} and no other expansion: {part:?} would lose its value")]
    Expansion {
        /// Which part.
        part: String,
    },
    /// A character that ends or changes the value.
    #[error("a value in make.conf can't contain {character:?}")]
    Character {
        /// Which.
        character: char,
    },
}

/// A value as it is written into make.conf, `${NAME}` in it left to Portage.
pub fn quoted(value: &str) -> Result<String, BadValue> {
    let part = |at: usize| value[at..].chars().take(20).collect::<String>();
    if let Some(character) = value.chars().find(|c| matches!(c, '"' | '\\') || c.is_control()) {
        return Err(BadValue::Character { character });
    }
    for (at, c) in value.char_indices() {
        let rest = &value[at + c.len_utf8()..];
        match c {
            '`' => return Err(BadValue::Command { part: part(at) }),
            '$' if rest.starts_with('(') => return Err(BadValue::Command { part: part(at) }),
            '$' if rest.starts_with('{') => {
                let name = rest[1..].split_once('}').map(|(name, _)| name);
                if !name.is_some_and(super::shell::is_name) {
                    return Err(BadValue::Expansion { part: part(at) });
                }
            }
            _ => {}
        }
    }
    Ok(format!("\"{value}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_portage_understands_gets_in() {
        for good in ["-j9 -l8", "${COMMON_FLAGS} -g", "it's # fine", ""] {
            assert_eq!(quoted(good), Ok(format!("\"{good}\"")));
        }
        for bad in ["-j$((N+1))", "$(nproc)", "`nproc`", "${A:-b}", "${A", "a\"b", "a\\b", "a\nb"] {
            assert!(quoted(bad).is_err(), "{bad}");
        }
    }
}
