//! Strings as the two script languages write them. What does not show by itself is escaped.

/// Returns the string literal of Rhai, which is also one of TOML.
pub fn rhai_literal(text: &str) -> String {
    literal(text, |code| match code {
        0..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    })
}

/// Returns the string literal of Lua.
pub fn lua_literal(text: &str) -> String {
    literal(text, |code| format!("\\u{{{code:x}}}"))
}

fn literal(text: &str, escaped: impl Fn(u32) -> String) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            '\r' => out += "\\r",
            '\'' => out.push(c),
            // Combining characters would change how the one before them looks.
            c if c.escape_debug().len() == 1 => out.push(c),
            c => out += &escaped(u32::from(c)),
        }
    }
    out.push('"');
    out
}
