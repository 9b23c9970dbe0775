//! One call on its way, and what is told of it.

use std::rc::Rc;

use crate::error::Error;
use crate::event::Site;
use crate::failure::{Called, Failure};
use crate::operation::spec::Spec;
use crate::operation::{Effect, Plan, Returns};
use crate::plan::Position;
use crate::plan::call::{PlannedCall, PlannedStep, TakeBack};
use crate::primitives::registry::{Primitive, Read};
use crate::system::Broken;
use crate::types::{Completes, Map, Value, quote};

/// One call on its way.
pub(super) struct Call {
    pub(super) number: u64,
    pub(super) spec: &'static Spec,
    /// Whether it does something, and does not only ask.
    pub(super) action: bool,
    pub(super) about: String,
    pub(super) site: Site,
    /// As the script gave them, for the journal.
    pub(super) args: Map,
    /// Of the arguments, where there is a journal.
    pub(super) digest: String,
    /// Where it is in the plan.
    pub(super) position: Position,
}

impl Call {
    pub(super) fn new(number: u64, primitive: &Primitive, site: Site) -> Self {
        let (about, digest) = (String::new(), String::new());
        let action = matches!(primitive.read, Read::Action(_));
        let (args, position) = (Map::new(), Position::Untraced);
        Self { number, spec: primitive.spec, action, about, site, args, digest, position }
    }

    pub(super) fn planned(
        &self,
        plan: &Plan<Value>,
        steps: Vec<PlannedStep>,
        effects: Vec<Effect>,
    ) -> PlannedCall {
        PlannedCall {
            name: self.spec.name.into(),
            about: self.about.clone(),
            site: self.site.clone(),
            root: plan.already.is_none() && PlannedCall::needs_root(&plan.steps),
            steps,
            effects,
            undo: TakeBack::of(&plan.undo, &plan.makes),
            warnings: plan.warnings.clone(),
            already: plan.already.clone(),
            guess: !self.action || matches!(plan.returns, Returns::Read { .. }),
            query: !self.action,
        }
    }

    pub(super) fn called(&self) -> Called {
        let (number, name, action) = (self.number, self.spec.name, self.action);
        Called { number, name, about: self.about.clone(), action }
    }

    pub(super) fn failure(&self, error: Error) -> Failure {
        let step = match &error {
            Error::Step(failed) if !matches!(failed.broken, Broken::Changed { .. }) => {
                Some(failed.step.clone())
            }
            _ => None,
        };
        Failure {
            error: Rc::new(error),
            site: Some(self.site.clone()),
            call: Some(self.called()),
            step,
            traceback: Rc::default(),
        }
    }
}

/// What a call acts on: its required devices, paths and names, each as one word: what follows them on a
/// screen can't be part of them.
pub(crate) fn about(spec: &Spec, arguments: &Map) -> String {
    let telling = spec.params.iter().filter(|param| {
        let names = param.name == "name" || !matches!(param.ty.completes, Completes::Nothing);
        param.required() && !param.ty.list && names
    });
    let words: Vec<String> = telling
        .filter_map(|param| arguments.iter().find(|(name, _)| name == param.name))
        .filter_map(|(_, value)| value.as_text().map(quote))
        .collect();
    words.join(" ")
}
