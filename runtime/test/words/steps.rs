//! Expectations about the steps of the run, their order, and unchanged actions.

use super::super::bench::{FailedExpectation, TestState};
use super::super::simulate::TestedCall;
use super::says::{Invoke, diff};
use crate::args;
use crate::error::Result;
use crate::event::Site;
use crate::types::{Pattern, Value};

args! {
    /// Expects these steps in this order; other steps may come in between, unless `exactly` is
    /// true.
    ///
    /// ```
    /// expect::steps(["sfdisk … /dev/sda", "cryptsetup luksFormat … /dev/sda2"]);
    /// expect::steps(["mkfs.ext4 … /dev/sda1"], #{ action: "fs.make /dev/sda1", exactly: true });
    /// ```
    "expect.steps" => pub struct InOrder {
        /// The steps as typed in a shell, or parts of them; … matches anything.
        pub steps: Vec<String>,
        /// Compares only steps of actions that begin with this string: `luks.format`,
        /// `fs.make /dev/sda1`.
        pub action: Option<String>,
        /// Compares only steps of this chapter.
        pub chapter: Option<String>,
        /// Whether no other steps are allowed, and each step must be given completely.
        pub exactly: bool = false,
    }
}

args! {
    /// Expects that no step contains this.
    ///
    /// ```
    /// expect::no_step("dd if=/dev/urandom");
    /// ```
    "expect.no_step" => pub struct Never {
        /// A part of a step; … matches anything.
        pub step: String,
    }
}

args! {
    /// Expects the run to enter exactly these chapters, in this order.
    ///
    /// ```
    /// expect::chapters(["Partition the hard drive", "Create the encryption key"]);
    /// ```
    "expect.chapters" => pub struct Chapters {
        /// The titles of the chapters.
        pub titles: Vec<String>,
    }
}

args! {
    /// Expects an action to be unchanged, because its result already exists.
    ///
    /// ```
    /// expect::already("lvm.vg_activate vg_hostos");
    /// ```
    "expect.already" => pub struct Already {
        /// The beginning of the action: its name, optionally with its object.
        pub action: String,
    }
}

args! {
    /// Expects all actions of the run to be unchanged.
    ///
    /// ```
    /// expect::unchanged();
    /// ```
    "expect.unchanged" => pub struct Unchanged {}
}

args! {
    /// Expects that exactly these effects need approval before the run, in this order.
    ///
    /// ```
    /// expect::effects(["destroys /dev/sda", "mounts /mnt/key", "writes /mnt/key"]);
    /// ```
    "expect.effects" => pub struct Effects {
        /// The effects, as shown in a plan.
        pub effects: Vec<String>,
    }
}

impl Invoke for InOrder {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let calls = &bench.ran()?.calls;
        let concerned = |call: &&TestedCall| {
            self.action.as_deref().is_none_or(|start| call.title.starts_with(start))
                && self.chapter.as_deref().is_none_or(|chapter| call.chapter == chapter)
        };
        let found: Vec<&String> =
            calls.iter().filter(concerned).flat_map(|call| &call.steps).collect();
        let patterns: Vec<Pattern> = self.steps.iter().map(|step| Pattern::new(step)).collect();
        let mut next = 0;
        // A match is shown as the test has written it, so that the diff shows only mismatches.
        let mut shown: Vec<String> = Vec::new();
        for step in &found {
            let fits = patterns.get(next).is_some_and(|pattern| match self.exactly {
                true => pattern.is(step),
                false => pattern.is_in(step),
            });
            shown.push(if fits { self.steps[next].clone() } else { (*step).clone() });
            next += usize::from(fits);
        }
        let complete = next == patterns.len() && !(self.exactly && found.len() > patterns.len());
        let wrong = (!complete).then(|| FailedExpectation {
            title: match self.steps.get(next) {
                Some(step) if next == 0 => format!("there is no step {step:?}"),
                Some(step) => format!("there is no step {step:?} after {:?}", self.steps[next - 1]),
                None => "the steps differ".to_owned(),
            },
            diff: Some(diff(&self.steps.join("\n"), &shown.join("\n"))),
            ..FailedExpectation::default()
        });
        bench.expect(site, wrong)
    }
}

impl Invoke for Never {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let pattern = Pattern::new(&self.step);
        let calls = bench.ran()?.calls.iter();
        let mut steps = calls.flat_map(|call| call.steps.iter().map(move |step| (call, step)));
        let wrong =
            steps.find(|(_, step)| pattern.is_in(step)).map(|(call, step)| FailedExpectation {
                title: format!("there is a step {:?}", self.step),
                notes: vec![("step", step.clone()), ("of", call.title.clone())],
                ..FailedExpectation::default()
            });
        bench.expect(site, wrong)
    }
}

impl Invoke for Chapters {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let found = &bench.ran()?.chapters;
        let wrong = (*found != self.titles).then(|| FailedExpectation {
            title: "the chapters differ".into(),
            diff: Some(diff(&self.titles.join("\n"), &found.join("\n"))),
            ..FailedExpectation::default()
        });
        bench.expect(site, wrong)
    }
}

impl Invoke for Already {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let calls = &bench.ran()?.calls;
        let like: Vec<&TestedCall> =
            calls.iter().filter(|call| call.title.starts_with(&self.action)).collect();
        let wrong = match like.iter().find(|call| call.already.is_none()) {
            _ if like.is_empty() => Some(FailedExpectation {
                title: format!("there is no action {:?}", self.action),
                notes: vec![("there are", titles(calls))],
                ..FailedExpectation::default()
            }),
            Some(call) => Some(FailedExpectation {
                title: format!("{} is not unchanged", call.title),
                notes: vec![("it did", call.steps.join("\n"))],
                ..FailedExpectation::default()
            }),
            None => None,
        };
        bench.expect(site, wrong)
    }
}

fn titles(calls: &[TestedCall]) -> String {
    calls.iter().map(|call| call.title.as_str()).collect::<Vec<_>>().join("\n")
}

impl Invoke for Unchanged {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let calls = bench.ran()?.calls.iter();
        let changed: Vec<&str> =
            calls.filter(|c| c.already.is_none()).map(|call| call.title.as_str()).collect();
        let wrong = (!changed.is_empty()).then(|| FailedExpectation {
            title: "the run changed something".into(),
            notes: vec![("changed", changed.join("\n"))],
            ..FailedExpectation::default()
        });
        bench.expect(site, wrong)
    }
}

impl Invoke for Effects {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let approval = bench.ran()?.approval.effects();
        let found: Vec<String> = approval.map(|(effect, _)| effect.to_string()).collect();
        let wrong = (found != self.effects).then(|| FailedExpectation {
            title: "the user must approve something else".into(),
            diff: Some(diff(&self.effects.join("\n"), &found.join("\n"))),
            ..FailedExpectation::default()
        });
        bench.expect(site, wrong)
    }
}
