//! Who may confirm a change: a user who has logged in over a changed link since.

use std::io;

use nix::unistd::geteuid;

use super::end::{KEEPER_ENDED, end};
use super::present::present;
use super::record::{ArmedChange, ChangeDirectory, Decision, seconds_since_boot};
use crate::machine::net::{LinkAt, Network, RollbackState};
use crate::system::real::net::session::{connected_at, connection, parse};

/// A change, for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeStatus {
    /// The identifier.
    pub change: String,
    /// The names of the links.
    pub links: Vec<String>,
    /// The state.
    pub state: RollbackState,
    /// Whether the run has made all changes and waits.
    pub complete: bool,
    /// Whether a process would roll the change back.
    pub kept: bool,
    /// The time left for the confirmation in seconds; `None` if the run does not wait yet.
    pub left: Option<u64>,
}

/// The reason why a change is not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// Only root can read and change the network.
    #[error("root privileges are needed")]
    NotRoot,
    /// There is no such change.
    #[error("network change {change}: no such change")]
    NoSuchChange {
        /// The identifier.
        change: String,
    },
    /// The change was rolled back.
    #[error("network change {change} was rolled back: {why}")]
    RolledBack {
        /// The identifier.
        change: String,
        /// The reason.
        why: String,
    },
    /// The run has not made all changes.
    #[error("network change {change} is not complete: the run is still changing links")]
    Incomplete {
        /// The identifier.
        change: String,
    },
    /// This session does not show that the network works.
    #[error("network change {change}: not confirmed: {why}")]
    NoProof {
        /// The identifier.
        change: String,
        /// The reason.
        why: String,
        /// The links over which to log in.
        links: String,
    },
    /// The change is confirmed.
    #[error("network change {change} is confirmed already")]
    AlreadyConfirmed {
        /// The identifier.
        change: String,
    },
    /// A file cannot be read or written, or the links cannot be restored.
    #[error("network change {change}: {error}")]
    Failed {
        /// The identifier.
        change: String,
        /// The error.
        error: io::Error,
    },
}

impl ConfirmError {
    /// Returns what to do next.
    pub fn remedy(&self) -> String {
        match self {
            Self::NotRoot => "run the command as root: sudo gscript confirm".into(),
            Self::NoSuchChange { .. } => "list the changes: gscript confirm".into(),
            Self::RolledBack { .. } => "fix the cause and run the recipe again".into(),
            Self::Incomplete { change } => {
                format!("wait a moment, then run: gscript confirm {change}")
            }
            Self::NoProof { change, links, .. } => {
                format!("log in over {links} and run: gscript confirm {change}")
            }
            Self::AlreadyConfirmed { .. } => "nothing is left to do".into(),
            Self::Failed { .. } => {
                "restore the links from the console: ip address, ip route".into()
            }
        }
    }
}

/// A session, as far as it shows that the network works.
#[derive(Debug, Clone, Copy)]
struct Login<'a> {
    /// Its SSH connection; `None` for a console.
    connection: Option<&'a str>,
    /// When that was opened, in seconds since the machine started.
    at: Option<f64>,
}

/// Returns all changes since the machine started.
pub fn changes() -> Result<Vec<ChangeStatus>, ConfirmError> {
    let failed = |error| ConfirmError::Failed { change: "list".into(), error };
    match geteuid().is_root() {
        true => Ok(ChangeDirectory::all().map_err(failed)?.iter().filter_map(status).collect()),
        false => Err(ConfirmError::NotRoot),
    }
}

/// Returns one change.
fn change_status(change: &str) -> Result<ChangeStatus, ConfirmError> {
    let found = changes()?.into_iter().find(|one| one.change == change);
    found.ok_or_else(|| ConfirmError::NoSuchChange { change: change.to_owned() })
}

fn status(directory: &ChangeDirectory) -> Option<ChangeStatus> {
    let ArmedChange { rollback, .. } = directory.armed().ok()?;
    let left = directory.complete().map(|completion| {
        let left = completion.at + f64::from(rollback.seconds) - seconds_since_boot();
        std::time::Duration::try_from_secs_f64(left).map_or(0, |left| left.as_secs())
    });
    Some(ChangeStatus {
        change: directory.change().to_owned(),
        links: rollback.links.into_iter().collect(),
        state: directory.state(),
        complete: left.is_some(),
        kept: directory.is_kept(),
        left,
    })
}

/// Confirms a change, if this session shows that the machine can be reached.
pub fn confirm_change(change: &str) -> Result<(), ConfirmError> {
    change_status(change)?;
    let directory = ChangeDirectory::of(change);
    let change = change.to_owned();
    let failed = |error| ConfirmError::Failed { change: change.clone(), error };
    let armed = directory.armed().map_err(failed)?;
    match directory.decision() {
        Some(Decision::Confirmed) => return Err(ConfirmError::AlreadyConfirmed { change }),
        Some(Decision::RollBack { why }) => return Err(ConfirmError::RolledBack { change, why }),
        None => {}
    }
    let Some(completion) = directory.complete() else {
        return Err(ConfirmError::Incomplete { change });
    };
    let connection = connection();
    let at = connection.as_deref().and_then(connected_at);
    let login = Login { connection: connection.as_deref(), at };
    let net = present().map_err(failed)?;
    prove(&net, &armed, completion.at, login).map_err(|why| {
        let links =
            armed.rollback.links.iter().map(String::as_str).collect::<Vec<_>>().join(" or ");
        ConfirmError::NoProof { change: change.clone(), why, links }
    })?;
    if !directory.is_kept() {
        let why = KEEPER_ENDED.to_owned();
        end(&directory, &why).map_err(failed)?;
        return Err(ConfirmError::RolledBack { change, why });
    }
    match directory.decide(Decision::Confirmed).map_err(failed)? {
        Decision::Confirmed => Ok(()),
        Decision::RollBack { why } => Err(ConfirmError::RolledBack { change, why }),
    }
}

