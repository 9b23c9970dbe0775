//! What a program says while it runs: told line by line, kept up to a limit, or kept from everybody.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsRawFd;

use zeroize::Zeroizing;

use super::super::{Outcome, Progress, Tail, Watch};

/// How much of each stream is kept.
pub(super) const KEEP: usize = 8 << 20;
/// How much a tool that ends soon tells: one that goes on and on fills no log.
const TELL: usize = 1 << 20;

/// How many buffers are read before somebody looks at the clock again.
const AT_ONCE: usize = 16;

/// What a program says while it runs.
pub(super) struct Conversation<'a> {
    pub(super) watch: &'a mut dyn Watch,
    /// What the program reads, where that is a file.
    pub(super) file: Option<&'a File>,
    /// Whether what it prints on standard output is nobody's business.
    secret: bool,
    /// Whether it is a tool that has little to say.
    short: bool,
    /// How many bytes it has said.
    said: usize,
    out: Zeroizing<Vec<u8>>,
    err: Vec<u8>,
    /// What an error shows of both streams, in the order in which it came.
    tail: Tail,
    /// Unfinished lines of the two streams.
    open: [Vec<u8>; 2],
}

impl<'a> Conversation<'a> {
    pub(super) fn new(watch: &'a mut dyn Watch, file: Option<&'a File>) -> Self {
        Self {
            watch,
            file,
            secret: false,
            short: false,
            said: 0,
            out: Zeroizing::default(),
            err: Vec::new(),
            tail: Tail::default(),
            open: [Vec::new(), Vec::new()],
        }
    }

    /// One whose standard output is not shown. Its buffer never grows, so that no copy is left behind.
    pub(super) fn secret(watch: &'a mut dyn Watch) -> Self {
        let out = Zeroizing::new(Vec::with_capacity(KEEP));
        Self { secret: true, out, ..Self::new(watch, None) }
    }

    /// Tells how much of the input file has been read.
    pub(super) fn report_position(&mut self) {
        let Some(mut file) = self.file else { return };
        if let (Ok(done), Ok(meta)) = (file.stream_position(), file.metadata()) {
            self.watch.progress(Progress { done, total: Some(meta.len()) });
        }
    }

    /// Reads what is there, as far as nobody waits for that: one that prints without end is to notice its time
    /// limit and Ctrl-C. `true` at the end of the stream.
    pub(super) fn hear(&mut self, from: Option<&mut (impl Read + AsRawFd)>, error: bool) -> bool {
        let Some(from) = from else { return true };
        let mut buffer = Zeroizing::new([0; 16 << 10]);
        for _ in 0..AT_ONCE {
            match from.read(buffer.as_mut_slice()) {
                Ok(0) => return true,
                Ok(count) => self.add(&buffer[..count], error),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return e.kind() != io::ErrorKind::WouldBlock,
            }
        }
        false
    }

    pub(super) fn drain(
        &mut self,
        out: Option<&mut (impl Read + AsRawFd)>,
        err: Option<&mut (impl Read + AsRawFd)>,
    ) {
        self.hear(out, false);
        self.hear(err, true);
    }

    fn add(&mut self, bytes: &[u8], error: bool) {
        let kept = if error { &mut self.err } else { &mut *self.out };
        let room = KEEP.saturating_sub(kept.len());
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if self.secret && !error {
            return;
        }
        let index = usize::from(error);
        let before = self.said;
        self.said = before.saturating_add(bytes.len());
        if self.short && self.said > TELL {
            if before <= TELL {
                self.watch.notice("output truncated; only the last lines are kept");
            }
            self.open[index] = bytes.to_vec();
            return;
        }
        for piece in bytes.split_inclusive(|&b| b == b'\n' || b == b'\r') {
            let open = &mut self.open[index];
            // A line without end must not fill the memory either.
            if open.len() < 4096 {
                open.extend_from_slice(piece);
            }
            if piece.ends_with(b"\n") || piece.ends_with(b"\r") {
                self.finish_line(index);
            }
        }
    }

    fn finish_line(&mut self, index: usize) {
        let open = std::mem::take(&mut self.open[index]);
        for line in String::from_utf8_lossy(&open).split(['\n', '\r']) {
            let line = line.trim_end();
            if line.is_empty() {
                continue;
            }
            self.watch.line(line);
            self.tail.push(line.to_owned());
        }
    }

    /// Tells only so much of what it says.
    pub(super) fn shortly(&mut self, short: bool) {
        self.short = short;
    }

    /// What an error shows of both streams.
    pub(super) fn tail(&mut self) -> Vec<String> {
        self.finish_line(0);
        self.finish_line(1);
        std::mem::take(&mut self.tail).into_lines()
    }

    /// What the program said in all, and how it ended.
    pub(super) fn outcome(mut self, code: i32) -> Outcome {
        self.tail();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Outcome {
            code,
            stdout: text(std::mem::take(&mut *self.out)),
            stderr: text(std::mem::take(&mut self.err)),
            unknown: false,
        }
    }

    /// What the program printed, as it is.
    pub(super) fn into_output(self) -> Zeroizing<Vec<u8>> {
        self.out
    }
}
