//! Portage's tables of packages (portage(5)): `package.use`, `package.accept_keywords`,
//! `package.license`. Each line consists of an atom and words.

/// Returns the content with these words added to an atom.
///
/// A word replaces its opposite (`-word`) and is added to the last line of the atom; a comment at
/// the end of that line is preserved.
pub fn add(text: &str, atom: &str, words: &[String]) -> String {
    let is_it = |line: &str| line.split_whitespace().next() == Some(atom);
    let merged = |line: &str| merge(line, words);
    super::change_last(text, is_it, merged)
        .unwrap_or_else(|| super::append(text, &[&[atom.to_owned()], words].concat().join(" ")))
}

fn merge(line: &str, words: &[String]) -> String {
    let (body, comment) = line.split_at(line.find('#').unwrap_or(line.len()));
    let mut found: Vec<&str> = body.split_whitespace().collect();
    let opposite =
        |a: &str, b: &str| a.strip_prefix('-') == Some(b) || b.strip_prefix('-') == Some(a);
    let mut changed = false;
    for word in words {
        // Later words take precedence, so the last word about the same flag must be the wanted one.
        let about = |found: &str| found == word || opposite(found, word);
        if found.iter().skip(1).rfind(|found| about(found)) == Some(&word.as_str()) {
            continue;
        }
        changed = true;
        found.retain(|found| !about(found));
        found.push(word);
    }
    if !changed {
        return line.to_owned();
    }
    let gap = if comment.is_empty() { "" } else { " " };
    format!("{}{gap}{comment}", found.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_merged_and_the_rest_stays() {
        let text = "# mine\nsys-fs/lvm2  lvm -thin # keep\n\nother/pkg a\n";
        let add = |atom, words: &[&str]| {
            add(text, atom, &words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(add("sys-fs/lvm2", &["lvm"]), text);
        assert_eq!(
            add("sys-fs/lvm2", &["thin", "x"]),
            text.replacen("sys-fs/lvm2  lvm -thin # keep", "sys-fs/lvm2 lvm thin x # keep", 1)
        );
        assert_eq!(add("new/pkg", &["~amd64"]), format!("{text}new/pkg ~amd64\n"));
        assert_eq!(super::add("a/b x -x", "a/b", &["x".into()]), "a/b x");
    }
}
