//! The approver of the interactive shell: shows every action and asks for confirmation.

use std::cell::Cell;
use std::rc::Rc;

use gscript::plan::approval::{Approver, Decision};
use gscript::plan::bound::BoundEffect;
use gscript::plan::call::PlannedCall;

use crate::ask;
use crate::commands::approve::confirmed;
use crate::lock::SessionTargets;
use crate::render;
use crate::screen::{print_stderr, style};

/// How actions are handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReviewMode {
    /// Shows actions and asks for confirmation.
    Ask,
    /// Shows and runs actions; asks only before data is destroyed.
    Allow,
    /// Shows and simulates actions.
    Plan,
}

/// An approver that shows every action to the user.
pub(crate) struct ReviewingApprover {
    pub(crate) mode: Rc<Cell<ReviewMode>>,
    /// Devices whose data may be destroyed without confirmation.
    pub(crate) destroy: Vec<String>,
    /// The targets locked by this session; `None` in a run, which has its own lock.
    pub(crate) touched: Option<SessionTargets>,
}

impl Approver for ReviewingApprover {
    fn ask(&mut self, _wanted: &BoundEffect) -> bool {
        // `see` has already shown the action with all its effects.
        false
    }

    fn reviews_every_action(&self) -> bool {
        true
    }

    fn decide(&mut self, call: &PlannedCall, effects: &[BoundEffect]) -> Decision {
        print_stderr(&render::call(call, style()));
        let lost = |bound: &&BoundEffect| bound.effect.loses().is_some();
        let mode = self.mode.get();
        if mode == ReviewMode::Plan {
            return Decision::Run;
        }
        let given = |bound: &&BoundEffect| {
            bound.is_approved_as(|name| self.destroy.iter().any(|given| given == name))
        };
        let (named, open): (Vec<&BoundEffect>, Vec<&BoundEffect>) =
            effects.iter().filter(lost).partition(given);
        if !ask::is_interactive() && (!open.is_empty() || mode == ReviewMode::Ask) {
            print_stderr(
                "Approval needed, but standard input is not a terminal: use gscript shell --yes, \
                 and --destroy DEVICE for data that is lost.",
            );
            return Decision::Stop;
        }
        let agreed = match open.is_empty() {
            true => !named.is_empty() || mode == ReviewMode::Allow || ask::confirm("Run it?"),
            false => open.into_iter().all(confirmed),
        };
        let free = agreed && self.touched.as_mut().is_none_or(|t| t.add(effects).is_ok());
        if free { Decision::Run } else { Decision::Stop }
    }
}
