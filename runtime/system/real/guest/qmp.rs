//! The monitor of QEMU (qemu-qmp-ref(7)): a request and an answer are one line of JSON each.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long the monitor may take to answer. It answers at once unless QEMU hangs.
const LIMIT: Duration = Duration::from_secs(5);

/// The longest line of an answer, in bytes.
const LONGEST: u64 = 1 << 20;

fn timed_out(waiting_for: &str) -> io::Error {
    let why = format!("timed out after {} s waiting for {waiting_for}", LIMIT.as_secs());
    io::Error::new(io::ErrorKind::TimedOut, why)
}

/// Connects to a socket. connect(2) has no time limit, and waits for a process that hangs as soon as a few connections are waiting.
fn connect(socket: &str) -> io::Result<UnixStream> {
    let (send, connected) = channel();
    let path = socket.to_owned();
    // One that waits forever ends with this process.
    std::thread::spawn(move || send.send(UnixStream::connect(path)));
    connected.recv_timeout(LIMIT).unwrap_or_else(|_| Err(timed_out("a connection")))
}

/// A connection to a monitor. QEMU may be under the control of its guest: what it sends is not
/// trusted.
pub struct Monitor<S> {
    stream: BufReader<S>,
}

impl Monitor<UnixStream> {
    /// Connects to a monitor and ends its negotiation.
    pub(super) fn connect(socket: &str) -> io::Result<Self> {
        let stream = connect(socket)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        Self::negotiate(stream, socket)
    }
}

impl<S: Read + Write> Monitor<S> {
    /// Reads the greeting of a monitor and ends its negotiation; `socket` is its name in errors.
    pub fn negotiate(stream: S, socket: &str) -> io::Result<Self> {
        let mut monitor = Self { stream: BufReader::new(stream) };
        let greeting = monitor.line()?;
        if greeting.get("QMP").is_none() {
            return Err(io::Error::other(format!("{socket} is no monitor of QEMU")));
        }
        monitor.execute("qmp_capabilities")?;
        Ok(monitor)
    }

    /// Executes a command without arguments and returns its result.
    pub fn execute(&mut self, command: &str) -> io::Result<Value> {
        let request = json!({ "execute": command }).to_string() + "\n";
        self.stream.get_mut().write_all(request.as_bytes())?;
        let start = Instant::now();
        // Events may arrive without an end.
        while start.elapsed() < LIMIT {
            let answer = self.line()?;
            if let Some(result) = answer.get("return") {
                return Ok(result.clone());
            }
            if let Some(error) = answer.get("error") {
                let text = error.get("desc").and_then(Value::as_str).unwrap_or("unknown error");
                return Err(io::Error::other(format!("{command}: {text}")));
            }
            // Anything else is an event.
        }
        Err(timed_out("an answer"))
    }

    fn line(&mut self) -> io::Result<Value> {
        let mut line = String::new();
        let read = (&mut self.stream).take(LONGEST).read_line(&mut line);
        let read = read.map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => timed_out("an answer"),
            _ => error,
        });
        if read? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(serde_json::from_str(&line)?)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    /// Answers one connection with these lines, each after one request; the greeting comes first.
    fn monitor(lines: &'static [&'static str]) -> io::Result<Monitor<UnixStream>> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("monitor");
        let listener = UnixListener::bind(&path).expect("a socket");
        let serve = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut requests = BufReader::new(stream.try_clone().expect("a copy"));
            for line in lines {
                stream.write_all(line.as_bytes()).expect("the client reads");
                let mut request = String::new();
                if requests.read_line(&mut request).unwrap_or(0) == 0 {
                    break;
                }
            }
        });
        let connected = Monitor::connect(path.to_str().expect("UTF-8"));
        drop(serve);
        connected
    }

    const GREETING: &str = "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}}, \"capabilities\": [\"oob\"]}}\r\n";

    #[test]
    fn events_are_skipped_and_errors_are_told() {
        const EVENT: &str = "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"POWERDOWN\"}\r\n{\"return\": {}}\r\n";
        const ERROR: &str = "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command x has not been found\"}}\r\n";
        let mut found =
            monitor(&[GREETING, "{\"return\": {}}\r\n", EVENT, ERROR, ""]).expect("a monitor");
        assert_eq!(found.execute("system_powerdown").expect("it works"), json!({}));
        let error = found.execute("x").expect_err("there is no such command").to_string();
        assert_eq!(error, "x: The command x has not been found");
    }

    #[test]
    fn a_program_that_hangs_is_left() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("monitor");
        let _hangs = UnixListener::bind(&path).expect("a socket");
        let error = Monitor::connect(path.to_str().expect("UTF-8")).err().expect("no monitor");
        assert_eq!(error.to_string(), "timed out after 5 s waiting for an answer");
    }

    #[test]
    fn events_without_an_end_are_left() {
        struct Endless(Vec<u8>);

        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if self.0.is_empty() {
                    self.0.extend(b"{\"event\": \"POWERDOWN\"}\n");
                }
                let length = self.0.len().min(buffer.len());
                buffer[..length].copy_from_slice(&self.0[..length]);
                self.0.drain(..length);
                Ok(length)
            }
        }

        impl Write for Endless {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        let stream = Endless([GREETING.as_bytes(), b"{\"return\": {}}\n"].concat());
        let mut found = Monitor::negotiate(stream, "monitor").expect("a monitor");
        let error = found.execute("query-status").expect_err("only events").to_string();
        assert_eq!(error, "timed out after 5 s waiting for an answer");
    }

    #[test]
    fn a_socket_of_another_program_is_refused() {
        assert!(monitor(&["{\"hello\": 1}\n"]).is_err());
        assert!(monitor(&["220 mail.example ESMTP\r\n"]).is_err());
        assert!(Monitor::connect("/nonexistent/monitor").is_err());
    }
}
