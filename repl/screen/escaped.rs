//! JSON for standard output, escaped piece by piece: a long plan is not kept in memory as text.

use std::io::{self, BufWriter, Write};

use gscript::types::printable_json;

/// A writer that escapes serialized JSON for a terminal.
pub(super) struct Escaped<W: Write> {
    to: BufWriter<W>,
    /// The first bytes of a character that is not complete yet.
    incomplete: Vec<u8>,
}

impl<W: Write> Escaped<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to: BufWriter::with_capacity(1 << 16, to), incomplete: Vec::new() }
    }
}

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let plain = |byte: &u8| matches!(byte, b'\n' | b' '..=b'~');
        if self.incomplete.is_empty() && bytes.iter().all(plain) {
            self.to.write_all(bytes)?;
            return Ok(bytes.len());
        }
        self.incomplete.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.incomplete) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let rest = self.incomplete.split_off(whole);
        let text = String::from_utf8_lossy(&self.incomplete);
        self.to.write_all(printable_json(&text).as_bytes())?;
        self.incomplete = rest;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_escaped_like_the_whole() {
        let data = serde_json::json!({ "ü\u{9b}": "\u{1b}[2J\u{202e}\u{e0041} 数\n\"\\" });
        for text in [data.to_string(), serde_json::to_string_pretty(&data).expect("plain data")] {
            for size in 1..8 {
                let mut out = Vec::new();
                let mut to = Escaped::new(&mut out);
                for piece in text.as_bytes().chunks(size) {
                    to.write_all(piece).expect("memory");
                }
                to.flush().expect("memory");
                drop(to);
                assert_eq!(String::from_utf8(out).expect("text"), printable_json(&text));
            }
        }
    }
}
