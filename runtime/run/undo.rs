//! Undoes the last action.

use crate::error::{Result, Rule};
use crate::event::Event;
use crate::machine::{Fact, Machine, joined_releases};
use crate::operation::Undo;
use crate::run::parts::Parts;
use crate::run::performed::PerformedAction;
use crate::system::Step;

/// Returns the steps that undo an action on the present machine.
pub(crate) fn undo_steps(
    machine: &Machine,
    action: &PerformedAction,
    undo: &Undo,
) -> Result<Vec<Step>> {
    match undo {
        Undo::Nothing => Ok(Vec::new()),
        Undo::Impossible(why) => Err(CantUndo { call: action.call.to_string(), why }.into()),
        Undo::Steps(steps) => Ok(steps.clone()),
        Undo::Each(undos) => {
            let each = undos.iter().map(|undo| undo_steps(machine, action, undo));
            Ok(each.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
        }
        Undo::Release => {
            let releases = action.makes.iter().rev().filter_map(Fact::release);
            let releases = joined_releases(releases, machine);
            let due = releases.iter().flat_map(|release| release.pending(machine));
            let mut steps: Vec<Step> = Vec::new();
            for step in due.map(|release| release.step(machine)) {
                if !steps.contains(&step) {
                    steps.push(step);
                }
            }
            Ok(steps)
        }
    }
}

/// Undoes the last action and probes the machine.
pub(crate) fn undo(parts: &mut Parts<'_>) -> Result<()> {
    let Parts { environment, ledger, reporter, .. } = parts;
    let Some(deed) = ledger.performed().last().cloned() else { return Ok(()) };
    for step in undo_steps(environment.machine(), &deed, &deed.undo)? {
        let text = step.to_string();
        let result = environment.perform_quietly(&step);
        let error = result.as_ref().err().map(ToString::to_string);
        reporter.emit(&Event::Released { text, error });
        if let Err(error) = result {
            environment.probe_all()?;
            return Err(error.into());
        }
    }
    environment.probe_all()?;
    ledger.remove_undone(reporter, &deed);
    Ok(())
}

/// An action that cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call} cannot be undone: {why}")]
struct CantUndo {
    call: String,
    why: &'static str,
}

impl Rule for CantUndo {
    fn remedy(&self) -> Option<String> {
        None
    }
}
