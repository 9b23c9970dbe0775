//! Copies of bundled recipes. A copy records its origin in its front matter, so that a later
//! version of the origin can be merged into it.

use diffy::MergeOptions;
use serde::Deserialize;

use super::bad::BadRecipe;
use super::block::Comment;
use crate::event::Site;
use crate::script::Language;
use crate::types::unhex;

/// The origin of a copy: the key `fork` of its front matter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForkOrigin {
    /// The name of the bundled recipe, with its extension.
    pub of: String,
    /// The SHA-256 digest of the source that was copied.
    pub sha256: String,
}

impl ForkOrigin {
    /// Checks that the digest is one: it is part of a file name.
    pub(super) fn check(&self) -> Result<(), String> {
        let digest = unhex::<32>(&self.sha256).map(|_| ());
        digest.ok_or_else(|| format!("fork: {:?} is not a SHA-256 digest", self.sha256))
    }

    /// Returns the copy of a source: with a line that records this origin.
    pub fn copy(&self, language: Language, source: &str) -> String {
        let text = |text: &str| toml::Value::from(text).to_string();
        let line = format!(
            "{} fork = {{ of = {}, sha256 = {} }}\n",
            language.front_mark(),
            text(&self.of),
            text(&self.sha256)
        );
        let begins = Comment::find(language, source).map_or(0, |comment| comment.begins());
        let mut copy = String::with_capacity(source.len() + line.len());
        for (number, text) in (1..).zip(source.split_inclusive('\n')) {
            copy.push_str(text);
            if number == begins {
                copy.push_str(&line);
            }
        }
        copy
    }
}

/// The result of [`merge`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The source. Both versions of a conflict are between [`CONFLICT`] and `>>>>>>> theirs`, as
    /// in git.
    pub text: String,
    /// The number of conflicts.
    pub conflicts: usize,
}

/// The begin of the line before the own version of a conflict.
const CONFLICT: &str = "<<<<<<< ";

/// Merges two sources that were derived from the same original.
pub fn merge(original: &str, own: &str, new: &str) -> Merged {
    match MergeOptions::new().merge(original, own, new) {
        Ok(text) => Merged { text, conflicts: 0 },
        Err(text) => Merged { conflicts: conflicts(&text).count(), text },
    }
}

/// Returns the lines on which the conflicts of a source begin.
fn conflicts(text: &str) -> impl Iterator<Item = u32> {
    (1..).zip(text.lines()).filter(|(_, line)| line.starts_with(CONFLICT)).map(|(line, _)| line)
}

/// Refuses a source with a conflict.
pub(super) fn check_resolved(file: &str, text: &str) -> Result<(), BadRecipe> {
    conflicts(text).next().map_or(Ok(()), |line| {
        Err(BadRecipe {
            site: Site { file: file.into(), line },
            why: "unresolved conflict of gscript update".into(),
            remedy: "keep the right lines of those between <<<<<<< and >>>>>>>".into(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_in_different_places_are_merged() {
        let merged = merge("a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n");
        assert_eq!(merged, Merged { text: "A\nb\nc\nd\nE\n".into(), conflicts: 0 });
        let merged = merge("a\nb\n", "1\nb\n", "2\nb\n");
        assert_eq!(merged.conflicts, 1);
        for part in ["<<<<<<< ", "\n1\n", "\n=======\n2\n>>>>>>> "] {
            assert!(merged.text.contains(part), "{}", merged.text);
        }
    }
}
