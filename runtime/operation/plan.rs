//! What an action is going to do.

use std::rc::Rc;

use serde::Serialize;

use crate::error::Result;
use crate::machine::Fact;
use crate::system::{Cmd, Outcome, Step};
use crate::types::{AbsPath, Value};

/// How an action is taken back.
#[derive(Debug, Clone, PartialEq)]
pub enum Undo {
    /// Nothing to take back.
    Nothing,
    /// What it made until the next reboot is released; each fact knows how.
    Release,
    /// These steps take it back.
    Steps(Vec<Step>),
    /// Each of these, in this order.
    Each(Vec<Undo>),
    /// It can't be, because of this.
    Impossible(&'static str),
}

impl Undo {
    /// Undoes what was done later, and then this; impossible where either is.
    #[must_use]
    pub fn and_later(self, later: Self) -> Self {
        match (self, later) {
            (undo, Self::Nothing) | (Self::Nothing, undo) => undo,
            (Self::Impossible(why), _) | (_, Self::Impossible(why)) => Self::Impossible(why),
            // One release gives up all that the action made.
            (Self::Release, Self::Release) => Self::Release,
            (Self::Steps(first), Self::Steps(later)) => {
                Self::Steps(later.into_iter().chain(first).collect())
            }
            (first, later) => Self::Each(vec![later, first]),
        }
    }
}

/// A value that is known beforehand, or read from what the steps left.
pub enum Returns<T> {
    /// Known.
    Known(T),
    /// Read after the steps; until then the guess stands in.
    Read {
        /// What the simulation goes on with.
        guess: T,
        /// How the outcomes of the steps give the real value.
        read: Reader<T>,
    },
}

type Reader<T> = Rc<dyn Fn(&[Outcome]) -> Result<T>>;

/// The plan of one action.
pub struct Plan<T> {
    /// In order.
    pub steps: Vec<Step>,
    /// What is so afterwards.
    pub makes: Vec<Fact>,
    /// How it is taken back.
    pub undo: Undo,
    /// What the person should think about.
    pub warnings: Vec<String>,
    /// Why there is nothing to do, where the action knows better than its facts.
    pub already: Option<String>,
    /// What to do when a step fails, where that is typical.
    pub hint: Option<&'static str>,
    /// Whether it is done again even where its facts hold: they don't tell everything it does.
    pub always: bool,
    /// The directory in which the journal is kept from then on.
    pub keeps_journal: Option<AbsPath>,
    /// Actions that the run may call where the plan does not.
    pub declares: Vec<&'static str>,
    /// What the script gets.
    pub returns: Returns<T>,
}

impl Plan<()> {
    /// A plan that begins with one command.
    pub fn run(cmd: Cmd) -> Self {
        Self::step(Step::Run(cmd))
    }

    /// A plan that begins with one step.
    pub fn step(step: impl Into<Step>) -> Self {
        Self::steps(vec![step.into()])
    }

    /// A plan of these steps.
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
            returns: Returns::Known(()),
        }
    }

    /// A plan without a step: there is nothing to do.
    pub fn already(why: impl Into<String>) -> Self {
        Self { already: Some(why.into()), ..Self::steps(Vec::new()) }
    }

    /// This plan, and then another one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self.makes.extend(other.makes);
        self.warnings.extend(other.warnings);
        self.always |= other.always;
        self.hint = other.hint.or(self.hint);
        self.undo = self.undo.and_later(other.undo);
        // There is nothing to do only where both have nothing to do.
        self.already = self.already.and(other.already);
        self.keeps_journal = other.keeps_journal.or(self.keeps_journal);
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

    /// Says how it is taken back.
    #[must_use]
    pub fn undo(self, undo: Undo) -> Self {
        Self { undo, ..self }
    }

    /// Says what to do when a step fails.
    #[must_use]
    pub fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// Does it again even where its facts hold.
    #[must_use]
    pub fn always(self) -> Self {
        Self { always: true, ..self }
    }

    /// Keeps the journal in a directory from then on.
    #[must_use]
    pub fn keeps_journal(self, directory: AbsPath) -> Self {
        Self { keeps_journal: Some(directory), ..self }
    }

    /// Announces actions that the run may call where the plan does not.
    #[must_use]
    pub fn declares(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.declares.extend(names);
        self
    }

    /// Adds a fact, where there is one.
    #[must_use]
    pub fn makes_all(mut self, facts: impl IntoIterator<Item = Fact>) -> Self {
        self.makes.extend(facts);
        self
    }

    /// Adds a warning, where there is one.
    #[must_use]
    pub fn warn(mut self, warning: Option<String>) -> Self {
        self.warnings.extend(warning);
        self
    }

    /// Says what the script gets.
    #[must_use]
    pub fn returns<U>(self, value: U) -> Plan<U> {
        self.with(Returns::Known(value))
    }

    /// Says what the simulation goes on with, and how the real value is read.
    #[must_use]
    pub fn reads<U>(self, guess: U, read: impl Fn(&[Outcome]) -> Result<U> + 'static) -> Plan<U> {
        self.with(Returns::Read { guess, read: Rc::new(read) })
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
            returns: f(self.returns),
        }
    }
}

impl<T: Serialize + 'static> Plan<T> {
    /// The same plan, with what the script gets as a plain value.
    pub fn into_value(self) -> Plan<Value> {
        self.map(|returns| match returns {
            Returns::Known(value) => Returns::Known(Value::from_output(&value)),
            Returns::Read { guess, read } => Returns::Read {
                guess: Value::from_output(&guess),
                read: Rc::new(move |outcomes| read(outcomes).map(|v| Value::from_output(&v))),
            },
        })
    }
}

/// Reads the answer of a query from what its command printed.
pub type OutcomeReader<T> = Rc<dyn Fn(&Outcome) -> Result<T>>;

/// The answer of a query.
pub enum Answer<T> {
    /// Known from the model.
    Known(T),
    /// Not known in a simulation; this is assumed.
    Guess(T),
    /// A command tells, which changes nothing.
    Ask {
        /// The command.
        cmd: Cmd,
        /// What a simulation assumes.
        guess: T,
        /// How its output gives the answer.
        read: OutcomeReader<T>,
    },
}

impl<T: Serialize + 'static> Answer<T> {
    /// The same answer as a plain value.
    pub fn into_value(self) -> Answer<Value> {
        match self {
            Self::Known(value) => Answer::Known(Value::from_output(&value)),
            Self::Guess(value) => Answer::Guess(Value::from_output(&value)),
            Self::Ask { cmd, guess, read } => Answer::Ask {
                cmd,
                guess: Value::from_output(&guess),
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
    fn two_plans_in_one_undo_both_the_later_first() {
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
    fn a_plan_with_one_step_left_is_not_already_done() {
        let done = || Plan::already("done");
        let step = || Plan::step(remove("/x"));
        assert_eq!(done().and(step()).already, None);
        assert_eq!(step().and(done()).already, None);
        assert_eq!(done().and(done()).already.as_deref(), Some("done"));
        let kept = step().keeps_journal(AbsPath::known("/mnt/key"));
        assert!(step().and(kept).keeps_journal.is_some());
    }
}
