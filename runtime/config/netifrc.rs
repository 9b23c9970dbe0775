//! Lists in `/etc/conf.d/net` of netifrc: variables with an entry on each line of a string, as today,
//! or with an entry in each element of an array of bash, as in older guides.
//!
//! Source: `doc/net.example.Linux.in` and `_get_array` in `init.d/net.lo.in` of netifrc.

use super::shell::{self, Unclosed};

/// An error for a variable that cannot be read as a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListFault {
    /// The file is not one of assignments.
    #[error(transparent)]
    Unclosed(#[from] Unclosed),
    /// The variable is a list that only a shell could read, or that cannot be changed.
    #[error("line {line}: {name}: {why}")]
    Unread {
        /// The line number, starting at 1.
        line: usize,
        /// The name of the variable.
        name: String,
        /// The part that is not understood.
        why: &'static str,
    },
}

/// An array of bash, with the whitespace around its elements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct BashArray {
    /// Between the parenthesis and the first element.
    lead: String,
    /// Between the first two elements.
    gap: Option<String>,
    /// Between the last element and the parenthesis.
    trail: String,
    /// The elements as written.
    elements: Vec<String>,
    comment: bool,
}

/// Returns the entries of a variable; `None` if it is not set. Whitespace around entries, and empty
/// lines of a string, are ignored, as netifrc does.
pub fn get(text: &str, name: &str) -> Result<Option<Vec<String>>, ListFault> {
    refuse_elements(text, name)?;
    let Some((line, value)) = shell::last(text, name)? else { return Ok(None) };
    let unread = |why| ListFault::Unread { line, name: name.to_owned(), why };
    let entries = match value.starts_with('(') {
        true => array(&value).map_err(unread)?.entries(),
        false if shell::expands(&value) => return Err(unread("refers to another variable")),
        false => lines(&shell::bare(&value)),
    };
    Ok(Some(entries))
}

/// Returns the content with a variable set to entries, one on each line of `value`: in an array if
/// the variable is one, and otherwise in a string.
pub fn set(text: &str, name: &str, value: &str) -> Result<String, ListFault> {
    refuse_elements(text, name)?;
    let assigned = shell::all(text)?;
    let is_array =
        |(found, old, _): &&(String, String, bool)| found == name && old.starts_with('(');
    let Some((_, _, adds)) = assigned.iter().rfind(is_array) else {
        return Ok(shell::set(text, name, &shell::quoted(value))?);
    };
    let Some((line, old)) = shell::last(text, name)? else { return Ok(text.to_owned()) };
    let unread = |why| ListFault::Unread { line, name: name.to_owned(), why };
    let old = match old.starts_with('(') {
        true => array(&old).map_err(unread)?,
        false => BashArray::default(),
    };
    let entries = lines(value);
    if old.entries() == entries && !adds {
        return Ok(text.to_owned());
    }
    match old.comment {
        true => Err(unread("the comment in the array would be lost")),
        false => Ok(shell::set(text, name, &old.with(&entries))?),
    }
}

/// Returns the content with a word added to those of a variable, in a string: netifrc only reads the
/// first element of an array here.
pub fn add_word(text: &str, name: &str, word: &str) -> Result<String, ListFault> {
    let entries = get(text, name)?.unwrap_or_default();
    let mut words: Vec<&str> = entries.iter().flat_map(|entry| entry.split_whitespace()).collect();
    let is_array = shell::last(text, name)?.is_some_and(|(_, value)| value.starts_with('('));
    if words.contains(&word) && !is_array {
        return Ok(text.to_owned());
    }
    words.retain(|found| *found != word);
    words.push(word);
    Ok(shell::set(text, name, &shell::quoted(&words.join(" ")))?)
}

/// Refuses the assignment of a single element, such as `config_eth0[1]="…"`.
fn refuse_elements(text: &str, name: &str) -> Result<(), ListFault> {
    let single =
        |line: &str| line.trim_start().strip_prefix(name).is_some_and(|rest| rest.starts_with('['));
    match text.lines().position(single) {
        None => Ok(()),
        Some(at) => Err(ListFault::Unread {
            line: at + 1,
            name: name.to_owned(),
            why: "an element of an array is set alone",
        }),
    }
}

fn lines(value: &str) -> Vec<String> {
    value.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Parses an array, with its parentheses.
fn array(value: &str) -> Result<BashArray, &'static str> {
    let inner = value.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let mut rest = inner.ok_or("text follows the array")?;
    let mut array = BashArray::default();
    let mut gaps: Vec<String> = Vec::new();
    loop {
        let (gap, comment) = blank(rest);
        array.comment |= comment;
        gaps.push(rest[..gap].to_owned());
        rest = &rest[gap..];
        if rest.is_empty() {
            break;
        }
        let element = &rest[..element_end(rest)];
        if shell::expands(element) {
            return Err("refers to another variable");
        }
        if element.starts_with('[') || element.contains(['(', '*', '?']) && !quoted(element) {
            return Err("only bash can read the array");
        }
        array.elements.push(element.to_owned());
        rest = &rest[element.len()..];
    }
    array.trail = gaps.pop().unwrap_or_default();
    let mut gaps = gaps.into_iter();
    array.lead = gaps.next().unwrap_or_default();
    array.gap = gaps.next();
    Ok(array)
}

/// Returns the length of whitespace and comments, and whether there is a comment.
fn blank(text: &str) -> (usize, bool) {
    let (mut at, mut comment) = (0, false);
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start().len();
        match text[at..].starts_with('#') {
            true => at += text[at..].find('\n').unwrap_or(text.len() - at),
            false => return (at, comment),
        }
        comment = true;
    }
}

