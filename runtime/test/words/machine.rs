//! Expectations about the machine and its files after the run.

use super::super::bench::{FailedExpectation, TestState};
use super::super::simulate::SimulatedRun;
use super::says::{Invoke, diff};
use crate::args;
use crate::error::Result as Answer;
use crate::event::Site;
use crate::machine::files::{FileContents, FileStatus, Files};
use crate::machine::{Machine, layout};
use crate::operation::Effect;
use crate::plan::bound::Target;
use crate::test::misuse::TestError;
use crate::types::{AbsPath, DevicePath, Pattern, Place, Value};

args! {
    /// Expects this layout of a disk after the run; closed containers are shown as if they were
    /// open. Compare it with `After` in a plan. A string of several lines is written between
    /// backticks in Rhai, and between `[[` and `]]` in Lua.
    ///
    /// ```
    /// expect::layout("/dev/sda", "sda  64 GiB  Example SSD");
    /// ```
    "expect.layout" => pub struct Layout {
        /// The disk.
        pub disk: DevicePath,
        /// The layout; its indentation does not matter.
        pub picture: String,
    }
}

args! {
    /// Expects a filesystem to be mounted after the run.
    ///
    /// ```
    /// expect::mounted("/mnt/gentoo", #{ device: "/dev/sda1" });
    /// ```
    "expect.mounted" => pub struct Mounted {
        /// The mount point.
        pub at: AbsPath,
        /// The device.
        pub device: Option<DevicePath>,
    }
}

args! {
    /// Expects that these disks or partitions are unchanged, that no change of them needed
    /// approval, and that no step names them.
    ///
    /// ```
    /// expect::untouched(["/dev/sdb", "/dev/sdc"]);
    /// ```
    "expect.untouched" => pub struct Untouched {
        /// The devices.
        pub devices: Vec<DevicePath>,
    }
}

args! {
    /// Expects a file after the run. A file on a filesystem that was unmounted is as the run left
    /// it. Without options, the file must exist.
    ///
    /// ```
    /// expect::file("/mnt/gentoo/etc/fstab", #{ has: "UUID=", lacks: "/dev/sda" });
    /// ```
    "expect.file" => pub struct FileIs {
        /// The path during the run.
        pub path: AbsPath,
        /// The complete contents.
        pub text: Option<String>,
        /// A part of the contents; … matches anything.
        pub has: Option<String>,
        /// A string that the contents must not have.
        pub lacks: Option<String>,
        /// Whether the file must not exist.
        pub missing: bool = false,
    }
}

args! {
    /// Expects two values to be equal.
    ///
    /// ```
    /// expect::same(1 + 1, 2);
    /// ```
    "expect.same" => pub struct Same {
        /// The actual value.
        pub found: Value,
        /// The expected value.
        pub wanted: Value,
    }
}

impl Invoke for Layout {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Answer<Value> {
        let after = bench.ran()?.after.with_containers_open();
        let disk = after.find(self.disk.as_str()).ok_or_else(|| no_device(&self.disk))?;
        let found = layout(&after, &[disk.path.as_str()]);
        let wanted = unindented(&self.picture);
        let wrong = (found != wanted).then(|| FailedExpectation {
            title: format!("{} is not as expected after the run", self.disk),
            diff: Some(diff(&wanted, &found)),
            ..FailedExpectation::default()
        });
        bench.expect(site, wrong)
    }
}

fn no_device(device: &DevicePath) -> TestError {
    TestError::NoDevice { device: device.to_string() }
}

/// Removes the blank lines around a string of a script, and the indentation that all its lines
/// share.
fn unindented(text: &str) -> String {
    let blank = |line: &&str| line.trim().is_empty();
    let lines: Vec<&str> = text.lines().map(str::trim_end).skip_while(blank).collect();
    let end = lines.iter().rposition(|line| !blank(line)).map_or(0, |last| last + 1);
    let lines = &lines[..end];
    let depth = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    let shared = lines.iter().filter(|line| !blank(line)).map(depth).min().unwrap_or(0);
    lines.iter().map(|line| line.get(shared..).unwrap_or("")).collect::<Vec<_>>().join("\n")
}

impl Invoke for Mounted {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Answer<Value> {
        let after = &bench.ran()?.after;
        let at = self.at.to_string();
        let found = after.storage.mounts.iter().rev().find(|mount| mount.at == at);
        let wanted = self.device.as_ref().map(|device| {
            after.find(device.as_str()).map_or(device.to_string(), |known| known.path.clone())
        });
        let title = match (found, wanted) {
            (None, _) => Some(format!("nothing is mounted at {at}")),
            (Some(mount), Some(wanted)) if mount.source != wanted => {
                Some(format!("{} is mounted at {at}, not {wanted}", mount.source))
            }
            _ => None,
        };
        bench.expect(
            site,
            title.map(|title| FailedExpectation { title, ..FailedExpectation::default() }),
        )
    }
}

