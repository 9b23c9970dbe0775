//! Text in the room that there is, and in the form that a shell reads back.

use unicode_width::UnicodeWidthStr;

use super::printable;

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
    if printable(word) != word {
        // The one form in which a shell takes control characters and a terminal does not.
        return format!("$'{}'", printable(&word.replace('\\', r"\\").replace('\'', r"\'")));
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_so_that_a_shell_reads_them_back() {
        assert_eq!(quote("/mnt/gentoo"), "/mnt/gentoo");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("two\nlines' \\ \u{1b}"), r"$'two\nlines\' \\ \e'");
    }
}
