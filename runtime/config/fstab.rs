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

/// Returns the path of the device that a source names, as in `UUID=…`.
pub fn device_path(source: &str) -> Option<String> {
    let tagged = source.split_once('=').and_then(|(tag, value)| {
        let tags = ["UUID", "LABEL", "PARTUUID", "PARTLABEL"];
        let value = value.trim_matches('"');
        tags.contains(&tag).then(|| format!("/dev/disk/by-{}/{value}", tag.to_lowercase()))
    });
    tagged.or_else(|| source.starts_with("/dev/").then(|| source.to_owned()))
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

/// The fields of an entry.
pub struct FstabFields<'a>(&'a [String]);

impl FstabFields<'_> {
    /// Returns the first field.
    pub fn source(&self) -> &str {
        &self.0[0]
    }

    /// Returns whether the entry is for this mount point. One that is not a path, such as `none`,
    /// is the same as any other that is not a path.
    pub fn is_at(&self, at: &str) -> bool {
        same_place(&self.0[1], at)
    }

    /// Returns all six fields, with the values that libmount assumes for missing ones.
    fn complete(&self) -> Vec<&str> {
        let default = ["", "", "", "defaults", "0", "0"];
        let field = |(index, default): (usize, &'static str)| {
            self.0.get(index).map_or(default, String::as_str)
        };
        default.into_iter().enumerate().map(field).collect()
    }

    /// Returns whether `other` must be mounted before this entry: its mount point is above the
    /// mount point of this entry, or contains its source, as with a bind mount.
    fn needs(&self, other: &Self) -> bool {
        let below = |path: &str, at: &str| {
            path.starts_with('/') && at.starts_with('/') && Path::new(path).starts_with(at)
        };
        let (at, above) = (self.0[1].as_str(), other.0[1].as_str());
        let source = Some(self.source()).filter(|source| !source.starts_with("/dev/"));
        !same_place(at, above)
            && (below(at, above) || source.is_some_and(|source| below(source, above)))
    }
}

/// Returns the entry of a line; `None` if it has fewer than two fields.
fn entry(fields: Option<&Vec<String>>) -> Option<FstabFields<'_>> {
    fields.filter(|fields| fields.len() >= 2).map(|fields| FstabFields(fields))
}

