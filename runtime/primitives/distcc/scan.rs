//! `distcc.scan_host`: the host key of a node.

use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::rule::DistccRule;
use crate::args;
use crate::error::{Error, Result};
use crate::operation::{Answer, Effect, Planning, ProgramEffect, Query};
use crate::system::{Cmd, Outcome};
use crate::types::{DomainName, HOST_KEY, HostKeyFingerprint};

args! {
    /// Asks a machine for its ed25519 host key.
    ///
    /// Returns a map with `fingerprint` (as `ssh-keygen -l` shows it) and `line` (the line for
    /// `known_hosts`). What answers may be another machine: compare the fingerprint with that on the
    /// console of the node, and give it as `approved`; any other key is then refused. Only the run
    /// knows the key: in the plan, `line` is a placeholder.
    ///
    /// Source: ssh-keyscan(1); guide DS 9 and 10.
    ///
    /// ```
    /// let key = distcc::scan_host("node1");
    /// distcc::scan_host("node1", #{ approved: "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU" });
    /// ```
    "distcc.scan_host" => pub struct ScanHost {
        /// The name or IPv4 address of the machine.
        pub host: DomainName,
        /// The fingerprint that the key must have.
        pub approved: Option<HostKeyFingerprint>,
    }
}

/// A host key as scripts see it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct HostKey {
    fingerprint: String,
    line: String,
}

/// How long a machine may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

impl Query for ScanHost {
    type Output = HostKey;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Program(ProgramEffect::Connects { host: self.host.to_string() })]
    }

    fn answer(&self, _cx: &mut Planning<'_>) -> Result<Answer<HostKey>> {
        let cmd = Cmd::tool("ssh-keyscan")
            .args(["-T", "10", "-t", "ed25519", "--", self.host.as_str()])
            .limit(Some(PATIENCE))
            .accept_any_exit_code();
        let approved = self.approved.as_ref().map(ToString::to_string);
        let assumed = HostKey {
            fingerprint: approved.clone().unwrap_or_else(|| HOST_KEY.to_owned()),
            line: format!("{} ssh-ed25519 {HOST_KEY}", self.host),
        };
        let host = self.host.to_string();
        let read = move |outcome: &Outcome| -> Result<HostKey> {
            let found = key_in(&host, &outcome.stdout).ok_or_else(|| {
                let why = outcome.stderr.lines().map(str::trim).rfind(|line| !line.is_empty());
                let why = why.unwrap_or("it offers no ed25519 host key").to_owned();
                Error::from(DistccRule::NoAnswer { host: host.clone(), why })
            })?;
            match &approved {
                Some(approved) if *approved != found.fingerprint => {
                    let (host, approved) = (host.clone(), approved.clone());
                    Err(DistccRule::OtherKey { host, found: found.fingerprint, approved }.into())
                }
                _ => Ok(found),
            }
        };
        Ok(Answer::Ask { cmd: Box::new(cmd), assumed, read: Rc::new(read) })
    }
}

/// Reads the key of a host from what ssh-keyscan printed.
fn key_in(host: &str, text: &str) -> Option<HostKey> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let (_, kind, data) = (words.next()?, words.next()?, words.next()?);
        if kind != "ssh-ed25519" || words.next().is_some() {
            return None;
        }
        let digest = Sha256::digest(decoded(data)?);
        let fingerprint = format!("SHA256:{}", encoded(&digest));
        Some(HostKey { fingerprint, line: format!("{host} {kind} {data}") })
    })
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Returns bytes in base64 without padding, as in the fingerprints of ssh.
fn encoded(bytes: &[u8]) -> String {
    let digits = bytes.chunks(3).flat_map(|chunk| {
        let group = (0..3).fold(0_u32, |group, at| {
            group << 8 | u32::from(chunk.get(at).copied().unwrap_or_default())
        });
        let digit = move |at: usize| BASE64[(group >> (18 - 6 * at)) as usize & 63] as char;
        (0..=chunk.len()).map(digit)
    });
    digits.collect()
}

/// Returns the bytes of a text in base64; `None` if it is not.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for chunk in text.as_bytes().chunks(4) {
        let mut group = 0_u32;
        for digit in chunk {
            let value = BASE64.iter().position(|known| known == digit)?;
            group = group << 6 | u32::try_from(value).ok()?;
        }
        group <<= 6 * (4 - chunk.len());
        let count = chunk.len().checked_sub(1).filter(|count| *count > 0)?;
        bytes.extend_from_slice(&group.to_be_bytes()[1..=count]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_those_of_ssh_keygen() {
        // ssh-keygen -l -f on this key.
        let data = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
        let text = format!("# n1:22 SSH-2.0-OpenSSH_9.2p1\nn1 ssh-ed25519 {data}\n");
        let found = key_in("n1", &text).expect("a key");
        assert_eq!(found.line, format!("n1 ssh-ed25519 {data}"));
        assert_eq!(found.fingerprint, "SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA");
        assert_eq!(key_in("n1", "n1 ssh-rsa AAAA\n"), None);
        assert_eq!(key_in("n1", "n1 ssh-ed25519 AA!A\n"), None);
        assert_eq!(key_in("n1", ""), None);
    }

    #[test]
    fn base64_is_read_and_written() {
        for (plain, text) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")]
        {
            assert_eq!(encoded(plain.as_bytes()), text);
            assert_eq!(decoded(text).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(decoded("Zg==").as_deref(), Some(&b"f"[..]));
        assert_eq!(decoded("Z"), None);
    }
}
