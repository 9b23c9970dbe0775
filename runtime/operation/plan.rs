//! The plan of an action and the answer of a query.

use std::rc::Rc;

use serde::Serialize;

use crate::error::Result;
use crate::machine::Fact;
use crate::system::{Cmd, Outcome, Step};
use crate::types::{AbsPath, Value};

/// The way to undo an action.
#[derive(Debug, Clone, PartialEq)]
pub enum Undo {
    /// The action leaves nothing to undo.
    Nothing,
    /// Everything that the action made until the next reboot is released, as its facts describe.
    Release,
    /// These steps undo the action.
    Steps(Vec<Step>),
    /// Each of these is applied, in this order.
    Each(Vec<Undo>),
    /// The action cannot be undone, for this reason.
    Impossible(&'static str),
}

impl Undo {
    /// Combines this with the undo of a later action, which is undone first. The result is
    /// impossible if either is.
    #[must_use]
    pub fn and_later(self, later: Self) -> Self {
        match (self, later) {
            (undo, Self::Nothing) | (Self::Nothing, undo) => undo,
            (Self::Impossible(why), _) | (_, Self::Impossible(why)) => Self::Impossible(why),
            // A single release covers all facts of the action.
            (Self::Release, Self::Release) => Self::Release,
            (Self::Steps(first), Self::Steps(later)) => {
                Self::Steps(later.into_iter().chain(first).collect())
            }
            (first, later) => Self::Each(vec![later, first]),
        }
    }
}

/// The value that an action returns.
pub enum Returns<T> {
    /// Known before the steps run.
    Known(T),
    /// Read after the steps.
    Read {
        /// The assumed value, used by the simulation.
        assumed: T,
        /// Derives the actual value from the outcomes of the steps.
        read: Reader<T>,
    },
}

type Reader<T> = Rc<dyn Fn(&[Outcome]) -> Result<T>>;

/// The plan of one action.
pub struct Plan<T> {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The facts that hold after the steps.
    pub makes: Vec<Fact>,
    /// How the action is undone.
    pub undo: Undo,
    /// Warnings for the user.
    pub warnings: Vec<String>,
    /// The reason why no change is needed, if the facts alone do not show it.
    pub already: Option<String>,
    /// Help for the typical cause of a failing step.
    pub hint: Option<&'static str>,
    /// Whether the action runs even if its facts hold, because they do not cover everything that it
    /// does.
    pub always: bool,
    /// The directory in which a copy of the journal is kept after the action.
    pub keeps_journal: Option<AbsPath>,
    /// Actions that the run may call although the plan does not.
    pub declares: Vec<&'static str>,
    /// Describes in the plan what the steps will do, if the machine can be asked.
    pub preview: Option<Preview>,
    /// The value that the script receives.
    pub returns: Returns<T>,
}

/// A command that only reads, and whose output describes what the steps of a plan will do.
#[derive(Clone)]
pub struct Preview {
    /// The command.
    pub cmd: Cmd,
    /// Returns the lines of the description, or the reason why the steps will certainly fail.
    pub read: OutcomeReader<Vec<String>>,
}

impl Plan<()> {
    /// Creates a plan that runs one command.
    pub fn run(cmd: Cmd) -> Self {
        Self::step(Step::Run(cmd))
    }

    /// Creates a plan with one step.
    pub fn step(step: impl Into<Step>) -> Self {
        Self::steps(vec![step.into()])
    }

    /// Creates a plan with these steps.
    pub fn steps(steps: Vec<Step>) -> Self {
        Self {
            steps,
            makes: Vec::new(),
            undo: Undo::Nothing,
            warnings: Vec::new(),
            already: None,
            hint: None,
            always: false,
            keeps_journal: None,
            declares: Vec::new(),
            preview: None,
            returns: Returns::Known(()),
        }
    }

    /// Creates a plan without steps, because no change is needed.
    pub fn already(why: impl Into<String>) -> Self {
        Self { already: Some(why.into()), ..Self::steps(Vec::new()) }
    }

    /// Appends another plan.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self.makes.extend(other.makes);
        self.warnings.extend(other.warnings);
        self.always |= other.always;
        self.hint = other.hint.or(self.hint);
        self.undo = self.undo.and_later(other.undo);
        // No change is needed only if neither plan needs one.
        self.already = self.already.and(other.already);
        self.keeps_journal = other.keeps_journal.or(self.keeps_journal);
        self.preview = other.preview.or(self.preview);
        self
    }
}

impl<T> Plan<T> {
    /// Adds a step.
    #[must_use]
    pub fn then(mut self, step: impl Into<Step>) -> Self {
        self.steps.push(step.into());
        self
    }

    /// Adds a fact that holds afterwards.
    #[must_use]
    pub fn makes(mut self, fact: impl Into<Fact>) -> Self {
        self.makes.push(fact.into());
        self
    }

    /// Sets how the action is undone.
    #[must_use]
    pub fn undo(self, undo: Undo) -> Self {
        Self { undo, ..self }
    }

    /// Sets the help for a failing step.
    #[must_use]
    pub fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// Makes the action run even if its facts hold.
    #[must_use]
    pub fn always(self) -> Self {
        Self { always: true, ..self }
    }

