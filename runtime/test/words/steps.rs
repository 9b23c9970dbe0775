//! What the run should do, in which order, and what it should leave alone because it is so already.

use super::super::bench::{Bench, Wrong};
use super::super::rehearse::TestedCall;
use super::says::{Says, diff};
use crate::args;
use crate::error::Result;
use crate::event::Site;
use crate::types::{Pattern, Value};

args! {
    /// These steps should be taken, in this order; others may come between, unless `exactly` is said.
    ///
    /// ```
    /// expect::steps(["sfdisk … /dev/sda", "cryptsetup luksFormat … /dev/sda2"]);
    /// expect::steps(["mkfs.ext4 … /dev/sda1"], #{ action: "fs.make /dev/sda1", exactly: true });
    /// ```
    "expect.steps" => pub struct InOrder {
        /// The steps as a person would type them, or parts of them; … stands for anything.
        pub steps: Vec<String>,
        /// Only those of actions that begin like this: `luks.format`, `fs.make /dev/sda1`.
        pub action: Option<String>,
        /// Only those of this chapter.
        pub chapter: Option<String>,
        /// Whether there are no others, and each is given from its beginning to its end.
        pub exactly: bool = false,
    }
}

args! {
    /// No step should contain this.
    ///
    /// ```
    /// expect::no_step("dd if=/dev/urandom");
    /// ```
    "expect.no_step" => pub struct Never {
        /// A part of a step; … stands for anything.
        pub step: String,
    }
}

args! {
    /// The run should enter exactly these chapters, in this order.
    ///
    /// ```
    /// expect::chapters(["Partition the hard drive", "Create the encryption key"]);
    /// ```
    "expect.chapters" => pub struct Chapters {
        /// Their titles.
        pub titles: Vec<String>,
    }
}

args! {
    /// An action should find its result already there, and do nothing.
    ///
    /// ```
    /// expect::already("lvm.vg_activate vg_hostos");
    /// ```
    "expect.already" => pub struct Already {
        /// How the action begins: its name, or with what it is about.
        pub action: String,
    }
}

args! {
    /// The run should change nothing at all: everything is already so.
    ///
    /// ```
    /// expect::unchanged();
    /// ```
    "expect.unchanged" => pub struct Unchanged {}
}

args! {
    /// A person should have to agree to exactly this before the run, in this order.
    ///
    /// ```
    /// expect::effects(["destroys /dev/sda", "mounts /mnt/key", "writes /mnt/key"]);
    /// ```
    "expect.effects" => pub struct Effects {
        /// The effects, as plans show them.
        pub effects: Vec<String>,
    }
}

impl Says for InOrder {
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value> {
        let calls = &bench.ran()?.calls;
        let concerned = |call: &&TestedCall| {
            self.action.as_deref().is_none_or(|start| call.title.starts_with(start))
                && self.chapter.as_deref().is_none_or(|chapter| call.chapter == chapter)
        };
        let found: Vec<&String> =
            calls.iter().filter(concerned).flat_map(|call| &call.steps).collect();
        let patterns: Vec<Pattern> = self.steps.iter().map(|step| Pattern::new(step)).collect();
        let mut next = 0;
        // What fits is shown as the test wrote it, so that only the rest differs.
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
        let wrong = (!complete).then(|| Wrong {
            title: match self.steps.get(next) {
                Some(step) if next == 0 => format!("no step is {step:?}"),
                Some(step) => format!("after {:?} no step is {step:?}", self.steps[next - 1]),
                None => "there are other steps".to_owned(),
            },
            diff: Some(diff(&self.steps.join("\n"), &shown.join("\n"))),
            ..Wrong::default()
        });
        bench.expect(site, wrong)
    }
}

impl Says for Never {
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value> {
        let pattern = Pattern::new(&self.step);
        let calls = bench.ran()?.calls.iter();
        let mut steps = calls.flat_map(|call| call.steps.iter().map(move |step| (call, step)));
        let wrong = steps.find(|(_, step)| pattern.is_in(step)).map(|(call, step)| Wrong {
            title: format!("a step is {:?}", self.step),
            notes: vec![("step", step.clone()), ("of", call.title.clone())],
            ..Wrong::default()
        });
        bench.expect(site, wrong)
    }
}

impl Says for Chapters {
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value> {
        let found = &bench.ran()?.chapters;
        let wrong = (*found != self.titles).then(|| Wrong {
            title: "the run has other chapters".into(),
            diff: Some(diff(&self.titles.join("\n"), &found.join("\n"))),
            ..Wrong::default()
        });
        bench.expect(site, wrong)
    }
}

impl Says for Already {
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value> {
        let calls = &bench.ran()?.calls;
        let like: Vec<&TestedCall> =
            calls.iter().filter(|call| call.title.starts_with(&self.action)).collect();
        let wrong = match like.iter().find(|call| call.already.is_none()) {
            _ if like.is_empty() => Some(Wrong {
                title: format!("there is no action {:?}", self.action),
                notes: vec![("there are", titles(calls))],
                ..Wrong::default()
            }),
            Some(call) => Some(Wrong {
                title: format!("{} is not already so", call.title),
                notes: vec![("it did", call.steps.join("\n"))],
                ..Wrong::default()
            }),
            None => None,
        };
        bench.expect(site, wrong)
    }
}

fn titles(calls: &[TestedCall]) -> String {
    calls.iter().map(|call| call.title.as_str()).collect::<Vec<_>>().join("\n")
}

impl Says for Unchanged {
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value> {
        let calls = bench.ran()?.calls.iter();
        let changed: Vec<&str> =
            calls.filter(|c| c.already.is_none()).map(|call| call.title.as_str()).collect();
        let wrong = (!changed.is_empty()).then(|| Wrong {
            title: "the run changed something".into(),
            notes: vec![("changed", changed.join("\n"))],
            ..Wrong::default()
        });
        bench.expect(site, wrong)
    }
}

impl Says for Effects {
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value> {
        let approval = bench.ran()?.approval.effects();
        let found: Vec<String> = approval.map(|(effect, _)| effect.to_string()).collect();
        let wrong = (found != self.effects).then(|| Wrong {
            title: "a person has to agree to something else".into(),
            diff: Some(diff(&self.effects.join("\n"), &found.join("\n"))),
            ..Wrong::default()
        });
        bench.expect(site, wrong)
    }
}
