//! Safe display of untrusted strings, such as labels read from devices, on a terminal.

use unicode_width::UnicodeWidthStr;

use super::bytes::byte_of;

/// Escapes all characters that move the cursor, are invisible, or change the writing direction.
/// Labels, names and models come from disks and can contain any character.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match (c, byte_of(c)) {
            (_, Some(byte)) => out.push_str(&format!("\\x{byte:02x}")),
            ('\'' | '"' | '\\', _) => out.push(c),
            (c, _) if BLANK.contains(&c) => out.extend(c.escape_unicode()),
            _ => out.extend(c.escape_debug()),
        }
    }
    out
}

/// Letters and symbols without a visible glyph: a name that consists of them looks empty.
const BLANK: [char; 5] = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];

/// Returns whether a character can make a string look like a different one: it controls the
/// terminal, breaks the line, changes the writing direction, or is an invisible tag.
pub fn is_deceptive(c: char) -> bool {
    let direction = matches!(c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}');
    let lines = matches!(c, '\u{2028}' | '\u{2029}');
    let tags = matches!(c, '\u{e0000}'..='\u{e0fff}');
    c.is_control() || direction || lines || tags
}

/// Escapes JSON for a terminal: the data is the same, but every character that a terminal could
/// interpret is escaped. JSON itself escapes only the first 32 characters.
pub fn printable_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let plain = matches!(c, '\n' | ' '..='~')
            || printable(c.encode_utf8(&mut [0; 4])).len() == c.len_utf8();
        match plain {
            true => out.push(c),
            // Characters outside ASCII occur only inside JSON strings.
            false => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}

/// Truncates a string to a number of terminal columns.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if out.width() + c.to_string().width() + 1 > width {
            break;
        }
        out.push(c);
    }
    out + "…"
}

/// Quotes a word for a shell, if necessary.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "%+,-./:=@_~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if printable(word) == word {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut out = String::from("$'");
    for c in word.chars() {
        match c {
            c if byte_of(c).is_some() => out.push_str(&printable(c.encode_utf8(&mut [0; 4]))),
            '\'' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if printable(c.encode_utf8(&mut [0; 4])).len() > c.len_utf8() => {
                out.push_str(&format!("\\U{:08x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out + "'"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(printable("Daten für 数据 \"a\" \\"), "Daten für 数据 \"a\" \\");
        assert_eq!(printable("\u{1b}[31m\n\u{202e}x"), "\\u{1b}[31m\\n\\u{202e}x");
        let hidden = "\u{9b}\u{7f}\u{61c}\u{200b}\u{2028}\u{2066}\u{3164}\u{feff}\u{e0041}";
        let shown = printable(hidden);
        assert!(shown.is_ascii(), "{shown}");
        assert!(shown.starts_with("\\u{9b}\\u{7f}\\u{61c}"), "{shown}");
    }

    #[test]
    fn json_keeps_its_data_and_loses_its_control_characters() {
        let data = serde_json::json!({ "ü\u{9b}": "\u{1b}[2J\u{7f}\u{202e}\u{e0041} 数\n" });
        let shown = printable_json(&data.to_string());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).ok(), Some(data));
        assert!(shown.chars().all(|c| !is_deceptive(c)), "{shown}");
        assert!(shown.contains("ü\\u009b"), "{shown}");
    }

    #[test]
    fn words_are_quoted_so_that_a_shell_reads_them_back() {
        assert_eq!(quote("/mnt/gentoo"), "/mnt/gentoo");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote(""), "''");
        let bytes = super::super::text_of(b"/mnt/\xff");
        assert_eq!(
            (printable(&bytes), quote(&bytes)),
            ("/mnt/\\xff".into(), "$'/mnt/\\xff'".into())
        );
        assert_eq!(quote("two\nlines' \\ \u{1b}"), r"$'two\nlines\' \\ \U0000001b'");
    }
}