impl Invoke for Untouched {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Answer<Value> {
        let ran = bench.ran()?;
        let mut wrong = None;
        for name in &self.devices {
            let device = ran.before.find(name.as_str()).ok_or_else(|| no_device(name))?;
            wrong = wrong.or_else(|| find_change(ran, &device.path));
        }
        bench.expect(site, wrong)
    }
}

/// Returns how a device was touched, if it was. A run that is refused because of its plan has
/// approved and changed nothing.
fn find_change(ran: &SimulatedRun, device: &str) -> Option<FailedExpectation> {
    if !ran.only_planned && !ran.begun {
        return None;
    }
    let title = format!("{device} was changed");
    let lies_on = |effect: &Effect, target: Option<&Target>| {
        let below = |target: &Target| target.below.iter().any(|path| path == device);
        let whole = |other: &str| ran.before.depends_on(device, other);
        target.is_some_and(below) || effect.device().is_some_and(whole)
    };
    let touches = |(effect, target): &(&Effect, Option<&Target>)| {
        effect.changes_storage() && lies_on(effect, *target)
    };
    if let Some((effect, _)) = ran.approval.effects().find(touches) {
        let notes = vec![("approved", effect.to_string())];
        return Some(FailedExpectation { title, notes, ..FailedExpectation::default() });
    }
    let own = |machine: &Machine| layout(machine, &[]);
    let below: Vec<String> = std::iter::once(device.to_owned())
        .chain(ran.before.descendants(device).iter().map(|device| device.path.clone()))
        .collect();
    let differs = below.iter().any(|path| ran.before.find(path) != ran.after.find(path));
    if differs {
        let diff = Some(diff(&own(&ran.before), &own(&ran.after)));
        return Some(FailedExpectation { title, diff, ..FailedExpectation::default() });
    }
    let words = |step: &str| -> bool {
        step.split_whitespace().any(|word| below.iter().any(|path| path == word))
    };
    let mut steps = ran.calls.iter().flat_map(|call| call.steps.iter().map(move |s| (call, s)));
    let (call, step) = steps.find(|(_, step)| words(step))?;
    let notes = vec![("step", step.clone()), ("of", call.title.clone())];
    Some(FailedExpectation { title, notes, ..FailedExpectation::default() })
}

impl Invoke for FileIs {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Answer<Value> {
        let path = self.path.to_string();
        let found = match file_after(bench.ran()?, &Place::new(&self.path, None)) {
            Ok(found) => found,
            Err(why) => {
                let title = format!("cannot determine whether {path} exists: {why}");
                return bench.expect(
                    site,
                    Some(FailedExpectation { title, ..FailedExpectation::default() }),
                );
            }
        };
        let wrong = |title: String, diff: Option<String>| {
            Some(FailedExpectation { title, diff, ..FailedExpectation::default() })
        };
        let wrong = match found {
            None if self.missing => None,
            None => wrong(format!("there is no file {path}"), None),
            Some(_) if self.missing => wrong(format!("{path} exists"), None),
            Some(FileContents::Unknown(why)) => match self.text.is_some() || self.has.is_some() {
                true => wrong(format!("cannot determine the contents of {path}: {why}"), None),
                false => None,
            },
            Some(FileContents::Known(bytes)) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let end = text.trim_end();
                match (self.text, self.has, self.lacks) {
                    (Some(is), _, _) if is.trim_end() != end => {
                        wrong(format!("{path} has other contents"), Some(diff(is.trim_end(), end)))
                    }
                    (_, Some(has), _) if !Pattern::new(&has).is_in(&text) => {
                        wrong(format!("{path} lacks {has:?}"), Some(diff(&has, end)))
                    }
                    (_, _, Some(lacks)) if text.contains(&lacks) => {
                        wrong(format!("{path} has {lacks:?}"), None)
                    }
                    _ => None,
                }
            }
        };
        bench.expect(site, wrong)
    }
}

/// Returns the contents of a file as the run left it.
fn file_after(ran: &SimulatedRun, place: &Place) -> Result<Option<FileContents>, String> {
    if let Some(written) = ran.sim.written(&place.to_string()) {
        return Ok(written.clone());
    }
    match ran.sim.file_status(place) {
        Ok(FileStatus::File { .. }) => Ok(ran.sim.read(place).ok()),
        Ok(FileStatus::Unknown(why)) => Err(why),
        _ => Ok(None),
    }
}

impl Invoke for Same {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Answer<Value> {
        let text = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            Value::List(items) => {
                items.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
            }
            other => other.to_string(),
        };
        let wrong = (self.found != self.wanted).then(|| FailedExpectation {
            title: "the values differ".into(),
            diff: Some(diff(&text(&self.wanted), &text(&self.found))),
            ..FailedExpectation::default()
        });
        bench.expect(site, wrong)
    }
}