/// Rolls a change back without waiting for the end of the time.
pub fn roll_back_change(change: &str) -> Result<(), ConfirmError> {
    let status = change_status(change)?;
    let change = change.to_owned();
    if status.state == RollbackState::RolledBack {
        return Ok(());
    }
    match end(&ChangeDirectory::of(&change), "the user requested it") {
        Ok(Decision::RollBack { .. }) => Ok(()),
        Ok(Decision::Confirmed) => Err(ConfirmError::AlreadyConfirmed { change }),
        Err(error) => Err(ConfirmError::Failed { change, error }),
    }
}

/// Returns why a session does not show that the machine can still be reached.
fn prove(
    net: &Network,
    armed: &ArmedChange,
    completed: f64,
    login: Login<'_>,
) -> Result<(), String> {
    let Some(connection) = login.connection else {
        return match armed.connection {
            Some(_) => Err("the run was started over SSH, and this is a console".into()),
            None => Ok(()),
        };
    };
    if armed.connection.as_deref() == Some(connection) {
        return Err("this is the connection over which the run was started".into());
    }
    let address = parse(connection).ok_or("SSH_CONNECTION has no address of this machine")?;
    let Some(link) = net.holder(None, address) else {
        return Err(format!("no link has the address {address} of this connection"));
    };
    if !uses(net, link, armed) {
        return Err(format!("this connection uses link {link}, which was not changed"));
    }
    match login.at {
        Some(at) if at > completed => Ok(()),
        Some(_) => Err("this connection was opened before the change".into()),
        None => Err("the time at which this connection was opened is unknown".into()),
    }
}

/// Returns whether a link, a link below it, or a port of one of these was changed.
fn uses(net: &Network, link: &str, armed: &ArmedChange) -> bool {
    let mut all = vec![link.to_owned()];
    let mut index = 0;
    while let Some(name) = all.get(index).cloned() {
        index += 1;
        let at = LinkAt { link: name.clone(), netns: None };
        let below = net.link(&at).and_then(|link| link.parent.clone());
        let ports = net.links.iter().flatten();
        let ports = ports.filter(|(_, port)| port.master.as_ref() == Some(&name));
        for more in below.into_iter().chain(ports.map(|(port, _)| port.clone())) {
            if !all.contains(&more) {
                all.push(more);
            }
        }
    }
    all.iter().any(|link| armed.rollback.links.contains(link))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::machine::Machine;
    use crate::machine::net::Rollback;

    const RUN: &str = "192.0.2.9 50000 192.0.2.1 22";
    const OTHER: &str = "192.0.2.9 50001 192.0.2.1 22";

    fn net() -> Network {
        let text = r#"{"format": 1, "host": {"udev": true}, "devices": {}, "net": {"links": {
            "br0": {"up": true, "kind": "bridge", "mtu": 1500, "addresses": ["192.0.2.1/24"]},
            "eth0": {"up": true, "master": "br0", "mtu": 1500},
            "eth1": {"up": true, "mtu": 1500, "addresses": ["198.51.100.1/24"]}}}}"#;
        Machine::read(text).expect("a machine").net
    }

    fn answer(run: Option<&str>, connection: Option<&str>, at: Option<f64>) -> Result<(), String> {
        let links = BTreeSet::from(["eth0".to_owned()]);
        let (before, state) = (net().snapshot(&links), RollbackState::Armed);
        let rollback = Rollback { links, seconds: 60, before, state };
        let (origins, connection_of_run) = (Vec::new(), run.map(str::to_owned));
        let armed = ArmedChange { rollback, origins, connection: connection_of_run, run: 1 };
        prove(&net(), &armed, 100.0, Login { connection, at })
    }

    #[test]
    fn only_a_later_connection_over_a_changed_link_counts() {
        assert_eq!(answer(Some(RUN), Some(OTHER), Some(100.5)), Ok(()));
        assert_eq!(answer(None, Some(OTHER), Some(100.5)), Ok(()));
        assert_eq!(answer(None, None, None), Ok(()));
        for (run, connection, at, why) in [
            (Some(RUN), Some(RUN), Some(101.0), "over which the run was started"),
            (Some(RUN), None, None, "this is a console"),
            (Some(RUN), Some(OTHER), Some(99.0), "opened before the change"),
            (None, Some(OTHER), Some(99.0), "opened before the change"),
            (Some(RUN), Some(OTHER), None, "is unknown"),
            (None, Some("192.0.2.9 1 198.51.100.1 22"), Some(101.0), "uses link eth1"),
            (None, Some("192.0.2.9 1 203.0.113.1 22"), Some(101.0), "no link has the address"),
            (None, Some("x"), Some(101.0), "no address"),
        ] {
            let said = answer(run, connection, at).expect_err(why);
            assert!(said.contains(why), "{said}");
        }
    }
}
