//! Texts that end up in a file, a command or a table: one type per kind of value, so that a text of that
//! kind can't be wrong wherever it goes.
//!
//! To add one: an entry in the file of its field ([`words!`]) with its name, its rule and its limits. A rule
//! refuses; it never changes a text. What the format of a file can quote is quoted where it is written.

mod conf;
mod names;
mod portage;
mod tables;

pub use conf::{ConfText, DmcryptText, Line};
pub use names::{
    Cipher, Compression, Fingerprint, HostName, KernelLine, KernelVersion, KernelWord, KeymapName,
    LinkTarget, LocaleName, MenuTitle, ModuleName, Owner, ProgramName, RelativePath, ServiceName,
    TimeZone, UserName,
};
pub use portage::{Atom, Keyword, LicenseName, ProfileName, TableFile, UseFlag};
pub use tables::{CrypttabField, FsType, FstabPlace, FstabSource, MountOptions};

/// What texts of a kind are like. `None` means that nothing more is asked.
pub(crate) struct Rule {
    /// The characters that may occur.
    pub allowed: fn(char) -> bool,
    /// The characters that it may begin with, of those.
    pub first: fn(char) -> bool,
    /// How many bytes it may have.
    pub most: usize,
    /// What else is wrong with it.
    pub also: fn(&str) -> Option<String>,
}

impl Rule {
    /// A rule about characters alone: any of these, at any place, at least one.
    pub const fn of(allowed: fn(char) -> bool, most: usize) -> Self {
        Self { allowed, first: |_| true, most, also: |_| None }
    }

    /// The same, and it begins with one of these.
    pub const fn begins(self, first: fn(char) -> bool) -> Self {
        Self { first, ..self }
    }

    /// The same, with a look at the whole.
    pub const fn also(self, also: fn(&str) -> Option<String>) -> Self {
        Self { also, ..self }
    }

    /// What is wrong with a text: the offending character and its place, or the reason.
    pub fn fault(&self, text: &str) -> Option<String> {
        let mut chars = text.chars().enumerate();
        if let Some((at, c)) =
            chars.find(|(at, c)| !(self.allowed)(*c) || (*at == 0 && !(self.first)(*c)))
        {
            return Some(format!("{} is not allowed as character {}", named(c), at + 1));
        }
        if text.len() > self.most {
            return Some(format!(
                "{} bytes are too many; at most {} are allowed",
                text.len(),
                self.most
            ));
        }
        (self.also)(text)
    }
}

/// A character as an error names it.
fn named(c: char) -> String {
    match c {
        '\n' => "a line break".into(),
        '\r' => "a carriage return".into(),
        '\t' => "a tab".into(),
        ' ' => "a space".into(),
        '\0' => "a NUL byte".into(),
        c => format!("{c:?}"),
    }
}

/// Whether a character is shown as it is: it neither ends a line, nor moves a cursor, nor changes the
/// direction of what follows.
pub(crate) fn is_shown(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control()
        && !turns
        && super::bytes::byte_of(c).is_none()
        && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Whether a character is shown and no whitespace.
fn is_solid(c: char) -> bool {
    is_shown(c) && !c.is_whitespace()
}

const fn is_alnum(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

/// The reason why an empty text is none of its kind.
fn not_empty(text: &str) -> Option<String> {
    text.is_empty().then(|| "it is empty".into())
}

/// Writes a type per entry: `Name, "short name", "what is accepted", rule`.
macro_rules! words {
    ($($(#[doc = $doc:literal])* $name:ident, $short:literal, $expects:literal, $rule:expr;)*) => { $(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            pub(super) const RULE: $crate::types::text::Rule = $rule;

            /// A text of ours, known to be of this kind.
            #[allow(dead_code, reason = "few kinds are made by the program itself")]
            pub(crate) fn known(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            #[allow(dead_code, reason = "some kinds are only shown, or only compared")]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl $crate::types::ParamValue for $name {
            const TYPE: $crate::types::ParamType = $crate::types::ParamType::new($short, $expects);

            fn decode(
                value: &$crate::types::Value,
            ) -> std::result::Result<Self, $crate::types::Mismatch> {
                let $crate::types::Value::Text(text) = value else {
                    return Err($crate::types::Mismatch::kind(&Self::TYPE, value));
                };
                match Self::RULE.fault(text) {
                    None => Ok(Self(text.clone())),
                    Some(fault) => Err($crate::types::Mismatch::refused(&Self::TYPE, text, &fault)),
                }
            }

            fn encode(&self) -> $crate::types::Value {
                $crate::types::Value::Text(self.0.clone())
            }
        }
    )* };
}

use words;
