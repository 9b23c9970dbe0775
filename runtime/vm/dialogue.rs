//! Scripted conversations with a machine over its serial console.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::console::Console;
use super::error::VmError;
use crate::system::Interrupts;
use crate::types::Secret;

/// One turn of a conversation: an expected string, and the reply.
#[derive(Debug, Clone)]
pub struct Turn<'a> {
    /// The expected strings; the turn begins as soon as one of them occurs in the output after the
    /// previous turn.
    pub when: &'a [&'a str],
    /// The reply, followed by the Enter key; `None` to continue without one.
    pub reply: Option<&'a Secret>,
    /// Whether the turn is skipped if the output matches the next one first.
    pub optional: bool,
}

/// The transcript of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleTranscript {
    /// The output of the machine, without control sequences and with replies replaced by `***`.
    pub console: String,
    /// Whether a reply was echoed on the console.
    pub echoed: bool,
}

/// A conversation with a machine.
pub(super) struct ConsoleDialogue<'a> {
    pub(super) turns: &'a [Turn<'a>],
    pub(super) never: &'a [&'a str],
    pub(super) limit: Duration,
}

/// The delay before a reply: a program that shows a prompt may be about to disable the echo.
const REPLY_DELAY: Duration = Duration::from_millis(500);
/// The time to continue reading after the line of the last turn.
const FINAL_READ_TIME: Duration = Duration::from_secs(1);
/// The time limit for the end of that line: a busy host may stop the machine within it. A prompt,
/// which has no end, takes all of it.
const LINE_LIMIT: Duration = Duration::from_secs(10);
/// The number of last console lines in an error.
const TAIL: usize = 30;

/// The output received so far.
struct ReceivedOutput<'a> {
    bytes: Vec<u8>,
    /// The offset at which the search for the next turn starts.
    from: usize,
    /// The number of bytes that have been passed to the console.
    shown: usize,
    typed: Vec<&'a Secret>,
}

impl ConsoleDialogue<'_> {
    /// Runs the conversation with a process whose standard streams are the serial line.
    pub(super) fn with(
        &self,
        child: &mut Child,
        interrupts: &Interrupts,
        console: &mut dyn Console,
    ) -> Result<ConsoleTranscript, VmError> {
        let mut keyboard = child.stdin.take();
        let pieces = read_chunks(child);
        let mut received =
            ReceivedOutput { bytes: Vec::new(), from: 0, shown: 0, typed: Vec::new() };
        let mut turns = self.turns.iter();
        let mut turn = turns.next();
        let mut deadline = Instant::now() + self.limit;
        let ended = loop {
            if interrupts.count() > 0 {
                break Err(VmError::Interrupted);
            }
            let over = Instant::now() > deadline;
            match pieces.recv_timeout(Duration::from_millis(100)) {
                Ok(piece) => received.bytes.extend(piece),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break Ok(()),
            }
            if let Some(text) = self.never.iter().find(|text| received.has(text.as_bytes())) {
                break Err(VmError::Unwanted { text: (*text).to_owned(), console: Vec::new() });
            }
            loop {
                let after = turns.clone().next();
                if turn.is_some_and(|turn| turn.optional && !received.would_find(turn.when))
                    && after.is_some_and(|after| received.would_find(after.when))
                {
                    turn = turns.next();
                }
                let Some(next) = turn.filter(|next| received.find(next.when)) else { break };
                if let Some(reply) = next.reply {
                    received.read_for(&pieces, REPLY_DELAY);
                    received.forward_lines(console, true);
                    received.send_reply(reply, keyboard.as_mut(), interrupts);
                }
                turn = turns.next();
                if turn.is_none() {
                    received.read_line(&pieces, interrupts);
                    deadline = Instant::now() + FINAL_READ_TIME;
                }
            }
            received.forward_lines(console, false);
            if over {
                break Ok(());
            }
        };
        received.forward_lines(console, true);
        let missing = turn.map(|turn| turn.when.join(" or "));
        let late = Instant::now() > deadline;
        match (ended, missing) {
            (Ok(()), None) => Ok(received.transcript()),
            (Ok(()), Some(when)) => {
                let limit = late.then_some(self.limit);
                Err(VmError::Silent { when, limit, console: received.tail() })
            }
            (Err(VmError::Unwanted { text, .. }), _) => {
                Err(VmError::Unwanted { text, console: received.tail() })
            }
            (Err(error), _) => Err(error),
        }
    }
}

