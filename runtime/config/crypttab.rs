//! `/etc/crypttab` (crypttab(5)): a line per mapping, `NAME DEVICE KEY OPTIONS`.

/// Returns the fields of a line; `None` for a comment or an empty line.
pub fn fields(line: &str) -> Option<Vec<&str>> {
    let line = line.trim();
    let fields: Vec<&str> = line.split_whitespace().collect();
    (!line.starts_with('#') && !fields.is_empty()).then_some(fields)
}

/// A file or device, besides the container, without which a mapping cannot be opened at boot.
#[derive(Debug, PartialEq, Eq)]
pub struct NeededFile<'a> {
    /// What it contains.
    pub what: &'static str,
    /// Its path: in the filesystem on `device`, or else in that of the system.
    pub path: &'a str,
    /// The device with the file, as in fstab.
    pub device: Option<&'a str>,
}

/// Returns the key file and the detached header of an entry.
pub fn needed_files<'a>(fields: &[&'a str]) -> Vec<NeededFile<'a>> {
    let file = |what, text: &'a str| {
        let (path, device) = match text.split_once(':') {
            Some((path, device)) => (path, Some(device)),
            None => (text, None),
        };
        path.starts_with('/').then_some(NeededFile { what, path, device })
    };
    let key = fields.get(2).and_then(|key| file("key", key));
    let options = fields.get(3).into_iter().flat_map(|options| options.split(','));
    let headers = options.filter_map(|option| file("LUKS header", option.strip_prefix("header=")?));
    key.into_iter().chain(headers).collect()
}

/// Returns whether the key of an entry is new at every boot, so that its data is lost anyway.
pub fn has_random_key(fields: &[&str]) -> bool {
    fields.get(2).is_some_and(|key| ["/dev/urandom", "/dev/random", "/dev/hwrng"].contains(key))
}

/// Returns the numbers of the lines of a mapping.
pub fn lines_of(text: &str, name: &str) -> Vec<usize> {
    let numbered = text.lines().enumerate().filter(|(_, line)| is_of(line, name));
    numbered.map(|(index, _)| index + 1).collect()
}

fn is_of(line: &str, name: &str) -> bool {
    fields(line).is_some_and(|found| found.first() == Some(&name))
}

/// Returns the content with the line of a mapping set to exactly these fields. The first field is
/// the name. Of several lines, the first is changed: systemd and dracut ignore the others.
pub fn set(text: &str, wanted: &[&str]) -> String {
    let name = wanted.first().copied().unwrap_or_default();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let Some(at) = lines.iter().position(|line| is_of(line, name)) else {
        return super::append(text, &wanted.join(" "));
    };
    let (body, end) = super::split_end(lines[at]);
    match fields(body).as_deref() == Some(wanted) {
        true => text.to_owned(),
        false => [&lines[..at].concat(), wanted.join(" ").as_str(), end, &lines[at + 1..].concat()]
            .concat(),
    }
}

/// Returns the content without the lines of a mapping.
pub fn remove(text: &str, name: &str) -> String {
    text.split_inclusive('\n').filter(|line| !is_of(line, name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_changes_and_the_rest_stays() {
        let text = "# <name> <device> <key>\nroot\tUUID=1   none  luks\n\nswap /dev/sda3 /dev/urandom swap";
        assert_eq!(set(text, &["root", "UUID=1", "none", "luks"]), text);
        assert_eq!(
            set(text, &["root", "UUID=2", "/key"]),
            text.replacen("root\tUUID=1   none  luks", "root UUID=2 /key", 1)
        );
        assert_eq!(set(text, &["home", "UUID=3"]), format!("{text}\nhome UUID=3\n"));
        assert_eq!(set("", &["a", "b"]), "a b\n");
        assert_eq!(remove(text, "root"), text.replace("root\tUUID=1   none  luks\n", ""));
        assert_eq!(remove(text, "roo"), text);
    }

    #[test]
    fn an_entry_names_a_key_and_a_header() {
        let needed = |line| needed_files(&fields(line).expect("fields"));
        let file = |what, path, device| NeededFile { what, path, device };
        assert_eq!(needed("a UUID=1 none luks,discard"), []);
        assert_eq!(needed("a UUID=1"), []);
        assert_eq!(
            needed("a /dev/sda /k.bin:UUID=2 luks,header=/h.img:LABEL=boot,discard"),
            [
                file("key", "/k.bin", Some("UUID=2")),
                file("LUKS header", "/h.img", Some("LABEL=boot"))
            ]
        );
        assert!(has_random_key(&fields("a /dev/sda2 /dev/urandom swap").expect("fields")));
        assert!(!has_random_key(&fields("a /dev/sda2 none luks").expect("fields")));
        assert_eq!(needed("a /dev/sda - header=/dev/sdb"), [file("LUKS header", "/dev/sdb", None)]);
    }

    #[test]
    fn the_first_of_several_lines_counts() {
        let text = "a UUID=1\nb UUID=2\n a UUID=3\n#a UUID=4\n";
        assert_eq!(lines_of(text, "a"), [1, 3]);
        assert_eq!(set(text, &["a", "UUID=9"]), text.replacen("a UUID=1", "a UUID=9", 1));
        assert_eq!(remove(text, "a"), "b UUID=2\n#a UUID=4\n");
    }
}
