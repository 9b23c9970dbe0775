//! Plans and failures as text.

use gscript::machine::{Fact, FilesFact, picture};
use gscript::operation::{Effect, StorageEffect};
use gscript::plan::call::{PlannedCall, UndoPlan};
use gscript::plan::control::FullControl;
use gscript::plan::report::{PlanEntry, Report};

pub(crate) use crate::screen::Problem;
use crate::screen::{Shown, Stream, Style, canvas, shown, write};

/// The maximum number of lines of a diff or a description below a step.
const MOST_LINES: usize = 60;

/// Prints the plan chapter by chapter, and the effects that need approval. It writes each entry at
/// once, so that a long plan is not held in memory a second time as text.
pub(crate) fn show(report: &Report, s: &Style, to: &Stream) {
    const ENTRIES_PER_WRITE: usize = 256;
    let text = |entry: &PlanEntry| match entry {
        PlanEntry::Chapter { title } => Shown::joined([Shown::default(), s.chapter(title)]),
        PlanEntry::Said { text } => s.recipe_output(text),
        PlanEntry::Call(planned) => call(planned, s),
    };
    for entries in report.entries.chunks(ENTRIES_PER_WRITE) {
        write(to, &Shown::joined(entries.iter().map(text)));
    }
    write(to, &summary(report, s));
}

/// Renders an action with its steps and effects.
pub(crate) fn call(call: &PlannedCall, s: &Style) -> Shown {
    let mut out = Shown::default();
    let title = format!("{} {}", call.name, call.about);
    out.line(&shown!["  ", title.trim_end(), "  ", s.dim(&call.site)]);
    let below = "      ";
    if let Some(why) = &call.already {
        out.line(&shown![below, s.dim(&shown!["unchanged: ", why])]);
        return out.trimmed();
    }
    for effect in call.effects.iter().filter(|effect| effect.loses().is_some()) {
        out.line(&shown![below, s.red(effect)]);
    }
    for step in &call.steps {
        for (index, line) in step.text.lines().enumerate() {
            let sign = if index == 0 { "$ " } else { "  " };
            out.line(&shown![below, sign, line]);
        }
        if let Some(diff) = &step.diff {
            edited(&mut out, diff, s);
        }
    }
    for line in call.preview.iter().take(MOST_LINES) {
        out.line(&shown!["        ", line]);
    }
    more_lines(&mut out, call.preview.len(), s);
    if call.guess {
        out.line(&shown![below, s.dim("~ its result is an assumed value until the run")]);
    }
    let undo = match &call.undo {
        UndoPlan::Nothing => None,
        UndoPlan::Commands { commands } => Some(format!("undo: {}", commands.join(" && "))),
        UndoPlan::Impossible { why } => Some(format!("cannot be undone: {why}")),
    };
    if let Some(undo) = undo {
        out.line(&shown![below, s.dim(&undo)]);
    }
    for warning in &call.warnings {
        out.line(&shown![below, s.yellow(&shown!["warning: ", warning])]);
    }
    out.trimmed()
}

/// Renders a unified diff below its step, which has already named the file.
fn edited(out: &mut Shown, diff: &str, s: &Style) {
    let header = if diff.starts_with("--- ") { 2 } else { 0 };
    let lines: Vec<&str> =
        diff.lines().skip(header).filter(|line| !line.starts_with("@@")).collect();
    for line in lines.iter().take(MOST_LINES) {
        out.line(&shown!["        ", s.diff(line)]);
    }
    more_lines(out, lines.len(), s);
}

/// Tells how many of these lines below a step are not shown.
fn more_lines(out: &mut Shown, lines: usize, s: &Style) {
    if lines > MOST_LINES {
        let more = lines - MOST_LINES;
        out.line(&shown!["        ", s.dim(&format!("… {more} more lines"))]);
    }
}

/// Renders the effects that need approval, and the disks before and after the run.
fn summary(report: &Report, s: &Style) -> Shown {
    let mut out = Shown::default();
    let touched = report.changed_disks();
    let canvas = canvas();
    let heading = |title: &str| Shown::joined([Shown::default(), s.bold(title)]);
    if !touched.is_empty() {
        let after = report.after.with_containers_open();
        for (title, machine) in [("Before", &report.before), ("After", &after)] {
            out.line(&heading(title));
            out.line(&Shown::indented("  ", &picture(machine, &touched, canvas)));
        }
    }
    out.line(&heading("This run"));
    for (effect, target) in report.approval.effects() {
        let text = match (target.map(|target| &target.identity), effect) {
            (Some(identity), Effect::Storage(StorageEffect::Destroys { .. })) => {
                s.red(&shown!["destroys everything on ", identity])
            }
            (Some(identity), effect) => shown![effect, " (", identity, ")"],
            (None, effect) => shown![effect],
        };
        out.line(&shown!["  ", text]);
        if let (Some(target), Effect::Storage(StorageEffect::Destroys { .. })) = (target, effect) {
            let volumes = report.before.lost_volumes(&target.identity.path);
            if !volumes.is_empty() {
                out.line(&shown!["    with the logical volumes ", volumes.join(", ")]);
            }
        }
    }
    for FullControl { root, why } in report.approval.full_control() {
        let text = shown!["can do anything in ", root, ": it ", why.join(", ")];
        out.line(&shown!["  ", s.yellow(&text)]);
    }
    for caution in report.cautions() {
        out.line(&shown!["  ", s.yellow(&shown!["warning: ", caution])]);
    }
    match report.guesses {
        0 => {}
        1 => out.line("  1 value is assumed until the run"),
        count => out.line(&format!("  {count} values are assumed until the run")),
    }
    out.trimmed()
}

/// Lists the changes of a failed run that persist across a reboot.
pub(crate) fn persistent_changes(lasting: &[Fact]) -> Option<String> {
    const MOST: usize = 8;
    let mut lines: Vec<String> = lasting
        .iter()
        .filter(|fact| {
            !matches!(
                fact,
                Fact::Files(
                    FilesFact::Dir { .. } | FilesFact::File { .. } | FilesFact::Link { .. }
                )
            )
        })
        .map(ToString::to_string)
        .collect();
    lines.dedup();
    if lines.is_empty() {
        return None;
    }
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    Some(lines.join("\n"))
}
