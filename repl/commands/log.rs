//! `gscript log`: the runs, and what one of them did.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use gscript::error::Exit;
use gscript::journal::{Record, Story};
use gscript::types::printable;

use super::past;
use crate::DONE;
use crate::cli::LogArgs;
use crate::screen::{Style, output, say};
use crate::state::stories;

pub(crate) fn log(args: &LogArgs) -> Exit {
    match try_log(args) {
        Ok(()) => DONE,
        Err(exit) => exit,
    }
}

fn try_log(args: &LogArgs) -> Result<(), Exit> {
    let folder = args.journal.as_deref();
    if args.run.is_none() {
        list(&folder.map_or_else(past::own_runs, |folder| Ok(folder.to_path_buf()))?, args.json);
        return Ok(());
    }
    let story = past::find(args.run.as_deref(), folder, |_| true)?;
    if args.json {
        for record in &story.records {
            say(&serde_json::to_string(record).unwrap_or_default());
        }
    } else {
        say(tell(&story, output()).trim_end());
    }
    Ok(())
}

/// One line per run.
fn list(folder: &Path, json: bool) {
    for (path, story) in stories(folder) {
        let name = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let (recipe, started, state) = match &story {
            Ok(story) => {
                let head = story.head();
                (head.recipe.as_str(), head.started.as_str(), story.state().to_string())
            }
            Err(damaged) => ("", "", format!("damaged: {damaged}")),
        };
        if json {
            let run = serde_json::json!({
                "run": name, "recipe": recipe, "started": started, "state": state,
                "journal": path.to_string_lossy(),
            });
            say(&run.to_string());
        } else {
            let line = format!("{name}  {}  {started}  {state}", printable(recipe));
            say(line.trim_end());
        }
    }
}

/// A run as a person reads it.
fn tell(story: &Story, s: &Style) -> String {
    let head = story.head();
    let mut out = format!("{}  {}\n", printable(&head.recipe), story.state());
    if !head.started.is_empty() {
        let _ = writeln!(out, "{}", s.dim(&format!("begun {}", head.started)));
    }
    let mut names: BTreeMap<u64, String> = BTreeMap::new();
    let mut deeds: BTreeMap<u64, String> = BTreeMap::new();
    for record in &story.records {
        // Writing to a String can't fail.
        let _ = match record {
            Record::Chapter { title } => writeln!(out, "\n{}", s.bold(&printable(title))),
            Record::Begin { call, name, args, .. } => {
                names.insert(*call, format!("{name}{}", about(args)));
                Ok(())
            }
            Record::Done { call, millis, .. } => {
                let name = names.remove(call).unwrap_or_default();
                deeds.insert(*call, name.clone());
                let took = s.dim(&format!("{}.{} s", millis / 1000, millis % 1000 / 100));
                writeln!(out, "  {} {name}  {took}", s.green(s.done))
            }
            Record::Already { name, args, why, .. } => {
                let line = format!("{name}{}  already so: {}", about(args), printable(why));
                writeln!(out, "  {} {}", s.dim(s.same), s.dim(&line))
            }
            Record::Failed { call, error, .. } => {
                let name = names.remove(call).unwrap_or_default();
                writeln!(out, "  {} {name}  failed: {}", s.red(s.failed), printable(error))
            }
            Record::Skipped { call, name, args, .. } => {
                names.remove(call);
                writeln!(out, "  {} {name}{}  left out", s.yellow(s.warning), about(args))
            }
            Record::Undone { call } => {
                let name = deeds.get(call).map_or("", String::as_str);
                writeln!(out, "  {} {name}  taken back", s.dim(s.same))
            }
            Record::Approved { effect } => {
                writeln!(out, "  {} allowed: {}", s.yellow(s.warning), effect.effect)
            }
            Record::Released { text, error: None } => {
                writeln!(out, "  {} {}", s.dim(s.same), s.dim(&printable(text)))
            }
            Record::Released { text, error: Some(error) } => {
                writeln!(out, "  {} {}: {}", s.red(s.failed), printable(text), printable(error))
            }
            Record::Resumed { at, .. } => writeln!(out, "\n{}", s.bold(&format!("Resumed {at}"))),
            Record::Ended { ok: true } => writeln!(out, "\nended: everything was done"),
            Record::Ended { ok: false } => writeln!(out, "\nended: it did not get to its end"),
            Record::Run(_) | Record::Answer { .. } => Ok(()),
        };
    }
    for name in names.values() {
        let _ = writeln!(out, "  {} {name}  begun, and nothing more is known", s.yellow(s.warning));
    }
    out
}

/// The first text of the arguments: what it is about.
fn about(args: &serde_json::Value) -> String {
    let mut values = args.as_object().into_iter().flat_map(serde_json::Map::values);
    let first = values.find_map(serde_json::Value::as_str);
    first.map(|text| format!(" {}", printable(text))).unwrap_or_default()
}
