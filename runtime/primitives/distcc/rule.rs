//! Errors about compile nodes.

use crate::error::{Exit, Rule};
use crate::types::Place;

/// A violated rule about compile nodes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DistccRule {
    /// A node does not answer.
    #[error("no answer from node {host}: {why}")]
    NoAnswer {
        /// The node.
        host: String,
        /// What ssh printed.
        why: String,
    },
    /// A node has another host key than the approved one.
    #[error("node {host} has the host key {found}, not the approved {approved}")]
    OtherKey {
        /// The node.
        host: String,
        /// The fingerprint of its key.
        found: String,
        /// The fingerprint that was approved.
        approved: String,
    },
    /// The host key of a node is not the known one.
    #[error("the host key of node {host} is unknown or has changed: {why}")]
    ChangedKey {
        /// The node.
        host: String,
        /// What ssh printed.
        why: String,
    },
    /// A node does not accept the key of the front end.
    #[error("node {host} refuses the key of {user}: {why}")]
    Denied {
        /// The node.
        host: String,
        /// The account on the node.
        user: String,
        /// What ssh printed.
        why: String,
    },
    /// A node does not answer as the forced command does.
    #[error("node {host} did not answer as a compile node does: {line:?}")]
    NotNode {
        /// The node.
        host: String,
        /// The first line of its answer.
        line: String,
    },
    /// A node has another compiler.
    #[error("node {host} has gcc {found}, and the front end has gcc {wanted}")]
    OtherCompiler {
        /// The node.
        host: String,
        /// Version and target of its compiler.
        found: String,
        /// Version and target of the compiler of the front end.
        wanted: String,
    },
    /// A node refuses a compiler, or compilation failed there.
    #[error("node {host} did not compile: {why}")]
    NotCompiled {
        /// The node.
        host: String,
        /// What distcc printed.
        why: String,
    },
    /// The log of a node does not have the compilation.
    #[error("the log of node {host} does not show the compilation: it was not done there")]
    NotRemote {
        /// The node.
        host: String,
    },
    /// A state file has another format than that of distcc 3.
    #[error("{place} is not a state file of distcc 3")]
    OtherState {
        /// The file.
        place: Place,
    },
    /// The account does not exist.
    #[error("there is no user {user:?} in {place}")]
    NoAccount {
        /// The account.
        user: String,
        /// The file of the users.
        place: Place,
    },
}

impl Rule for DistccRule {
    fn remedy(&self) -> Option<String> {
        const LIST: &str = "ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub";
        Some(match self {
            Self::NoAnswer { host, .. } => {
                format!(
                    "check that sshd runs there and is reachable: ssh-keyscan -t ed25519 {host}"
                )
            }
            Self::OtherKey { .. } => format!(
                "compare with the fingerprint on the node itself, and approve only that: {LIST}"
            ),
            Self::ChangedKey { host, .. } => format!(
                "compare with the fingerprint on the node itself ({LIST}); if the new key is right, \
                 remove the old one: ssh-keygen -R {host} -f /etc/distcc/.ssh/known_hosts"
            ),
            Self::Denied { host, .. } => {
                format!(
                    "set up the node with the public key of the front end: gscript distcc-ssh --set role=node, on {host}"
                )
            }
            Self::NotNode { .. } => {
                "set up the node again: gscript distcc-ssh --set role=node".into()
            }
            Self::OtherCompiler { host, .. } => format!(
                "install the same version of gcc on {host}, and select it with gcc-config, or leave the node out"
            ),
            Self::NotCompiled { host, .. } | Self::NotRemote { host } => {
                format!("read the log of the node: /var/log/distcc/distccd.log on {host}")
            }
            Self::OtherState { .. } => {
                "use the program of the installed distcc: distccmon-text 1".into()
            }
            Self::NoAccount { .. } => "install distcc first: portage::emerge".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::OtherKey { .. } | Self::ChangedKey { .. } | Self::OtherCompiler { .. } => {
                Exit::Refused
            }
            _ => Exit::Failed,
        }
    }
}

impl DistccRule {
    /// Returns the error of an ssh that failed.
    pub(super) fn of_ssh(host: &str, user: &str, stderr: &str) -> Self {
        let host = host.to_owned();
        let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        let last = || lines().next_back().unwrap_or("no output").to_owned();
        let key = |line: &&str| {
            line.contains("Host key verification failed")
                || line.contains("REMOTE HOST IDENTIFICATION HAS CHANGED")
                || line.contains("host key is known for")
        };
        if let Some(line) = lines().find(key) {
            let why = line.trim_matches(['@', ' ']).to_owned();
            return Self::ChangedKey { host, why };
        }
        match lines().find(|line| line.contains("Permission denied")) {
            Some(line) => Self::Denied { host, user: user.to_owned(), why: line.to_owned() },
            None => Self::NoAnswer { host, why: last() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ssh_prints_is_told_apart() {
        let of = |text: &str| DistccRule::of_ssh("n1", "distcc", text);
        let changed = "@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@\n\
            Host key verification failed.\n";
        assert!(matches!(of(changed), DistccRule::ChangedKey { .. }));
        let unknown = "No ED25519 host key is known for n1 and you have requested strict checking.\n\
            Host key verification failed.\n";
        assert!(matches!(of(unknown), DistccRule::ChangedKey { .. }));
        let denied = "distcc@n1: Permission denied (publickey).\n";
        assert!(matches!(of(denied), DistccRule::Denied { .. }));
        let dead = "ssh: connect to host n1 port 22: No route to host\n";
        let why = "ssh: connect to host n1 port 22: No route to host".to_owned();
        assert_eq!(of(dead), DistccRule::NoAnswer { host: "n1".into(), why });
        assert!(matches!(of(""), DistccRule::NoAnswer { .. }));
    }
}
