//! Passphrases and keys that are never printed.

use std::fmt;
use std::rc::Rc;

use zeroize::Zeroizing;

/// The maximum length of a passphrase that cryptsetup(8) reads from a terminal, in bytes.
const MAX_LENGTH: usize = 512;

/// A passphrase, which is zeroed when the last handle is dropped and printed as `***`.
///
/// It has the name of the parameter or prompt that it was entered for, so that a resumed run can
/// prompt for it again.
#[derive(Clone)]
pub struct Secret {
    name: Rc<str>,
    bytes: Rc<Zeroizing<Vec<u8>>>,
}

impl Secret {
    /// Creates a secret; the caller's buffer is moved, not copied.
    pub fn new(name: &str, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), bytes: Rc::new(Zeroizing::new(bytes)) }
    }

    /// Returns the name of the parameter or prompt that the secret was entered for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the bytes, to be written to a program's standard input and nowhere else.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns whether the secret is empty.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the reason why primitives reject this secret, if it is invalid.
    ///
    /// Every passphrase must be one that can be typed at boot and that every program reads the same
    /// way: cryptsetup, gpg and chpasswd end a passphrase at a newline in one mode and include the
    /// newline in another. Leading and trailing spaces are part of the passphrase.
    pub fn rejection(&self) -> Option<&'static str> {
        let text = match std::str::from_utf8(&self.bytes) {
            Ok("") => return Some("an empty secret"),
            Ok(text) => text,
            Err(_) => return Some("a secret that is not UTF-8 and cannot be typed at boot"),
        };
        if text.chars().any(char::is_control) {
            return Some(
                "a secret with a newline or another control character, which cannot be typed at \
                 boot",
            );
        }
        (self.bytes.len() > MAX_LENGTH)
            .then_some("a secret of more than 512 bytes, which no boot prompt accepts")
    }
}

/// Compares only the names; the contents are never compared.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{ParamValue, Value};

    fn error_message(value: &Value) -> String {
        Secret::decode(value).map_or_else(|mismatch| mismatch.to_string(), |_| String::new())
    }

    #[test]
    fn only_what_can_be_typed_at_boot_is_a_passphrase() {
        let secret = |bytes: &[u8]| error_message(&Value::Secret(Secret::new("p", bytes.to_vec())));
        for good in [&b"x"[..], b"  two words ", "Größe 数据".as_bytes(), &[b'x'; 512], b"a\"'\\:#"]
        {
            assert_eq!(secret(good), "", "{good:?}");
        }
        for (bad, why) in [
            (&b""[..], "an empty secret"),
            (b"hunter2\n", "a newline"),
            (b"hun\nter2", "a newline"),
            (b"hunter2\r", "control character"),
            (b"hun\0ter2", "control character"),
            (b"hunter2\x1b", "control character"),
            ("hunter2\u{85}".as_bytes(), "control character"),
            (b"hunter2\xff", "not UTF-8"),
            (&[b'x'; 513], "more than 512 bytes"),
        ] {
            let told = secret(bad);
            assert!(told.contains(why) && !told.contains("hunter2"), "{bad:?}: {told}");
        }
    }

    #[test]
    fn what_stands_in_the_place_of_a_secret_is_not_repeated() {
        let text = || Value::from("hunter2");
        let map = Value::Map(vec![("hunter2".into(), text())]);
        for value in [text(), Value::Int(4711), Value::Float(47.11), Value::List(vec![text()]), map]
        {
            let told = error_message(&value);
            assert!(told.contains("got "), "{told}");
            assert!(!told.contains("hunter2") && !told.contains("47"), "{told}");
        }
    }
}
