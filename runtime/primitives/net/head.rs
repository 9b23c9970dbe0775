//! `net.head`: asks a server whether it answers, and what time it has.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use serde::Serialize;

use crate::args;
use crate::error::{Error, Exit, Result, Rule};
use crate::machine::files::{DOWNLOADERS, head};
use crate::operation::{Answer, Effect, Planning, ProgramEffect, Query};
use crate::system::MissingProgram;
use crate::types::Address;

args! {
    /// Asks a server for the head of a page, by wget or curl.
    ///
    /// Shows that the network, the names of hosts and the server work, and compares the clocks: an
    /// error in the clock makes certificates and signatures invalid. Returns a map with `status`
    /// (the HTTP status, such as 200) and `behind` (by how many seconds the clock of this machine
    /// is behind that of the server; negative if it is ahead; nil if the server does not say). No
    /// answer is an error. Changes nothing.
    ///
    /// Source: RFC 9110, "Date"; wget(1), curl(1).
    ///
    /// ```
    /// let answer = net::head("https://distfiles.gentoo.org");
    /// ```
    "net.head" => pub struct HeadQuery {
        /// The address.
        pub address: Address,
        /// The proxy; by default that of the environment.
        pub proxy: Option<Address>,
    }
}

/// A violated rule about connections.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionRule {
    /// A server does not answer.
    #[error("no answer from {address}: {why}")]
    NoAnswer {
        /// The address.
        address: String,
        /// What the program printed.
        why: String,
    },
}

impl Rule for ConnectionRule {
    fn remedy(&self) -> Option<String> {
        let Self::NoAnswer { address, .. } = self;
        let host = address.split("//").nth(1).unwrap_or(address);
        let host = host.split(['/', ':']).next().unwrap_or(host);
        Some(format!(
            "configure the network, for example with nmtui, until this prints an address, or choose \
             another mirror: getent hosts {host}"
        ))
    }

    fn exit(&self) -> Exit {
        Exit::Failed
    }
}

/// The head of a server's answer.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct ServerHead {
    status: u32,
    behind: Option<i64>,
}

/// Returns the program that downloads on this machine.
pub(in crate::primitives) fn downloader(cx: &Planning<'_>) -> Result<&'static str> {
    let Some(programs) = &cx.machine.host.programs else { return Ok(DOWNLOADERS[0]) };
    let found = DOWNLOADERS.into_iter().find(|name| programs.contains_key(*name));
    Ok(found.ok_or_else(|| MissingProgram::named(DOWNLOADERS[0]))?)
}

impl Query for HeadQuery {
    type Output = ServerHead;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Program(ProgramEffect::Connects { host: self.address.to_string() })]
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<ServerHead>> {
        let address = self.address.to_string();
        let cmd = head(downloader(cx)?, &address, self.proxy.as_deref());
        let read = move |outcome: &crate::system::Outcome| -> Result<ServerHead> {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let text = format!("{}\n{}", outcome.stdout, outcome.stderr);
            read_head(&text, now).map_err(|why| {
                Error::from(ConnectionRule::NoAnswer { address: address.clone(), why })
            })
        };
        let assumed = ServerHead { status: 200, behind: Some(0) };
        Ok(Answer::Ask { cmd: Box::new(cmd), assumed, read: std::rc::Rc::new(read) })
    }
}

/// Reads what wget or curl printed; after redirections, the last answer counts. The error is the
/// last line that the program printed.
fn read_head(text: &str, now: u64) -> std::result::Result<ServerHead, String> {
    let mut found = None;
    let mut date = None;
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("HTTP/") {
            found = rest.split_whitespace().nth(1).and_then(|status| status.parse().ok());
            date = None;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("date")
        {
            date = DateTime::parse_from_rfc2822(value.trim()).ok().map(|date| date.timestamp());
        }
    }
    let last = || text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no output");
    let status = found.ok_or_else(|| last().to_owned())?;
    let behind = date.map(|date| date - i64::try_from(now).unwrap_or(i64::MAX));
    Ok(ServerHead { status, behind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_answer_counts() {
        let curl = "HTTP/1.1 301 Moved\r\nDate: Thu, 01 Jan 1970 00:00:07 GMT\r\n\r\nHTTP/2 200 \r\ndate: Thu, 01 Jan 1970 00:01:00 GMT\r\n";
        let wanted = ServerHead { status: 200, behind: Some(50) };
        assert_eq!(read_head(curl, 10), Ok(wanted));
        let wget =
            "Connecting…\n  HTTP/1.1 404 Not Found\n  Server: x\nRemote file does not exist.\n";
        assert_eq!(read_head(wget, 10), Ok(ServerHead { status: 404, behind: None }));
        let failed = "wget: unable to resolve host address 'x'\n";
        assert_eq!(read_head(failed, 10), Err("wget: unable to resolve host address 'x'".into()));
    }
}
