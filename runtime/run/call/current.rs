//! The call that is being executed.

use std::rc::Rc;

use crate::error::Error;
use crate::event::{Event, Site};
use crate::failure::{CallInfo, Failure};
use crate::operation::spec::Spec;
use crate::operation::{Effect, Plan, Returns};
use crate::plan::Position;
use crate::plan::call::{PlannedCall, PlannedStep, UndoPlan};
use crate::primitives::registry::{Primitive, Read};
use crate::system::{FailureKind, Step, StorageStep};
use crate::types::{Completes, Map, Value, quote};

/// The call that is being executed. Only this file changes it.
pub(crate) struct Call {
    info: CallInfo,
    spec: &'static Spec,
    site: Site,
    /// The arguments from the script, for the journal.
    args: Map,
    /// SHA-256 of the arguments; empty if there is no journal.
    digest: String,
    /// The position in the plan.
    position: Position,
    /// The last step that was performed, for error messages.
    last_step: Option<String>,
    /// The steps planned so far.
    steps: Vec<PlannedStep>,
    preview: Vec<String>,
}

impl Call {
    /// Creates a call of a script.
    pub(crate) fn new(number: u64, primitive: &Primitive, site: Site) -> Self {
        let (name, about) = (primitive.spec.name, String::new());
        let action = matches!(primitive.read, Read::Action(_));
        Self {
            info: CallInfo { number, name, about, action },
            spec: primitive.spec,
            site,
            args: Map::new(),
            digest: String::new(),
            position: Position::Untraced,
            last_step: None,
            steps: Vec::new(),
            preview: Vec::new(),
        }
    }

    /// Sets the decoded arguments.
    pub(super) fn set_arguments(&mut self, args: Map, digest: String) {
        self.info.about = about(self.spec, &args);
        self.args = args;
        self.digest = digest;
    }

    /// Sets the position in the plan.
    pub(super) fn set_position(&mut self, position: Position) {
        self.position = position;
    }

    pub(crate) fn number(&self) -> u64 {
        self.info.number
    }

    /// Returns the name of the primitive.
    pub(crate) fn name(&self) -> &'static str {
        self.info.name
    }

    /// Returns the description of the call for messages.
    pub(crate) fn info(&self) -> &CallInfo {
        &self.info
    }

    /// Returns the description of the primitive.
    pub(super) fn spec(&self) -> &'static Spec {
        self.spec
    }

    /// Returns the position in the recipe.
    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    /// Returns the arguments from the script.
    pub(crate) fn args(&self) -> &Map {
        &self.args
    }

    /// Returns the digest of the arguments.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns the position in the plan.
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// Returns the arguments as they are recorded.
    pub(super) fn recorded_args(&self) -> serde_json::Value {
        Value::Map(self.args.clone()).recorded()
    }

    /// Returns the event for the start of the call.
    pub(super) fn began_event(&self) -> Event {
        let CallInfo { number: call, name, about, .. } = &self.info;
        let (name, about) = ((*name).to_owned(), about.clone());
        Event::Began { call: *call, name, about, site: self.site.clone() }
    }

    /// Remembers a step that is about to be performed.
    pub(super) fn note_step(&mut self, step: &Step, text: &str) {
        // Waiting for a device belongs to the step that creates it.
        self.last_step = match (step, self.last_step.take()) {
            (Step::Storage(StorageStep::WaitFor { .. }), Some(work)) => {
                Some(format!("{work}\n{text}"))
            }
            _ => Some(text.to_owned()),
        };
    }

    /// Adds a planned step.
    pub(super) fn add_step(&mut self, step: PlannedStep) {
        self.steps.push(step);
    }

    /// Sets the description of what the steps will do.
    pub(super) fn add_preview(&mut self, lines: Vec<String>) {
        self.preview = lines;
    }

    /// Returns the planned steps, and clears them.
    pub(super) fn take_steps(&mut self) -> Vec<PlannedStep> {
        // A plan may have a hundred thousand calls, so spare capacity would add up.
        let mut steps = std::mem::take(&mut self.steps);
        steps.shrink_to_fit();
        steps
    }

    pub(super) fn planned(
        &self,
        plan: &Plan<Value>,
        steps: Vec<PlannedStep>,
        effects: Vec<Effect>,
    ) -> PlannedCall {
        let CallInfo { name, about, action, .. } = &self.info;
        PlannedCall {
            name: (*name).into(),
            about: about.clone(),
            site: self.site.clone(),
            root: plan.already.is_none() && PlannedCall::needs_root(&plan.steps),
            steps,
            effects,
            undo: UndoPlan::of(&plan.undo, &plan.makes),
            preview: self.preview.clone(),
            warnings: plan.warnings.clone(),
            already: plan.already.clone(),
            guess: !action || matches!(plan.returns, Returns::Read { .. }),
            query: !action,
        }
    }

    /// Creates the failure of the call. It names the step that was tried last.
    pub(super) fn failure(&mut self, error: Error) -> Failure {
        let differs = matches!(error, Error::Differs(_));
        let step = match &error {
            Error::Step(failed) if !matches!(failed.broken, FailureKind::Changed { .. }) => {
                Some(failed.step.clone())
            }
            _ => None,
        };
        let tried = self.last_step.take().filter(|_| differs || step.is_some());
        Failure {
            error: Rc::new(error),
            site: Some(self.site.clone()),
            call: Some(self.info.clone()),
            step: tried.or(step),
            traceback: Rc::default(),
        }
    }
}

/// Returns the objects of a call for messages: its required devices, paths and names, each quoted
/// as one word, so that text printed after them cannot be mistaken for a part of them.
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
