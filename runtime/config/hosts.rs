//! hosts(5): lines of an address and its names.

/// Returns the content with the names of an address set. An address that has several lines keeps
/// the others.
pub fn set(text: &str, address: &str, names: &[&str]) -> String {
    let wanted = format!("{address}\t{}", names.join(" "));
    let fields = |line: &str| {
        let line = line.split('#').next().unwrap_or_default();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let of_address = |line: &str| fields(line).first().is_some_and(|first| first == address);
    let is_so = |line: &str| of_address(line) && fields(line)[1..] == *names;
    if text.lines().any(is_so) {
        return text.to_owned();
    }
    super::change_last(text, of_address, |_| wanted.clone())
        .unwrap_or_else(|| super::append(text, &wanted))
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_address_changes_and_the_rest_stays() {
        let set = |text: &str| super::set(text, "127.0.1.1", &["box.example", "box"]);
        let line = "127.0.1.1\tbox.example box\n";
        assert_eq!(set(""), line);
        assert_eq!(set(line), line);
        let begin = "# mine\n127.0.0.1 localhost\n#127.0.1.1 x\n";
        assert_eq!(set(begin), format!("{begin}{line}"));
        assert_eq!(set(&format!("{begin}127.0.1.1 old\n::1 a")), format!("{begin}{line}::1 a"));
        let spaced = "127.0.1.1   box.example\tbox # mine\n";
        assert_eq!(set(spaced), spaced);
    }
}