/// Returns the length of the element at the start.
fn element_end(text: &str) -> usize {
    let mut open = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (open, c) {
            (None, '"' | '\'') => open = Some(c),
            (Some(quote), c) if c == quote => open = None,
            (None | Some('"'), '\\') => drop(chars.next()),
            (None, c) if c.is_whitespace() => return at,
            _ => {}
        }
    }
    text.len()
}

/// Returns whether an element is one quoted string.
fn quoted(element: &str) -> bool {
    element.starts_with(['"', '\'']) && element.len() > 1 && element.ends_with(&element[..1])
}

impl BashArray {
    fn entries(&self) -> Vec<String> {
        self.elements.iter().flat_map(|element| lines(&shell::bare(element))).collect()
    }

    /// Returns an array of these entries. Those that are in this one stay as they are written.
    fn with(&self, entries: &[String]) -> String {
        let lead = if self.elements.is_empty() { " " } else { &self.lead };
        let trail = if self.elements.is_empty() { " " } else { &self.trail };
        let gap = match &self.gap {
            Some(gap) => gap,
            None if lead.contains('\n') => lead,
            None => " ",
        };
        let written = |entry: &String| {
            let old = self.elements.iter().find(|element| shell::bare(element) == *entry);
            old.cloned().unwrap_or_else(|| shell::quoted(entry))
        };
        let elements: Vec<String> = entries.iter().map(written).collect();
        format!("({lead}{}{trail})", elements.join(gap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "# it's mine\nconfig_eth0=( \"192.168.0.2/24\" '192.168.0.3/24' ) # two\n\
        routes_eth0=(\n\t\"default via 192.168.0.1\"\n)\nmodules=(iproute2)\n";

    fn list(text: &str, name: &str) -> Option<Vec<String>> {
        get(text, name).expect("a list")
    }

    #[test]
    fn both_forms_are_read() {
        let today = "config_eth0=\"192.168.0.2/24\n  192.168.0.3/24\n\"\n";
        for text in [OLD, today] {
            assert_eq!(
                list(text, "config_eth0"),
                Some(vec!["192.168.0.2/24".into(), "192.168.0.3/24".into()])
            );
        }
        assert_eq!(list(OLD, "modules"), Some(vec!["iproute2".into()]));
        assert_eq!(list(OLD, "config_eth1"), None);
        assert_eq!(list("a=()\n", "a"), Some(Vec::new()));
    }

    #[test]
    fn a_variable_keeps_its_form_and_the_rest_of_the_file_stays() {
        let cases = [
            ("config_eth0", "192.168.0.3/24\n10.0.0.1/8", "( '192.168.0.3/24' \"10.0.0.1/8\" )"),
            ("config_eth0", "192.168.0.2/24", "( \"192.168.0.2/24\" )"),
            ("routes_eth0", "a\nb", "(\n\t\"a\"\n\t\"b\"\n)"),
            ("modules", "x", "(\"x\")"),
        ];
        for (name, value, new) in cases {
            let changed = set(OLD, name, value).expect(name);
            let (_, old) = shell::last(OLD, name).expect("read").expect(name);
            assert_eq!(changed, OLD.replacen(&old, new, 1), "{name}");
            assert_eq!(list(&changed, name), Some(lines(value)));
            assert_eq!(set(&changed, name, value).as_deref(), Ok(changed.as_str()));
        }
        assert_eq!(set(OLD, "config_eth0", "192.168.0.2/24\n192.168.0.3/24").as_deref(), Ok(OLD));
        assert_eq!(
            set(OLD, "dns_servers_eth0", "1.1.1.1"),
            Ok(format!("{OLD}dns_servers_eth0=\"1.1.1.1\"\n"))
        );
        // An array stays an array for bash even if a string is assigned later.
        let both = "a=(\"1\" \"2\")\na=\"3\"\n";
        assert_eq!(set(both, "a", "4").as_deref(), Ok("a=(\"1\" \"2\")\na=( \"4\" )\n"));
        let added = "a=(\"1\")\na+=(\"2\")\n";
        assert_eq!(set(added, "a", "2"), Ok(format!("{added}a=(\"2\")\n")));
    }

    #[test]
    fn a_list_that_only_bash_can_read_is_refused_with_its_line() {
        let cases = [
            ("b=1\na=( \"$b\" )\n", "line 2: a: refers to another variable"),
            ("\na[1]=\"x\"\n", "line 2: a: an element of an array is set alone"),
            ("a=( [3]=\"x\" )\n", "line 1: a: only bash can read the array"),
            ("a=( /x/* )\n", "line 1: a: only bash can read the array"),
            ("b=1\na=( \"x\"\n", "line 2: unclosed quote or parenthesis"),
            ("a=( \"x\" # it's x\n)\n", "line 1: a: the comment in the array would be lost"),
        ];
        for (text, wanted) in cases {
            let error = set(text, "a", "y").expect_err(text);
            assert_eq!(error.to_string(), wanted);
        }
        assert_eq!(list("a=( \"x\" # it's x\n)\n", "a"), Some(vec!["x".into()]));
    }

    #[test]
    fn a_word_is_added_once() {
        let text = add_word("vlans_eth0=\"1 2\"\n", "vlans_eth0", "5").expect("read");
        assert_eq!(text, "vlans_eth0=\"1 2 5\"\n");
        assert_eq!(add_word(&text, "vlans_eth0", "5").as_deref(), Ok(text.as_str()));
        assert_eq!(add_word("", "vlans_eth0", "5").as_deref(), Ok("vlans_eth0=\"5\"\n"));
        let array = add_word("vlans_eth0=( 1 2 )\n", "vlans_eth0", "2").expect("read");
        assert_eq!(array, "vlans_eth0=\"1 2\"\n");
        assert!(add_word("vlans_eth0=\"$x\"\n", "vlans_eth0", "5").is_err());
    }
}
