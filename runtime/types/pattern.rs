//! Patterns with wildcards, as used in tests: `sfdisk … /dev/sda`.

/// A pattern in which `…` (or `...`) matches any string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<String>,
}

impl Pattern {
    /// Parses a pattern.
    pub fn new(text: &str) -> Self {
        Self { parts: text.replace('…', "...").split("...").map(str::to_owned).collect() }
    }

    /// Returns whether the pattern matches a part of the string: all parts between the wildcards
    /// occur in this order.
    pub fn is_in(&self, text: &str) -> bool {
        let mut rest = text;
        self.parts.iter().all(|part| match rest.find(part.trim()) {
            Some(at) => {
                rest = &rest[at + part.trim().len()..];
                true
            }
            None => false,
        })
    }

    /// Returns whether the pattern matches the whole string.
    pub fn is(&self, text: &str) -> bool {
        let (Some(first), Some(last)) = (self.parts.first(), self.parts.last()) else {
            return false;
        };
        match self.parts.len() {
            1 => text == first,
            _ => {
                text.len() >= first.len() + last.len()
                    && text.starts_with(first.as_str())
                    && text.ends_with(last.as_str())
                    && self.is_in(text)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn wildcards_match_any_string_in_order() {
        let pattern = Pattern::new("mount … /mnt ... /dev/sda1");
        assert!(pattern.is_in("# mount -t ext4 /mnt -o ro /dev/sda1 #"));
        assert!(!pattern.is_in("mount /dev/sda1 /mnt"));
        assert!(
            Pattern::new("a…c").is("abc") && Pattern::new("…").is("") && Pattern::new("a").is("a")
        );
        assert!(!Pattern::new("a…c").is("abcd") && !Pattern::new("a").is("ab"));
    }
}
