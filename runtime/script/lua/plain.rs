//! Search for plain strings.

use std::ops::Range;

/// Returns whether a pattern has no special characters.
pub(super) fn is_plain(pattern: &[u8]) -> bool {
    !pattern.iter().any(|byte| b"^$*+?.([%-".contains(byte))
}

/// Finds the first occurrence of a string in another, in linear time in all cases.
pub(super) fn find_plain(text: &[u8], wanted: &[u8], from: usize) -> Option<Range<usize>> {
    // The length of the longest prefix of `wanted` that ends at each of its bytes (Knuth, Morris,
    // Pratt).
    let mut borders = vec![0; wanted.len()];
    let mut length = 0;
    for at in 1..wanted.len() {
        while length > 0 && wanted[at] != wanted[length] {
            length = borders[length - 1];
        }
        length += usize::from(wanted[at] == wanted[length]);
        borders[at] = length;
    }
    if wanted.is_empty() {
        return Some(from..from);
    }
    let mut length = 0;
    for (at, byte) in text.iter().enumerate().skip(from) {
        while length > 0 && *byte != wanted[length] {
            length = borders[length - 1];
        }
        length += usize::from(*byte == wanted[length]);
        if length == wanted.len() {
            return Some(at + 1 - length..at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_found() {
        for (text, wanted, place) in [
            ("aaab", "aab", Some(1..4)),
            ("ababac", "abac", Some(2..6)),
            ("abc", "", Some(0..0)),
            ("abc", "abcd", None),
        ] {
            assert_eq!(find_plain(text.as_bytes(), wanted.as_bytes(), 0), place);
        }
        assert!(is_plain(b"a]b") && !is_plain(b"a-b"));
    }
}
