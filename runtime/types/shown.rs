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
            _ => out.extend(c.escape_debug()),
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
