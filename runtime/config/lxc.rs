//! lxc.container.conf(5): lines `KEY = VALUE`. A later line of a key that is not a list replaces an earlier one.

mod convert;

pub use convert::{NoCard, convert};

/// Returns the content with the last line of a key set to a value.
pub fn set(text: &str, key: &str, value: &str) -> String {
    let wanted = line(key, value);
    if value_of(text, key) == Some(value) {
        return text.to_owned();
    }
    super::change_last(
        text,
        |line| pair(line).is_some_and(|(found, _)| found == key),
        |_| wanted.clone(),
    )
    .unwrap_or_else(|| super::append(text, &wanted))
}

/// Returns a line.
pub fn line(key: &str, value: &str) -> String {
    format!("{key} = {value}")
}

/// Returns whether a key has a value in one of its lines.
pub fn has(text: &str, key: &str, value: &str) -> bool {
    text.lines().filter_map(pair).any(|found| found == (key, value))
}

fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().filter_map(pair).rfind(|(found, _)| *found == key).map(|(_, value)| value)
}

/// Returns the key and the value of a line that is not a comment.
fn pair(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once('=')?;
    let key = key.trim();
    (!key.starts_with('#')).then(|| (key, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_key_changes_and_the_rest_stays() {
        let begin = "# lxc.tty.max = 9\nlxc.tty.max=1\nlxc.tty.max = 2\nlxc.uts.name = a\n";
        let after = "# lxc.tty.max = 9\nlxc.tty.max=1\nlxc.tty.max = 4\nlxc.uts.name = a\n";
        assert_eq!(set(begin, "lxc.tty.max", "4"), after);
        assert_eq!(set(after, "lxc.tty.max", "4"), after);
        assert_eq!(set("a", "lxc.tty.max", "4"), "a\nlxc.tty.max = 4\n");
        assert!(has(begin, "lxc.tty.max", "1") && !has(begin, "lxc.tty.max", "9"));
    }
}
