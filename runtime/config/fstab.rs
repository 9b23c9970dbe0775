//! `/etc/fstab` (fstab(5)): fields between whitespace, in which whitespace, backslashes and a comment's
//! sign are written in octal.

use crate::machine::probe::unescape;

/// The fields of a line, without their escapes; `None` for a comment or an empty line.
pub fn fields(line: &str) -> Option<Vec<String>> {
    let line = line.trim();
    let fields = || line.split([' ', '\t']).filter(|field| !field.is_empty()).map(unescape);
    (!line.is_empty() && !line.starts_with('#')).then(|| fields().collect())
}

/// A field as it is written.
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
        // What is no escape stays: libmount reads it so as well.
        assert_eq!(fields("\\9 \\04").as_deref(), Some(&["\\9".to_owned(), "\\04".to_owned()][..]));
    }
}