    /// Keeps a copy of the journal in a directory after the action.
    #[must_use]
    pub fn keeps_journal(self, directory: AbsPath) -> Self {
        Self { keeps_journal: Some(directory), ..self }
    }

    /// Declares actions that the run may call although the plan does not.
    #[must_use]
    pub fn declares(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.declares.extend(names);
        self
    }

    /// Sets what describes the steps in the plan.
    #[must_use]
    pub fn preview(self, preview: Option<Preview>) -> Self {
        Self { preview, ..self }
    }

    /// Adds facts that hold afterwards.
    #[must_use]
    pub fn makes_all(mut self, facts: impl IntoIterator<Item = Fact>) -> Self {
        self.makes.extend(facts);
        self
    }

    /// Adds a warning, if there is one.
    #[must_use]
    pub fn warn(mut self, warning: Option<String>) -> Self {
        self.warnings.extend(warning);
        self
    }

    /// Sets the value that the script receives.
    #[must_use]
    pub fn returns<U>(self, value: U) -> Plan<U> {
        self.with(Returns::Known(value))
    }

    /// Sets the assumed value for the simulation, and how the actual value is read.
    #[must_use]
    pub fn reads<U>(self, assumed: U, read: impl Fn(&[Outcome]) -> Result<U> + 'static) -> Plan<U> {
        self.with(Returns::Read { assumed, read: Rc::new(read) })
    }

    fn with<U>(self, returns: Returns<U>) -> Plan<U> {
        self.map(|_| returns)
    }

    fn map<U>(self, f: impl FnOnce(Returns<T>) -> Returns<U>) -> Plan<U> {
        Plan {
            steps: self.steps,
            makes: self.makes,
            undo: self.undo,
            warnings: self.warnings,
            already: self.already,
            hint: self.hint,
            always: self.always,
            keeps_journal: self.keeps_journal,
            declares: self.declares,
            preview: self.preview,
            returns: f(self.returns),
        }
    }
}

impl<T: Serialize + 'static> Plan<T> {
    /// Converts the value that the script receives.
    pub fn into_value(self) -> Plan<Value> {
        self.map(|returns| match returns {
            Returns::Known(value) => Returns::Known(Value::from_output(&value)),
            Returns::Read { assumed, read } => Returns::Read {
                assumed: Value::from_output(&assumed),
                read: Rc::new(move |outcomes| read(outcomes).map(|v| Value::from_output(&v))),
            },
        })
    }
}

/// A function that derives the answer of a query from the outcome of its command.
pub type OutcomeReader<T> = Rc<dyn Fn(&Outcome) -> Result<T>>;

/// The answer of a query.
pub enum Answer<T> {
    /// Known from the model.
    Known(T),
    /// An assumed value; the answer is not known in a simulation.
    Assumed(T),
    /// Read by a command that changes nothing.
    Ask {
        /// The command.
        cmd: Box<Cmd>,
        /// The assumed value, used by a simulation.
        assumed: T,
        /// Derives the answer from the output of the command.
        read: OutcomeReader<T>,
    },
}

impl<T: Serialize + 'static> Answer<T> {
    /// Converts the answer to a [`Value`].
    pub fn into_value(self) -> Answer<Value> {
        match self {
            Self::Known(value) => Answer::Known(Value::from_output(&value)),
            Self::Assumed(value) => Answer::Assumed(Value::from_output(&value)),
            Self::Ask { cmd, assumed, read } => Answer::Ask {
                cmd,
                assumed: Value::from_output(&assumed),
                read: Rc::new(move |outcome| read(outcome).map(|v| Value::from_output(&v))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::FilesStep;
    use crate::types::Place;

    fn remove(path: &str) -> Step {
        Step::Files(FilesStep::Remove { place: Place::here(path) })
    }

    fn removes(path: &str) -> Undo {
        Undo::Steps(vec![remove(path)])
    }

    #[test]
    fn combined_plans_are_undone_in_reverse_order() {
        let both = |first: Undo, later: Undo| {
            let plan = |undo| Plan::step(remove("/x")).undo(undo);
            plan(first).and(plan(later)).undo
        };
        let steps = Undo::Steps(vec![remove("/b"), remove("/a")]);
        assert_eq!(both(removes("/a"), removes("/b")), steps);
        let (release, a) = (|| Undo::Release, || removes("/a"));
        assert_eq!(both(release(), a()), Undo::Each(vec![a(), release()]));
        assert_eq!(both(a(), release()), Undo::Each(vec![release(), a()]));
        assert_eq!(both(release(), release()), release());
        assert_eq!(both(Undo::Nothing, a()), a());
        assert_eq!(both(a(), Undo::Impossible("why")), Undo::Impossible("why"));
    }

    #[test]
    fn a_combined_plan_is_unchanged_only_if_both_parts_are() {
        let done = || Plan::already("done");
        let step = || Plan::step(remove("/x"));
        assert_eq!(done().and(step()).already, None);
        assert_eq!(step().and(done()).already, None);
        assert_eq!(done().and(done()).already.as_deref(), Some("done"));
        let kept = step().keeps_journal(AbsPath::assume_valid("/mnt/key"));
        assert!(step().and(kept).keeps_journal.is_some());
    }
}
