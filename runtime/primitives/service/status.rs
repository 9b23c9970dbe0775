//! The state of a service.

use std::rc::Rc;

use serde::Serialize;

use super::{is_running, link_in, must_exist, started, systemctl, unit};
use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Effect, Planning, Query};
use crate::primitives::edit::exists;
use crate::primitives::system::Init;
use crate::system::{Cmd, Outcome};
use crate::types::{AbsPath, ServiceName};

args! {
    /// Returns the state of a service.
    ///
    /// The result is a map with `enabled`, `runlevels` (the OpenRC runlevels in which the service
    /// is enabled) and `started` (nil unless the system is the running one).
    ///
    /// ```
    /// print(service::status("/mnt/old", "sshd"));
    /// ```
    "service.status" => pub struct Status {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The name of the service.
        pub name: ServiceName,
        /// The init system; detected by default.
        pub init: Option<Init>,
    }
}

/// The result of `service.status`.
#[derive(Debug, Serialize)]
pub struct UnitState {
    enabled: bool,
    runlevels: Vec<String>,
    started: Option<bool>,
}

impl Query for Status {
    type Output = UnitState;

    fn effects(&self) -> Vec<Effect> {
        // On OpenRC only links are read, and systemctl of the running system is read-only; but in
        // another root, a program of that system is run.
        match self.init == Some(Init::Systemd) && !is_running(&self.root) {
            true => Effect::runs("systemctl", &self.root.to_string()),
            false => Vec::new(),
        }
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<UnitState>> {
        let (root, name) = (&self.root, self.name.as_str());
        let init = Init::of(self.init, root, cx)?;
        must_exist(root, name, init, cx)?;
        let running = is_running(root);
        if init == Init::Openrc {
            let mut runlevels = Vec::new();
            for runlevel in ["sysinit", "boot", "default", "nonetwork", "shutdown"] {
                match exists(&link_in(root, runlevel, name), cx)? {
                    None => {
                        let enabled = false;
                        return Ok(Answer::Assumed(UnitState {
                            enabled,
                            runlevels,
                            started: None,
                        }));
                    }
                    Some(true) => runlevels.push(runlevel.to_owned()),
                    Some(false) => {}
                }
            }
            let started = if running { exists(&started(name), cx)? } else { None };
            return Ok(Answer::Known(UnitState {
                enabled: !runlevels.is_empty(),
                runlevels,
                started,
            }));
        }
        let cmd = match running {
            true => Cmd::tool("systemctl").args([
                "show",
                "--property=UnitFileState,ActiveState",
                &unit(name),
            ]),
            false => systemctl(root, "is-enabled", name, cx)?,
        };
        let read = move |outcome: &Outcome| {
            let said = |text: &str| outcome.stdout.lines().any(|line| line == text);
            let enabled = said("enabled") || said("UnitFileState=enabled");
            let started = running.then(|| said("ActiveState=active"));
            Ok(UnitState { enabled, runlevels: Vec::new(), started })
        };
        let assumed = UnitState { enabled: false, runlevels: Vec::new(), started: None };
        Ok(Answer::Ask { cmd: Box::new(cmd.accept_any_exit_code()), assumed, read: Rc::new(read) })
    }
}
