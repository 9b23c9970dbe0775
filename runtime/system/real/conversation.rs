//! The output of a running program: passed on line by line, kept up to a limit, or kept secret.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsRawFd;

use zeroize::Zeroizing;

use super::super::{Outcome, Progress, Tail, Watch};
use super::builds::FollowedBuilds;

/// The number of bytes of each stream to keep.
pub(super) const MAX_KEPT: usize = 8 << 20;
/// The number of bytes to pass on from a tool that usually prints little, so that a tool that
/// prints endlessly does not fill the log.
const MAX_FORWARDED: usize = 1 << 20;

/// The number of buffers to read before the limits are checked again.
const READS_PER_CHECK: usize = 16;

/// The output of a running program.
pub(super) struct ProgramOutput<'a> {
    pub(super) watch: &'a mut dyn Watch,
    /// The standard input of the program, if it is a file.
    pub(super) file: Option<&'a File>,
    /// The standard output of the program, if it is a file, and the length that it will have.
    pub(super) into: Option<(&'a File, u64)>,
    /// Whether the standard output must not be shown.
    secret: bool,
    /// Whether the amount of output that is passed on is limited.
    short: bool,
    /// The number of bytes received.
    said: usize,
    out: Zeroizing<Vec<u8>>,
    err: Vec<u8>,
    /// The lines for an error message, from both streams in order of arrival.
    tail: Tail,
    /// The builds, if the program is emerge.
    pub(super) builds: Option<FollowedBuilds>,
    /// Incomplete lines of the two streams.
    open: [Vec<u8>; 2],
}

impl<'a> ProgramOutput<'a> {
    pub(super) fn new(watch: &'a mut dyn Watch, file: Option<&'a File>) -> Self {
        Self {
            watch,
            file,
            into: None,
            secret: false,
            short: false,
            said: 0,
            out: Zeroizing::default(),
            err: Vec::new(),
            tail: Tail::default(),
            builds: None,
            open: [Vec::new(), Vec::new()],
        }
    }

    /// Creates a conversation whose standard output is not shown. The buffer never grows, so that
    /// no copies remain in memory.
    pub(super) fn secret(watch: &'a mut dyn Watch) -> Self {
        let out = Zeroizing::new(Vec::with_capacity(MAX_KEPT));
        Self { secret: true, out, ..Self::new(watch, None) }
    }

    /// Creates a conversation whose standard output goes to a file.
    pub(super) fn into_file(watch: &'a mut dyn Watch, file: &'a File, total: u64) -> Self {
        Self { into: Some((file, total)), ..Self::new(watch, None) }
    }

    /// Reports how much of the input file has been read, or of the output file written, or what
    /// emerge builds.
    pub(super) fn report_position(&mut self) {
        if let Some(status) = self.builds.as_mut().and_then(FollowedBuilds::poll) {
            self.watch.builds(&status);
        }
        if let Some((Ok(meta), total)) = self.into.map(|(file, total)| (file.metadata(), total)) {
            self.watch.progress(Progress { done: meta.len(), total: Some(total) });
        }
        let Some(mut file) = self.file else { return };
        if let (Ok(done), Ok(meta)) = (file.stream_position(), file.metadata()) {
            self.watch.progress(Progress { done, total: Some(meta.len()) });
        }
    }

    /// Reads the available output, but only a limited amount: a program that prints endlessly must
    /// still be subject to its time limit and to Ctrl-C. Returns `true` at the end of the stream.
    pub(super) fn read_available(
        &mut self,
        from: Option<&mut (impl Read + AsRawFd)>,
        error: bool,
    ) -> bool {
        let Some(from) = from else { return true };
        let mut buffer = Zeroizing::new([0; 16 << 10]);
        for _ in 0..READS_PER_CHECK {
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
        self.read_available(out, false);
        self.read_available(err, true);
    }

    fn add(&mut self, bytes: &[u8], error: bool) {
        let kept = if error { &mut self.err } else { &mut *self.out };
        let room = MAX_KEPT.saturating_sub(kept.len());
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if self.secret && !error {
            return;
        }
        let index = usize::from(error);
        let before = self.said;
        self.said = before.saturating_add(bytes.len());
        if self.short && self.said > MAX_FORWARDED {
            if before <= MAX_FORWARDED {
                self.watch.notice("output truncated; only the last lines are kept");
            }
            self.open[index] = bytes.to_vec();
            return;
        }
        for piece in bytes.split_inclusive(|&b| b == b'\n' || b == b'\r') {
            let open = &mut self.open[index];
            // A line without a newline must not fill the memory either.
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
            if let Some(builds) = &mut self.builds {
                builds.printed(line);
            }
            self.watch.line(line);
            self.tail.push(line.to_owned());
        }
    }

    /// Sets whether the amount of output that is passed on is limited.
    pub(super) fn limit_output(&mut self, short: bool) {
        self.short = short;
    }

    /// Returns the lines for an error message.
    pub(super) fn tail(&mut self) -> Vec<String> {
        self.finish_line(0);
        self.finish_line(1);
        std::mem::take(&mut self.tail).into_lines()
    }

    /// Returns the output that was kept, with the exit code.
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

    /// Returns the standard output as it was printed.
    pub(super) fn into_output(self) -> Zeroizing<Vec<u8>> {
        self.out
    }
}
