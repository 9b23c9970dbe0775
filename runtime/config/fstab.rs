//! `/etc/fstab` (fstab(5)): fields separated by whitespace, in which whitespace and backslashes are
//! written as octal escapes.

use crate::machine::probe::unescape;

/// Returns the unescaped fields of a line; `None` for a comment or an empty line.
pub fn fields(line: &str) -> Option<Vec<String>> {
    let line = line.trim();
    let fields = || line.split([' ', '\t']).filter(|field| !field.is_empty()).map(unescape);
    (!line.is_empty() && !line.starts_with('#')).then(|| fields().collect())
}

/// Escapes a field for fstab.
pub fn escaped(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    for c in field.chars() {
        match c {
            ' ' | '\t' | '\n' | '\\' => out.push_str(&format!("\\{:03o}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_were_written() {
        let odd = ["//nas/my share", "/mnt/a\tb\\040c", "cifs", "user=a\\b,name=x y", "0", "0"];
        let line = odd.map(escaped).join(" ");
        assert!(line.starts_with("//nas/my\\040share /mnt/a\\011b\\134040c cifs "), "{line}");
        assert_eq!(fields(&line).as_deref(), Some(odd.map(str::to_owned).as_slice()));
        assert_eq!(fields("  # a comment"), None);
        assert_eq!(fields(" \t"), None);
        // Invalid escapes are kept literally, as in libmount.
        assert_eq!(fields("\\9 \\04").as_deref(), Some(&["\\9".to_owned(), "\\04".to_owned()][..]));
    }
}
