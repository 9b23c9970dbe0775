//! `gscript log`: lists the runs, or shows the actions of one.

use std::collections::BTreeMap;
use std::path::Path;

use gscript::error::Exit;
use gscript::journal::{Record, Transcript};

use super::past;
use crate::cli::LogArgs;
use crate::screen::{Shown, Style, output, print_stdout, shown, write_json};
use crate::state::list_runs;

pub(crate) fn log(args: &LogArgs) -> Exit {
    match try_log(args) {
        Ok(()) => Exit::Done,
        Err(exit) => exit,
    }
}

fn try_log(args: &LogArgs) -> Result<(), Exit> {
    let directory = args.journal.as_deref();
    if args.run.is_none() {
        list(
            &directory.map_or_else(past::own_runs, |directory| Ok(directory.to_path_buf()))?,
            args.json,
        );
        return Ok(());
    }
    let transcript = past::find(args.run.as_deref(), directory, |_| true)?;
    if args.json {
        transcript.records.iter().for_each(|record| write_json(record, false));
    } else {
        print_stdout(&render(&transcript, output()));
    }
    Ok(())
}

/// Prints one line per run.
fn list(directory: &Path, json: bool) {
    for (path, transcript) in list_runs(directory) {
        let name = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let (recipe, started, state) = match &transcript {
            Ok(transcript) => {
                let head = transcript.head();
                (head.recipe.as_str(), head.started.as_str(), transcript.state().to_string())
            }
            Err(damaged) => ("", "", format!("damaged: {damaged}")),
        };
        if json {
            let run = serde_json::json!({
                "run": name, "recipe": recipe, "started": started, "state": state,
                "journal": path.to_string_lossy(),
            });
            write_json(&run, false);
        } else {
            let line = format!("{name}  {recipe}  {started}  {state}");
            print_stdout(line.trim_end());
        }
    }
}

/// Renders a run for display.
fn render(transcript: &Transcript, s: &Style) -> Shown {
    let head = transcript.head();
    let mut out = Shown::default();
    out.line(&format!("{}  {}", head.recipe, transcript.state()));
    if !head.started.is_empty() {
        out.line(&s.dim(&format!("begun {}", head.started)));
    }
    let mut names = CallNames::default();
    for record in &transcript.records {
        if let Some(line) = render_record(record, &mut names, s) {
            out.line(&line);
        }
    }
    for name in names.begun.values() {
        out.line(&shown!["  ", s.yellow(s.warning), " ", name, "  started; no result is recorded"]);
    }
    out.trimmed()
}

/// The calls of a run by number, with their arguments.
#[derive(Default)]
struct CallNames {
    begun: BTreeMap<u64, String>,
    done: BTreeMap<u64, String>,
}

/// Renders a record as a line, or returns `None` if it is not shown.
fn render_record(record: &Record, names: &mut CallNames, s: &Style) -> Option<Shown> {
    let note = |sign: Shown, text: Shown| Some(shown!["  ", sign, " ", text]);
    let heading = |text: Shown| Some(Shown::joined([Shown::default(), text]));
    match record {
        Record::Chapter { title } => heading(s.chapter(title)),
        Record::Begin { call, name, args, .. } => {
            names.begun.insert(*call, format!("{name}{}", first_argument(args)));
            None
        }
        Record::Done { call, millis, .. } => {
            let name = names.begun.remove(call).unwrap_or_default();
            let took = format!("{}.{} s", millis / 1000, millis % 1000 / 100);
            let line = note(s.green(s.done), shown![name, "  ", s.dim(&took)]);
            names.done.insert(*call, name);
            line
        }
        Record::Already { name, args, why, .. } => {
            note(s.dim(s.same), s.dim(&format!("{name}{}  unchanged: {why}", first_argument(args))))
        }
        Record::Failed { call, error, .. } => {
            let name = names.begun.remove(call).unwrap_or_default();
            note(s.red(s.failed), shown![name, "  failed: ", error])
        }
        Record::Skipped { call, name, args, .. } => {
            names.begun.remove(call);
            note(s.yellow(s.warning), shown![name, first_argument(args), "  skipped"])
        }
        Record::Undone { call } => {
            let name = names.done.get(call).map_or("", String::as_str);
            note(s.dim(s.same), shown![name, "  undone"])
        }
        Record::Approved { effect } => {
            note(s.yellow(s.warning), shown!["allowed: ", effect.effect])
        }
        Record::Released { text, error: None } => note(s.dim(s.same), s.dim(text)),
        Record::Released { text, error: Some(error) } => {
            note(s.red(s.failed), shown![text, ": ", error])
        }
        Record::Resumed { at, .. } => heading(s.bold(&format!("Resumed {at}"))),
        Record::Ended { ok: true } => heading(shown!["finished"]),
        Record::Ended { ok: false } => heading(shown!["ended before it was finished"]),
        Record::Run(_) | Record::Answer { .. } => None,
    }
}

/// Returns the first string among the arguments, which is usually the object of the call.
fn first_argument(args: &serde_json::Value) -> String {
    let mut values = args.as_object().into_iter().flat_map(serde_json::Map::values);
    let first = values.find_map(serde_json::Value::as_str);
    first.map(|text| format!(" {text}")).unwrap_or_default()
}