/// Returns the lines, and the indexes of those with a selected entry.
fn select(text: &str, is_it: impl Fn(&FstabFields<'_>) -> bool) -> (Vec<&str>, Vec<usize>) {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let selected = |line: &str| entry(fields(line).as_ref()).is_some_and(|entry| is_it(&entry));
    let found = (0..lines.len()).filter(|index| selected(lines[*index])).collect();
    (lines, found)
}

/// Returns the content without the line of one entry; the same content if there is none.
///
/// # Errors
/// Returns the numbers of the lines if several entries match.
pub fn remove(text: &str, is_it: impl Fn(&FstabFields<'_>) -> bool) -> Result<String, Vec<usize>> {
    let (lines, found) = select(text, is_it);
    match found[..] {
        [] => Ok(text.to_owned()),
        [index] => Ok([lines[..index].concat(), lines[index + 1..].concat()].concat()),
        _ => Err(found.iter().map(|index| index + 1).collect()),
    }
}

/// Returns the content with one entry replaced by a line, or with the line inserted where mount(8)
/// finds the parent directories mounted.
///
/// # Errors
/// Returns the numbers of the lines if several entries match.
pub fn set(
    text: &str,
    line: &str,
    is_it: impl Fn(&FstabFields<'_>) -> bool,
) -> Result<String, Vec<usize>> {
    let line = line.trim_end();
    let wanted = fields(line).unwrap_or_default();
    let Some(new) = entry(Some(&wanted)) else { return Ok(text.to_owned()) };
    let (lines, found) = select(text, is_it);
    match found[..] {
        [] => Ok(insert(&lines, line, &new)),
        [index] => {
            let (body, end) = super::split_end(lines[index]);
            let old = fields(body);
            if entry(old.as_ref()).is_some_and(|old| old.complete() == new.complete()) {
                return Ok(text.to_owned());
            }
            Ok([&lines[..index].concat(), line, end, &lines[index + 1..].concat()].concat())
        }
        _ => Err(found.iter().map(|index| index + 1).collect()),
    }
}

/// Inserts a line after what its mount needs and before what needs its mount, otherwise at the end.
fn insert(lines: &[&str], line: &str, new: &FstabFields<'_>) -> String {
    let all: Vec<Option<Vec<String>>> = lines.iter().map(|line| fields(line)).collect();
    let is_entry = |index: usize, check: &dyn Fn(&FstabFields<'_>) -> bool| {
        entry(all[index].as_ref()).is_some_and(|entry| check(&entry))
    };
    let after = (0..lines.len()).rfind(|index| is_entry(*index, &|other| new.needs(other)));
    let after = after.map_or(0, |index| index + 1);
    let before = (after..lines.len()).find(|index| is_entry(*index, &|other| other.needs(new)));
    let Some(before) = before else { return super::append(&lines.concat(), line) };
    // The comment above an entry belongs to it, unless it begins the file.
    let is_comment = |index: &usize| lines[*index].trim_start().starts_with('#');
    let above = (after..before).rev().take_while(is_comment).count();
    let at = if above == before { before } else { before - above };
    format!("{}{line}\n{}", lines[..at].concat(), lines[at..].concat())
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

    fn without(text: &str, at: &str, source: Option<&str>) -> Result<String, Vec<usize>> {
        remove(text, |found| {
            found.is_at(at) && source.is_none_or(|source| source == found.source())
        })
    }

    #[test]
    fn an_entry_is_removed_and_the_rest_stays() {
        let before = "# /home is below\n\n \t# <what>\tindented  \nUUID=1\t/  ext4 noatime 0 1\r\n";
        let home = "UUID=2  /home/  xfs  defaults  # on the second disk\n";
        let after = "/dev/sda3 none swap sw 0 0\nUUID=4 swap swap sw\nbroken\n//nas/a\\040b /mnt/a\\040b cifs user";
        let text = format!("{before}{home}{after}");
        let gone = |line: &str| Ok(text.replacen(line, "", 1));
        assert_eq!(without(&text, "/home", None), Ok(format!("{before}{after}")));
        assert_eq!(without(&text, "/home", Some("UUID=2")), gone(home));
        assert_eq!(without(&text, "/", None), gone("UUID=1\t/  ext4 noatime 0 1\r\n"));
        let last = "//nas/a\\040b /mnt/a\\040b cifs user";
        assert_eq!(without(&text, "/mnt/a b", Some("//nas/a b")), gone(last));
        let swap = gone("/dev/sda3 none swap sw 0 0\n");
        assert_eq!(without(&text, "none", Some("/dev/sda3")), swap);
        assert_eq!(without(&text, "none", Some("UUID=4")), gone("UUID=4 swap swap sw\n"));
        for (at, source) in [("/hom", None), ("/home/a", None), ("/home", Some("UUID=1"))] {
            assert_eq!(without(&text, at, source).as_ref(), Ok(&text));
        }
        assert_eq!(without(&text, "none", Some("UUID=2")).as_ref(), Ok(&text));
        assert_eq!(without("", "/", None), Ok(String::new()));
    }

    #[test]
    fn several_matching_entries_are_reported_by_line() {
        let text =
            "# a\nUUID=1 /a ext4\n\nUUID=2 /a xfs\nUUID=3 none swap sw\nUUID=3 swap swap sw\n";
        assert_eq!(without(text, "/a", None), Err(vec![2, 4]));
        assert_eq!(without(text, "/a", Some("UUID=2")), Ok(text.replace("UUID=2 /a xfs\n", "")));
        assert_eq!(without(text, "none", Some("UUID=3")), Err(vec![5, 6]));
        assert_eq!(set(text, "UUID=9 /a ext4", |found| found.is_at("/a")), Err(vec![2, 4]));
    }

    #[test]
    fn an_entry_is_replaced_and_the_rest_stays() {
        let text = "# <what>\nUUID=1\t/\text4  noatime 0 1\r\nUUID=2 /home/ xfs";
        let set = |line: &str, at: &str| set(text, line, |found| found.is_at(at)).expect("one");
        assert_eq!(
            set("UUID=2 /home xfs noatime 0 2\n", "/home"),
            text.replace("UUID=2 /home/ xfs", "UUID=2 /home xfs noatime 0 2")
        );
        assert_eq!(set("UUID=1 / ext4 noatime 0 1", "/"), text);
        assert_eq!(set("UUID=2  /home/  xfs  defaults 0 0", "/home"), text);
        assert_eq!(
            set("UUID=3 / ext4", "/"),
            text.replace("UUID=1\t/\text4  noatime 0 1", "UUID=3 / ext4")
        );
    }

    #[test]
    fn a_new_entry_follows_its_parents_and_precedes_its_children() {
        let text = "# header\nUUID=1 / ext4\nproc /proc proc\n\n# photos\n# of all\nUUID=3 /home/photos xfs\n/home/srv /srv none bind\nUUID=9 none swap sw";
        let new = |line: &str| set(text, line, |_| false).expect("none");
        assert_eq!(
            new("UUID=2 /home ext4"),
            text.replace("# photos", "UUID=2 /home ext4\n# photos")
        );
        assert_eq!(new("UUID=2 /srv/a ext4"), format!("{text}\nUUID=2 /srv/a ext4\n"));
        assert_eq!(new("/srv /mnt/b none bind"), format!("{text}\n/srv /mnt/b none bind\n"));
        assert_eq!(new("UUID=2 /homes ext4"), format!("{text}\nUUID=2 /homes ext4\n"));
        assert_eq!(new("/home/swap none swap sw"), format!("{text}\n/home/swap none swap sw\n"));
        let children = "# what\nUUID=2 /home ext4\nUUID=3 /home/a ext4\nUUID=4 /home/a/b ext4";
        let root = set(children, "UUID=1 / ext4", |_| false);
        assert_eq!(root, Ok(children.replace("# what\n", "# what\nUUID=1 / ext4\n")));
        let between = set(children, "UUID=5 /home/a/ ext4", |found| found.is_at("/home/a"));
        assert_eq!(between, Ok(children.replace("UUID=3 /home/a", "UUID=5 /home/a/")));
        assert_eq!(set("", "UUID=1 / ext4", |_| false).as_deref(), Ok("UUID=1 / ext4\n"));
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
