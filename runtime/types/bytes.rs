//! Lossless conversion between strings and paths that are not valid UTF-8.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// The offset of the code points that stand for invalid bytes: a byte that is not valid UTF-8
/// becomes `BASE` + byte. The 256 code points are the last ones of plane 16, which is for private
/// use.
const BASE: u32 = 0x10_ff00;

/// Returns the byte that a character stands for, if it stands for one.
pub(super) fn byte_of(c: char) -> Option<u8> {
    u32::from(c).checked_sub(BASE).and_then(|byte| u8::try_from(byte).ok())
}

/// Converts bytes to a string; [`bytes_of`] restores the same bytes.
pub fn text_of(bytes: &[u8]) -> String {
    let keep = |byte: &u8| char::from_u32(BASE + u32::from(*byte)).unwrap_or('\u{fffd}');
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match byte_of(c) {
                // Encode the bytes of a genuine character of this range as well.
                Some(_) => out.extend(c.encode_utf8(&mut [0; 4]).as_bytes().iter().map(keep)),
                None => out.push(c),
            }
        }
        out.extend(chunk.invalid().iter().map(keep));
    }
    out
}

/// Returns the bytes that a string stands for.
pub fn bytes_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match byte_of(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// Returns the path that a string stands for.
pub fn path_of(text: &str) -> PathBuf {
    OsString::from_vec(bytes_of(text)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        let odd =
            ["ä".as_bytes(), b"\xff\xfe", "\u{10ffff}\u{10ff80}".as_bytes(), b"\xf4\x8f"].concat();
        for bytes in [all, odd, b"/mnt/a b".to_vec()] {
            assert_eq!(bytes_of(&text_of(&bytes)), bytes);
        }
        assert_eq!(text_of("/mnt/ä".as_bytes()), "/mnt/ä");
    }
}
