//! Expectations about the end of the run, its output, and its cleanup.

use super::super::bench::{FailedExpectation, TestState, exit_word};
use super::super::simulate::SimulatedRun;
use super::says::{Invoke, diff};
use crate::args;
use crate::error::Result;
use crate::event::Site;
use crate::machine::{DeviceKind, Machine};
use crate::types::{Choice, Pattern, Value};

args! {
    /// Expects the run to reach the end of the recipe. (An unexpected failure is reported even
    /// without this expectation.)
    ///
    /// ```
    /// expect::done();
    /// ```
    "expect.done" => pub struct Done {}
}

args! {
    /// Expects the run to fail with this error, as `gscript` would print it.
    ///
    /// ```
    /// expect::fails("cryptsetup failed: exit code 5", #{ ends: "failed", says: "in use" });
    /// ```
    "expect.fails" => pub struct FailsWith {
        /// The message, or a part of it; … matches anything.
        pub error: String,
        /// The kind of exit code.
        pub ends: Option<ExitKind>,
        /// A part of the proposed fix.
        pub remedy: Option<String>,
        /// A part of the output of the failed tool.
        pub says: Option<String>,
        /// A part of the step that failed.
        pub step: Option<String>,
        /// The action that failed: its name, optionally with its object.
        pub action: Option<String>,
        /// The line of the recipe, or a part of it.
        pub line: Option<String>,
    }
}

args! {
    /// Expects the recipe to print this.
    ///
    /// ```
    /// expect::prints("Keep the live medium at hand …");
    /// ```
    "expect.prints" => pub struct Printed {
        /// A line, or a part of it; … matches anything.
        pub text: String,
    }
}

args! {
    /// Expects the run to print this warning.
    ///
    /// ```
    /// expect::warns("the header backup");
    /// ```
    "expect.warns" => pub struct Warns {
        /// The warning, or a part of it; … matches anything.
        pub text: String,
    }
}

args! {
    /// Expects the cleanup after a failure to run exactly these commands, in this order.
    ///
    /// ```
    /// expect::released(["umount /mnt/gentoo", "cryptsetup close hdd_sda2"]);
    /// ```
    "expect.released" => pub struct Released {
        /// The commands.
        pub commands: Vec<String>,
    }
}

args! {
    /// Expects the run to leave no additional mounts, active swap, open containers or active
    /// volumes.
    ///
    /// ```
    /// expect::nothing_left();
    /// ```
    "expect.nothing_left" => pub struct NothingLeft {}
}

/// A kind of exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitKind {
    /// Exit code 1.
    Failed,
    /// Exit code 2.
    Usage,
    /// Exit code 3.
    Refused,
    /// Exit code 4.
    Stopped,
}

impl Choice for ExitKind {
    const NAME: &'static str = "exit";
    const WORDS: &'static [&'static str] = &["failed", "usage", "refused", "stopped"];
    const ALL: &'static [Self] = &[Self::Failed, Self::Usage, Self::Refused, Self::Stopped];
}

impl Invoke for Done {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        // An unexpected failure is reported by the run itself, with all details.
        bench.ran()?;
        bench.expect(site, None)
    }
}

impl Invoke for FailsWith {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let ran = bench.mark_expected()?;
        let Some(error) = &ran.error else {
            let title = "the recipe reached its end, but should fail".to_owned();
            let notes = vec![("expected", self.error)];
            return bench.expect(
                site,
                Some(FailedExpectation { title, notes, ..FailedExpectation::default() }),
            );
        };
        let failed = error.site.as_ref();
        let line = failed.and_then(|at| line_of(ran.recipe.source(Some(at)), at.line));
        let exit = exit_word(ran.exit(error));
        let found = [
            ("error", Some(self.error), Some(error.to_string())),
            ("ends", self.ends.map(|kind| kind.word().to_owned()), Some(exit.to_owned())),
            ("remedy", self.remedy, error.error.remedy()),
            ("says", self.says, Some(error.error.tool_output().join("\n"))),
            ("step", self.step, error.step.clone()),
            ("action", self.action, error.call.as_ref().map(ToString::to_string)),
            ("line", self.line, line),
        ];
        let (mut wanted, mut seen) = (Vec::new(), Vec::new());
        for (name, want, got) in found {
            let Some(want) = want else { continue };
            let got = got.unwrap_or_default();
            // A match is shown as the test has written it, so that the diff shows only mismatches.
            let fits = Pattern::new(&want).is_in(&got);
            seen.push(format!("{name}: {}", if fits { &want } else { &got }));
            wanted.push(format!("{name}: {want}"));
        }
        let wrong = (wanted != seen).then(|| FailedExpectation {
            title: "the recipe failed with another error than expected".into(),
            diff: Some(diff(&wanted.join("\n"), &seen.join("\n"))),
            ..FailedExpectation::default()
        });
        bench.expect(site, wrong)
    }
}

fn line_of(text: &str, line: u32) -> Option<String> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    text.lines().nth(index).map(|line| line.trim().to_owned())
}

impl Invoke for Printed {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let wrong = missing("the recipe does not print this", &self.text, &bench.ran()?.said);
        bench.expect(site, wrong)
    }
}

impl Invoke for Warns {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let wrong =
            missing("the recipe does not give this warning", &self.text, &bench.ran()?.warnings);
        bench.expect(site, wrong)
    }
}

/// Returns a mismatch if none of the lines contains the pattern.
fn missing(title: &str, text: &str, lines: &[String]) -> Option<FailedExpectation> {
    let pattern = Pattern::new(text);
    (!lines.iter().any(|line| pattern.is_in(line))).then(|| FailedExpectation {
        title: title.to_owned(),
        diff: Some(diff(text, &lines.join("\n"))),
        ..FailedExpectation::default()
    })
}

impl Invoke for Released {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let ran = bench.ran()?;
        let fits = self.commands.len() == ran.released.len()
            && self
                .commands
                .iter()
                .zip(&ran.released)
                .all(|(want, got)| Pattern::new(want).is(got));
        let wrong = (!fits).then(|| FailedExpectation {
            title: "after the failure other things are released than expected".into(),
            diff: Some(diff(&self.commands.join("\n"), &ran.released.join("\n"))),
            ..FailedExpectation::default()
        });
        bench.expect(site, wrong)
    }
}

impl Invoke for NothingLeft {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let SimulatedRun { before, after, .. } = bench.ran()?;
        let (before, after) = (in_use(before), in_use(after));
        let left: Vec<String> = after.into_iter().filter(|item| !before.contains(item)).collect();
        let wrong = (!left.is_empty()).then(|| FailedExpectation {
            title: "the run left mounts or devices open".into(),
            notes: vec![("left", left.join("\n"))],
            ..FailedExpectation::default()
        });
        bench.expect(site, wrong)
    }
}

/// Describes everything that keeps a device busy.
fn in_use(machine: &Machine) -> Vec<String> {
    let mounts =
        machine.storage.mounts.iter().map(|m| format!("{} is mounted at {}", m.source, m.at));
    let swaps = machine.storage.swaps.keys().map(|device| format!("{device} is active swap"));
    let open = machine.storage.devices.values().filter_map(|device| match &device.kind {
        DeviceKind::Crypt { on, .. } => Some(format!("{on} is open as {}", device.path)),
        DeviceKind::Logical { .. } => {
            machine.volume_name(device).map(|volume| format!("{volume} is active"))
        }
        DeviceKind::Raid { .. } | DeviceKind::Mapped { .. } => {
            Some(format!("{} is running", device.path))
        }
        _ => None,
    });
    mounts.chain(swaps).chain(open).collect()
}