impl<'a> ReceivedOutput<'a> {
    fn has(&self, text: &[u8]) -> bool {
        position(&self.bytes, text).is_some()
    }

    fn would_find(&self, texts: &[&str]) -> bool {
        texts.iter().any(|text| position(&self.bytes[self.from..], text.as_bytes()).is_some())
    }

    /// Returns whether one of the strings occurs after the previous match; the next search starts
    /// after it.
    fn find(&mut self, texts: &[&str]) -> bool {
        let rest = &self.bytes[self.from..];
        let found =
            texts.iter().filter_map(|t| Some(position(rest, t.as_bytes())? + t.len())).min();
        self.from += found.unwrap_or(0);
        found.is_some()
    }

    /// Reads output for a period of time.
    fn read_for(&mut self, pieces: &Receiver<Vec<u8>>, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            match pieces.recv_timeout(left) {
                Ok(piece) => self.bytes.extend(piece),
                Err(RecvTimeoutError::Timeout) => break,
                // The caller detects the end of the output.
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(left),
            }
        }
    }

    /// Reads output until the line of the latest match is complete.
    fn read_line(&mut self, pieces: &Receiver<Vec<u8>>, interrupts: &Interrupts) {
        let end = Instant::now() + LINE_LIMIT;
        while !self.bytes[self.from..].contains(&b'\n')
            && Instant::now() < end
            && interrupts.count() == 0
        {
            self.read_for(pieces, Duration::from_millis(100));
        }
    }

    fn send_reply(
        &mut self,
        reply: &'a Secret,
        keyboard: Option<&mut ChildStdin>,
        interrupts: &Interrupts,
    ) {
        let Some(keyboard) = keyboard.filter(|_| interrupts.count() == 0) else { return };
        self.typed.push(reply);
        // If the machine has exited, the caller detects the end of its output.
        let _ = keyboard.write_all(reply.expose());
        let _ = keyboard.write_all(b"\r");
        let _ = keyboard.flush();
    }

    /// Passes all complete lines to the console, or everything.
    fn forward_lines(&mut self, console: &mut dyn Console, all: bool) {
        let new = &self.bytes[self.shown..];
        let end = match all {
            true => new.len(),
            false => new.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1),
        };
        if end == 0 {
            return;
        }
        for line in self.readable(&new[..end]).lines() {
            console.line(line.trim_end());
        }
        self.shown += end;
    }

    /// Returns the output without control sequences, with replies masked.
    fn readable(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let mut text = anstream::adapter::strip_str(&text).to_string().replace('\r', "");
        for secret in &self.typed {
            if let Ok(secret) = std::str::from_utf8(secret.expose()) {
                text = text.replace(secret, &secret_mark());
            }
        }
        text
    }

    fn transcript(&self) -> ConsoleTranscript {
        let echoed = self.typed.iter().any(|secret| self.has(secret.expose()));
        ConsoleTranscript { console: self.readable(&self.bytes), echoed }
    }

    fn tail(&self) -> Vec<String> {
        let text = self.readable(&self.bytes);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(TAIL)..].iter().map(|line| (*line).to_owned()).collect()
    }
}

/// Returns the mask that replaces a secret.
fn secret_mark() -> String {
    Secret::new("", Vec::new()).to_string()
}

fn position(bytes: &[u8], text: &[u8]) -> Option<usize> {
    if text.is_empty() {
        return None;
    }
    bytes.windows(text.len()).position(|window| window == text)
}

/// Reads chunks of both output streams until both end.
fn read_chunks(child: &mut Child) -> Receiver<Vec<u8>> {
    let (send, pieces) = channel();
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
        child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
    ];
    for mut stream in streams.into_iter().flatten() {
        let send = send.clone();
        std::thread::spawn(move || {
            let mut piece = vec![0; 4096];
            while let Ok(count) = stream.read(&mut piece) {
                if count == 0 || send.send(piece[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_last_turn_is_read_to_its_end() {
        let (send, pieces) = channel();
        let slow = std::thread::spawn(move || {
            for piece in ["the ", "disk\n"] {
                std::thread::sleep(Duration::from_millis(300));
                send.send(piece.as_bytes().to_vec()).expect("a reader");
            }
        });
        let bytes = b"init runs on ".to_vec();
        let from = bytes.len();
        let mut received = ReceivedOutput { bytes, from, shown: 0, typed: Vec::new() };
        received.read_line(&pieces, &Interrupts::default());
        assert_eq!(received.transcript().console, "init runs on the disk\n");
        slow.join().expect("everything was sent");
    }
}
