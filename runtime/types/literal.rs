//! String literals of the two script languages. Characters that are not visible by themselves are
//! escaped.

/// Returns a string literal of Rhai, which is also valid in TOML.
pub fn rhai_literal(text: &str) -> String {
    literal(text, |code| match code {
        0..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    })
}

/// Returns a string literal of Lua.
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
            // Combining characters would change the appearance of the preceding one.
            c if c.escape_debug().len() == 1 => out.push(c),
            c => out += &escaped(u32::from(c)),
        }
    }
    out.push('"');
    out
}
