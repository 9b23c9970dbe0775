//! `distcc.node_info` and `distcc.compiler`: processors and compilers of nodes and the front end.

use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;

use super::forced::{ABOUT, INFO};
use super::reach::reaches;
use super::rule::DistccRule;
use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Effect, Planning, Query};
use crate::system::{Cmd, Outcome, Stdin};
use crate::types::{AbsPath, DomainName, UserName};

args! {
    /// Asks a compile node for its processors and its compiler, over SSH.
    ///
    /// Returns a map with `host`, `processors`, `version` and `target` (of gcc), `confined`: whether
    /// compilers run without the network and private files, and `limited`: whether the control group
    /// of compilers has a limit of memory and of processes. The node answers with the script of
    /// `distcc::node_script`. A host key that is unknown or has changed is refused; ssh asks no
    /// questions.
    ///
    /// Source: gcc(1), `-dumpfullversion` and `-dumpmachine`; guide DS 7 and 12.
    ///
    /// ```
    /// let node = distcc::node_info("node1");
    /// ```
    "distcc.node_info" => pub struct NodeQuery {
        /// The name or IPv4 address of the node.
        pub host: DomainName,
        /// The account on the node.
        pub user: UserName = "distcc",
        /// The script that starts ssh with the key and the known hosts of distcc.
        pub ssh: AbsPath = "/etc/distcc/distcc-ssh",
    }
}

args! {
    /// Returns the processors and the compiler of the running system, as `distcc.node_info` does of
    /// a node; `confined` and `limited` are nil.
    ///
    /// Source: gcc(1), `-dumpfullversion` and `-dumpmachine`.
    ///
    /// ```
    /// let own = distcc::compiler();
    /// ```
    "distcc.compiler" => pub struct CompilerQuery {}
}

/// A machine that compiles, as scripts see it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct CompilerInfo {
    host: String,
    processors: u32,
    version: String,
    target: String,
    confined: Option<bool>,
    limited: Option<bool>,
}

/// How long a node may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

impl Query for NodeQuery {
    type Output = CompilerInfo;

    fn effects(&self) -> Vec<Effect> {
        reaches(&self.host, &self.ssh.to_string())
    }

    fn answer(&self, _cx: &mut Planning<'_>) -> Result<Answer<CompilerInfo>> {
        let (host, user) = (self.host.to_string(), self.user.to_string());
        let cmd = Cmd::tool("sh")
            .args([&self.ssh.to_string(), &format!("{user}@{host}"), INFO])
            .limit(Some(PATIENCE))
            .accept_any_exit_code();
        let yes = Some(true);
        let assumed = CompilerInfo { confined: yes, limited: yes, ..assumed(&host) };
        let read = move |outcome: &Outcome| match outcome.code {
            0 => {
                let is = |what: &str| Some(outcome.stdout.lines().any(|line| line == what));
                let (confined, limited) = (is("confined yes"), is("limited yes"));
                Ok(CompilerInfo { confined, limited, ..read(&host, &outcome.stdout)? })
            }
            _ => Err(DistccRule::of_ssh(&host, &user, &outcome.stderr).into()),
        };
        Ok(Answer::Ask { cmd: Box::new(cmd), assumed, read: Rc::new(read) })
    }
}

impl Query for CompilerQuery {
    type Output = CompilerInfo;

    fn effects(&self) -> Vec<Effect> {
        Effect::runs("gcc", "/")
    }

    fn answer(&self, _cx: &mut Planning<'_>) -> Result<Answer<CompilerInfo>> {
        let cmd = Cmd::tool("sh")
            .args(["-e", "-s"])
            .stdin(Stdin::Text(ABOUT.to_owned()))
            .limit(Some(PATIENCE));
        let read = |outcome: &Outcome| read("localhost", &outcome.stdout);
        Ok(Answer::Ask { cmd: Box::new(cmd), assumed: assumed("localhost"), read: Rc::new(read) })
    }
}

/// Returns what a plan assumes of a machine: only the run can ask it.
fn assumed(host: &str) -> CompilerInfo {
    let unknown = || "unknown".to_owned();
    CompilerInfo {
        host: host.to_owned(),
        processors: 1,
        version: unknown(),
        target: unknown(),
        confined: None,
        limited: None,
    }
}

/// Reads what the script [`ABOUT`] printed.
fn read(host: &str, text: &str) -> Result<CompilerInfo> {
    let value =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let processors = value("processors").and_then(|number| number.parse().ok());
    match (processors, value("version"), value("target")) {
        (Some(processors @ 1..=4096), Some(version), Some(target)) => Ok(CompilerInfo {
            host: host.to_owned(),
            processors,
            version: version.to_owned(),
            target: target.to_owned(),
            confined: None,
            limited: None,
        }),
        _ => {
            let line = text.lines().next().unwrap_or_default().to_owned();
            Err(DistccRule::NotNode { host: host.to_owned(), line }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_answers_are_read() {
        let whole = "processors 8\nversion 14.2.0\ntarget x86_64-pc-linux-gnu\n";
        let info = read("n1", whole).expect("an answer");
        assert_eq!((info.processors, info.version.as_str()), (8, "14.2.0"));
        assert_eq!(info.target, "x86_64-pc-linux-gnu");
        for wrong in
            ["", "processors 0\nversion 1\ntarget x\n", "processors 8\nversion \n", "Welcome\n"]
        {
            let message = read("n1", wrong).expect_err("no answer").to_string();
            assert!(message.contains("did not answer as a compile node does"), "{message}");
        }
    }
}
