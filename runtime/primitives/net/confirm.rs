//! `net.arm_rollback` and `net.confirm`: a change of links that is rolled back unless the user can
//! still log in.

use std::collections::BTreeSet;

use super::name::{ChangeId, LinkName};
use super::rule::{NetRule, existing};
use crate::args;
use crate::error::Result;
use crate::machine::net::{LinkAt, NetEffect, NetFact, NetStep, Rollback, RollbackState};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::types::Seconds;

args! {
    /// Allows to change links that carry the SSH connection of the session or the default route:
    /// they are rolled back unless `net.confirm` succeeds.
    ///
    /// Returns the identifier of the change. A process of its own restores the state, master, MTU,
    /// addresses and routes of the links, and removes those that did not exist: if the change is
    /// not confirmed in time, if the run fails or ends before `net.confirm`, or if it is killed. It
    /// survives the loss of the terminal. A reboot is a rollback, too: write persistent settings
    /// (`net.address`, `bridge.at_boot`, `vlan.at_boot`) after `net.confirm`. A script that ends without
    /// `net.confirm` is refused.
    ///
    /// Until `net.confirm`, only the given links can be changed in the network namespace of the
    /// program. List all of them, including those that will be created. An address with a lifetime
    /// is restored without it. A tap device or a veth pair cannot be removed in between.
    ///
    /// Source: RFC 6241, section 8.4; ip-link(8), ip-address(8), ip-route(8).
    ///
    /// ```
    /// let change = net::arm_rollback(["eth0", "br0"], #{ within: 120 });
    /// bridge::create("br0");
    /// bridge::add_port("br0", "eth0");
    /// net::up("br0");
    /// net::confirm(change);
    /// ```
    "net.arm_rollback" => pub struct ArmRollback {
        /// The names of the links.
        pub links: Vec<LinkName>,
        /// The time for the confirmation in seconds. It begins when the rollback is armed, and again
        /// with `net.confirm`.
        pub within: Seconds = 60,
    }
}

args! {
    /// Waits until a user has logged in over a changed link and confirmed the change with
    /// `gscript confirm`. Otherwise, the links are rolled back, and the run fails.
    ///
    /// The confirmation must come over an SSH connection that was opened after the change and uses
    /// one of the links. If the run was not started over SSH, a local console will do. Closing the
    /// terminal of the run does not end the wait.
    ///
    /// Source: RFC 6241, section 8.4.
    ///
    /// ```
    /// let change = net::arm_rollback(["eth0"]);
    /// net::down("eth0");
    /// net::confirm(change);
    /// ```
    "net.confirm" => pub struct Confirm {
        /// The identifier that `net.arm_rollback` returned.
        pub change: ChangeId,
    }
}

fn own(link: &str) -> LinkAt {
    LinkAt { link: link.to_owned(), netns: None }
}

impl Action for ArmRollback {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        let effect = |link: &LinkName| NetEffect::ArmsRollback { link: link.as_str().into() };
        self.links.iter().map(effect).map(Effect::from).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let links: BTreeSet<String> =
            self.links.iter().map(|link| link.as_str().to_owned()).collect();
        let Some(first) = links.first() else { return Err(NetRule::NoLinks.into()) };
        let change = format!("{:08x}", cx.ids.number());
        let seconds = self.within.get();
        let net = &cx.machine.net;
        if let Some((armed, one)) = net.armed().filter(|(armed, _)| *armed != change) {
            let (change, links) = (armed.to_owned(), one.links.iter().cloned().collect());
            return Err(NetRule::Unconfirmed { change, links }.into());
        }
        if !links.iter().any(|link| net.link(&own(link)).is_some()) {
            existing(cx, &own(first))?;
        }
        let warning = net.links.is_none().then(|| {
            "the links of this machine are unknown: they are restored to their state at run time"
                .into()
        });
        let step = NetStep::ArmRollback { change: change.clone(), links: links.clone(), seconds };
        Ok(Plan::step(step)
            .warn(warning)
            .makes(NetFact::RollbackArmed { change: change.clone(), links, seconds })
            .undo(Undo::Release)
            .returns(change))
    }
}

impl Action for Confirm {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![NetEffect::AwaitsConfirmation { change: self.change.as_str().into() }.into()]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let change = self.change.as_str().to_owned();
        let Some(one) = cx.machine.net.rollbacks.get(&change) else {
            return Err(NetRule::NoSuchChange { change }.into());
        };
        let Rollback { links, seconds, state, .. } = one.clone();
        match state {
            RollbackState::Armed => {}
            RollbackState::Confirmed => {
                return Ok(Plan::already(format!("network change {change} is confirmed")));
            }
            RollbackState::RolledBack => return Err(NetRule::RolledBack { change }.into()),
        }
        for link in links.iter().filter(|link| one.old_link(link).is_none()) {
            existing(cx, &own(link))?;
        }
        let fact = NetFact::ChangeConfirmed { change: change.clone(), links: links.clone() };
        Ok(Plan::step(NetStep::AwaitConfirmation { change, links, seconds })
            .makes(fact)
            .hint("log in over a changed link within the time, and run: gscript confirm")
            .undo(Undo::Impossible("the change is confirmed")))
    }
}
