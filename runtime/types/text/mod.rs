//! Strings that are written to files, commands and tables: one type per kind of value, so that a
//! value is valid wherever it is used.
//!
//! To add a type, add an entry with a name, a rule and limits to the file of its field
//! ([`words!`]). A rule only rejects values; it never changes them. Quoting for a file format is
//! done by the code that writes the file.

mod conf;
mod names;
mod portage;
mod tables;

pub use conf::{ConfText, DmcryptText, Line};
pub use names::{
    Address, Cipher, Compression, DomainName, Fingerprint, GuestName, HostKeyFingerprint, HostName,
    KernelLine, KernelVersion, KernelWord, KeymapName, LinkTarget, LocaleName, MacAddress,
    MenuTitle, ModuleName, Owner, PcrList, ProgramName, RelativePath, ServiceName, StageVariant,
    TemplateName, TimeZone, TokenDevice, UserName,
};
pub use portage::{
    Atom, Keyword, LicenseName, ProfileName, RepoName, SyncType, SyncUri, TableEntry, TableFile,
    UseFlag,
};
pub use tables::{
    CrypttabField, FsType, FstabPlace, FstabSource, MountOptions, ShareTag, XattrMap,
};

/// The requirements on the strings of a type. A check returns `None` if the string is valid.
pub(crate) struct TextRule {
    /// The allowed characters.
    pub allowed: fn(char) -> bool,
    /// The allowed characters in the first position, out of `allowed`.
    pub first: fn(char) -> bool,
    /// The maximum length in bytes.
    pub max_len: usize,
    /// An additional check, which returns the reason for a rejection.
    pub also: fn(&str) -> Option<String>,
}

impl TextRule {
    /// Creates a rule that only restricts the characters and the length.
    pub const fn of(allowed: fn(char) -> bool, max_len: usize) -> Self {
        Self { allowed, first: |_| true, max_len, also: |_| None }
    }

    /// Restricts the first character.
    pub const fn begins(self, first: fn(char) -> bool) -> Self {
        Self { first, ..self }
    }

    /// Adds a check of the whole string.
    pub const fn also(self, also: fn(&str) -> Option<String>) -> Self {
        Self { also, ..self }
    }

    /// Returns the fault of a string: the invalid character and its position, or the reason.
    pub fn fault(&self, text: &str) -> Option<String> {
        let mut chars = text.chars().enumerate();
        if let Some((at, c)) =
            chars.find(|(at, c)| !(self.allowed)(*c) || (*at == 0 && !(self.first)(*c)))
        {
            return Some(format!("{} is not allowed as character {}", named(c), at + 1));
        }
        if text.len() > self.max_len {
            return Some(format!(
                "{} bytes are too many; at most {} are allowed",
                text.len(),
                self.max_len
            ));
        }
        (self.also)(text)
    }
}

/// Returns the name of a character for error messages.
fn named(c: char) -> String {
    match c {
        '\n' => "a newline".into(),
        '\r' => "a carriage return".into(),
        '\t' => "a tab".into(),
        ' ' => "a space".into(),
        '\0' => "a NUL byte".into(),
        c => format!("{c:?}"),
    }
}

/// Returns whether a character is displayed as is: it does not end a line, move the cursor, or
/// change the writing direction.
pub(crate) fn is_shown(c: char) -> bool {
    let bidi_controls =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control()
        && !bidi_controls
        && super::bytes::byte_of(c).is_none()
        && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Returns whether a character is displayed as is and is not whitespace.
fn is_solid(c: char) -> bool {
    is_shown(c) && !c.is_whitespace()
}

const fn is_alnum(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

/// Returns the fault of an empty string.
fn not_empty(text: &str) -> Option<String> {
    text.is_empty().then(|| "it is empty".into())
}

/// Defines a type per entry: `Name, "short name", "accepted values", rule`.
macro_rules! words {
    ($($(#[doc = $doc:literal])* $name:ident, $short:literal, $expects:literal, $rule:expr;)*) => { $(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            pub(super) const RULE: $crate::types::text::TextRule = $rule;

            /// Creates a value that is known to be valid, without validation.
            #[allow(dead_code, reason = "only a few types are created by the program itself")]
            pub(crate) fn assume_valid(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Returns the value as a string.
            #[allow(dead_code, reason = "some types are only displayed or compared")]
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
