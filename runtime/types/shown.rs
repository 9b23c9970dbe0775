//! Text that comes from devices, shown without doing anything to the terminal.

use unicode_width::UnicodeWidthStr;

use super::bytes::byte_of;

/// The text with everything escaped that moves the cursor, hides, or changes the direction of
/// writing: labels, names and models are whatever somebody once wrote onto a disk.
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

/// Letters and symbols that show nothing: a name of them looks like no name.
const BLANK: [char; 5] = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];

/// Whether a character can make a text look like another one: it controls the terminal, breaks the
/// line, changes the direction of writing, or is a tag that nobody sees.
pub fn is_deceptive(c: char) -> bool {
    let direction = matches!(c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}');
    let lines = matches!(c, '\u{2028}' | '\u{2029}');
    let tags = matches!(c, '\u{e0000}'..='\u{e0fff}');
    c.is_control() || direction || lines || tags
}

/// JSON for a terminal: the same data, with every character escaped that a terminal could obey.
/// JSON itself escapes only the first 32.
pub fn printable_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let plain = matches!(c, '\n' | ' '..='~')
            || printable(c.encode_utf8(&mut [0; 4])).len() == c.len_utf8();
        match plain {
            true => out.push(c),
            // Outside ASCII there is only the content of strings.
            false => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}

/// Cuts a text to so many columns of a terminal.
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

/// A word quoted for a shell, where it needs it.
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
