//! `/etc/mdadm.conf` (mdadm.conf(5)): a keyword and words per line; a line that begins with
//! whitespace continues the previous one.

/// An array to be listed in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedArray {
    /// The name below `/dev/md`; `None` to let mdadm choose it.
    pub name: Option<String>,
    /// The UUID, in any notation.
    pub uuid: String,
}

impl ListedArray {
    fn line(&self) -> String {
        let device = self.name.as_ref().map(|name| format!(" /dev/md/{name}"));
        let digits = digits(&self.uuid);
        let groups: Vec<&str> = (0..digits.len()).step_by(8).map(|at| group(&digits, at)).collect();
        format!("ARRAY{} UUID={}", device.unwrap_or_default(), groups.join(":"))
    }
}

fn group(digits: &str, at: usize) -> &str {
    &digits[at..digits.len().min(at + 8)]
}

/// Returns the hexadecimal digits of a UUID: mdadm accepts several separators.
fn digits(uuid: &str) -> String {
    uuid.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect()
}

/// An `ARRAY` line.
struct ArrayLine {
    /// The indexes of its lines of text.
    lines: Vec<usize>,
    /// The name of the device, `<ignore>`, or nothing.
    device: Option<String>,
    uuid: Option<String>,
}

impl ArrayLine {
    fn is_named(&self, name: &str) -> bool {
        let device = self.device.as_deref();
        device.is_some_and(|device| device.strip_prefix("/dev/md/").unwrap_or(device) == name)
    }
}

/// Returns the `ARRAY` lines.
fn array_lines(text: &str) -> Vec<ArrayLine> {
    let mut statements: Vec<(Vec<usize>, Vec<String>)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut words = words(line);
        if words.is_empty() {
            continue;
        }
        match statements.last_mut().filter(|_| line.starts_with([' ', '\t'])) {
            Some((lines, all)) => {
                lines.push(index);
                all.append(&mut words);
            }
            None => statements.push((vec![index], words)),
        }
    }
    let array = |(lines, words): (Vec<usize>, Vec<String>)| {
        // Keywords may be abbreviated to three letters.
        let keyword = words.first()?.to_ascii_lowercase();
        if keyword.len() < 3 || !"array".starts_with(&keyword) {
            return None;
        }
        let uuid = |word: &String| {
            let (key, value) = word.split_once('=')?;
            key.eq_ignore_ascii_case("uuid").then(|| digits(value))
        };
        let device = words.iter().skip(1).find(|w| w.starts_with('/') || !w.contains('='));
        Some(ArrayLine { lines, device: device.cloned(), uuid: words.iter().find_map(uuid) })
    };
    statements.into_iter().filter_map(array).collect()
}

/// Returns the words of a line without quotes and comment.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Returns the content with a line for each of these arrays.
///
/// An array whose UUID has a line keeps it: the line may give the array another name. A line for
/// the same name with the UUID of an array that is not in the list is replaced.
pub fn set(text: &str, arrays: &[ListedArray]) -> String {
    let known: Vec<String> = arrays.iter().map(|array| digits(&array.uuid)).collect();
    let mut text = text.to_owned();
    for (array, uuid) in arrays.iter().zip(&known) {
        let found = array_lines(&text);
        if found.iter().any(|line| line.uuid.as_ref() == Some(uuid)) {
            continue;
        }
        let stale = |line: &&ArrayLine| {
            array.name.as_ref().is_some_and(|name| line.is_named(name))
                && line.uuid.as_ref().is_none_or(|uuid| !known.contains(uuid))
        };
        text = match found.iter().find(stale) {
            Some(stale) => replaced(&text, &stale.lines, &array.line()),
            None => super::append(&text, &array.line()),
        };
    }
    text
}

/// Replaces the first of these lines, and removes the others.
fn replaced(text: &str, indexes: &[usize], new: &str) -> String {
    let line = |(index, line): (usize, &str)| match indexes.iter().position(|at| *at == index) {
        None => line.to_owned(),
        Some(0) => format!("{new}{}", super::split_end(line).1),
        Some(_) => String::new(),
    };
    text.split_inclusive('\n').enumerate().map(line).collect()
}

/// Returns the number of the line, starting at 1, that excludes an array from being assembled.
pub fn ignored(text: &str, uuid: &str) -> Option<usize> {
    let ignores = |line: &ArrayLine| {
        line.uuid.as_ref() == Some(&digits(uuid)) && line.device.as_deref() == Some("<ignore>")
    };
    array_lines(text).into_iter().find(ignores).map(|line| line.lines[0] + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "11111111-2222-4333-8444-555555555555";
    const TWO: &str = "aaaaaaaa-2222-4333-8444-555555555555";

    fn array(name: &str, uuid: &str) -> ListedArray {
        ListedArray { name: Some(name.to_owned()), uuid: uuid.to_owned() }
    }

    #[test]
    fn a_line_is_added_once_and_the_rest_stays() {
        let text = "# ARRAY /dev/md/root UUID=0\nMAILADDR root # me\n\tx@y\nHOMEHOST <none>";
        let one = "ARRAY /dev/md/root UUID=11111111:22224333:84445555:55555555\n";
        let added = set(text, &[array("root", ONE)]);
        assert_eq!(added, format!("{text}\n{one}"));
        assert_eq!(set(&added, &[array("root", ONE)]), added);
        let unnamed = ListedArray { name: None, uuid: TWO.to_uppercase() };
        assert_eq!(set("", &[unnamed]), "ARRAY UUID=aaaaaaaa:22224333:84445555:55555555\n");
    }

    #[test]
    fn lines_are_found_by_uuid_in_every_notation() {
        for line in [
            "ARRAY /dev/md0 UUID=11111111:22224333:84445555:55555555\n",
            "arr metadata=1.2 'uuid=11111111.22224333.84445555.55555555' # c\n",
            "ARRAY /dev/md/root\n# more\n\n  level=raid1\n\tUUID=11111111-2222-4333-8444-555555555555\n",
            "ARRAY <ignore> UUID=11111111222243338444555555555555\n",
        ] {
            assert_eq!(set(line, &[array("root", ONE)]), line);
        }
        assert_eq!(
            ignored("# x\n\nARRAY <ignore> UUID=11111111222243338444555555555555\n", ONE),
            Some(3)
        );
        assert_eq!(ignored("ARRAY /dev/md0 UUID=11111111222243338444555555555555\n", ONE), None);
    }

    #[test]
    fn the_line_of_an_old_array_of_that_name_is_replaced() {
        let line = |name: &str, uuid: &str| array(name, uuid).line() + "\n";
        let (old, new) = (line("root", TWO), line("root", ONE));
        let rest = format!("# mine\n{}MAILADDR root\n", line("home", TWO));
        let text = format!("{rest}ARRAY root UUID=0\n  # kept\n  level=raid1\nDEVICE partitions\n");
        assert_eq!(
            set(&text, &[array("root", ONE)]),
            format!("{rest}{new}  # kept\nDEVICE partitions\n")
        );
        assert_eq!(set(&old, &[array("root", ONE)]), new);
        // The line belongs to another array of this machine.
        let both = [array("root", ONE), array("home", TWO)];
        assert_eq!(set(&old, &both), format!("{old}{new}"));
    }
}
