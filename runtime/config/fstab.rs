//! `/etc/fstab` (fstab(5)): fields separated by whitespace, in which whitespace and backslashes are
//! written as octal escapes.

use std::path::Path;

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

/// Returns the content without the line of one entry, selected by its mount point and, if given, its
/// source; the same content if there is no such entry. A mount point that is not a path, such as
/// `none`, selects the entries without a mount point.
///
/// # Errors
/// Returns the numbers of the lines if several entries match.
pub fn remove(text: &str, at: &str, source: Option<&str>) -> Result<String, Vec<usize>> {
    let is_it = |line: &str| {
        let Some(fields) = fields(line) else { return false };
        let [found_source, found_at, ..] = fields.as_slice() else { return false };
        same_place(found_at, at) && source.is_none_or(|source| source == found_source)
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let found: Vec<usize> = (0..lines.len()).filter(|index| is_it(lines[*index])).collect();
    match found[..] {
        [] => Ok(text.to_owned()),
        [index] => Ok([lines[..index].concat(), lines[index + 1..].concat()].concat()),
        _ => Err(found.iter().map(|index| index + 1).collect()),
    }
}

/// Returns whether two mount points are the same directory, or both are none. Redundant slashes do
/// not matter, as in libmount.
fn same_place(a: &str, b: &str) -> bool {
    match (a.starts_with('/'), b.starts_with('/')) {
        (true, true) => Path::new(a) == Path::new(b),
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_removed_and_the_rest_stays() {
        let before = "# /home is below\n\n \t# <what>\tindented  \nUUID=1\t/  ext4 noatime 0 1\r\n";
        let home = "UUID=2  /home/  xfs  defaults  # on the second disk\n";
        let after = "/dev/sda3 none swap sw 0 0\nUUID=4 swap swap sw\nbroken\n//nas/a\\040b /mnt/a\\040b cifs user";
        let text = format!("{before}{home}{after}");
        let without = |line: &str| Ok(text.replacen(line, "", 1));
        assert_eq!(remove(&text, "/home", None), Ok(format!("{before}{after}")));
        assert_eq!(remove(&text, "/home", Some("UUID=2")), without(home));
        assert_eq!(remove(&text, "/", None), without("UUID=1\t/  ext4 noatime 0 1\r\n"));
        let last = "//nas/a\\040b /mnt/a\\040b cifs user";
        assert_eq!(remove(&text, "/mnt/a b", Some("//nas/a b")), without(last));
        assert_eq!(
            remove(&text, "none", Some("/dev/sda3")),
            without("/dev/sda3 none swap sw 0 0\n")
        );
        assert_eq!(remove(&text, "none", Some("UUID=4")), without("UUID=4 swap swap sw\n"));
        for (at, source) in [("/hom", None), ("/home/a", None), ("/home", Some("UUID=1"))] {
            assert_eq!(remove(&text, at, source).as_ref(), Ok(&text));
        }
        assert_eq!(remove(&text, "none", Some("UUID=2")).as_ref(), Ok(&text));
        assert_eq!(remove("", "/", None), Ok(String::new()));
    }

    #[test]
    fn several_matching_entries_are_reported_by_line() {
        let text =
            "# a\nUUID=1 /a ext4\n\nUUID=2 /a xfs\nUUID=3 none swap sw\nUUID=3 swap swap sw\n";
        assert_eq!(remove(text, "/a", None), Err(vec![2, 4]));
        assert_eq!(remove(text, "/a", Some("UUID=2")), Ok(text.replace("UUID=2 /a xfs\n", "")));
        assert_eq!(remove(text, "none", Some("UUID=3")), Err(vec![5, 6]));
    }

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
