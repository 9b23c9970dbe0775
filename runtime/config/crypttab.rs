//! `/etc/crypttab` (crypttab(5)): a line per mapping, `NAME DEVICE KEY OPTIONS`.

/// Returns the fields of a line; `None` for a comment or an empty line.
pub fn fields(line: &str) -> Option<Vec<&str>> {
    let line = line.trim();
    let fields: Vec<&str> = line.split_whitespace().collect();
    (!line.starts_with('#') && !fields.is_empty()).then_some(fields)
}

/// Returns the content with the line of a mapping set to exactly these fields. The first field is
/// the name.
pub fn set(text: &str, wanted: &[&str]) -> String {
    let name = wanted.first().copied().unwrap_or_default();
    let is_it = |line: &str| fields(line).is_some_and(|found| found.first() == Some(&name));
    let line = wanted.join(" ");
    let change = |old: &str| match fields(old).as_deref() == Some(wanted) {
        true => old.to_owned(),
        false => line.clone(),
    };
    super::change_last(text, is_it, change).unwrap_or_else(|| super::append(text, &line))
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
    }
}
