//! Suggestions for misspelled names ("did you mean …?").

/// Returns the candidate closest to `name`, if one is close enough to suggest.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Allow one edit per three characters, at least one and at most three; a transposition counts
    // as one edit.
    let max_distance = (name.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|&(distance, _)| distance <= max_distance)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn suggests_typos_but_not_unrelated_names() {
        let names = ["format", "open", "close"];
        assert_eq!(nearest("fromat", names), Some("format"));
        assert_eq!(nearest("opn", names), Some("open"));
        assert_eq!(nearest("erase", names), None);
    }
}
