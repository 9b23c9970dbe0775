//! Conversion of Rhai errors; messages that are about Rhai internals are reworded.

use std::rc::Rc;

use rhai::{EvalAltResult, Position};

use super::thrown::{NESTED, Temporary};
use crate::event::Site;
use crate::failure::{Failure, Frame};
use crate::script::limits::Limit;
use crate::script::limits::limited;
use crate::script::meter::Metered;
use crate::script::{Language, suggest_name};

pub(super) fn site(file: &Rc<str>, position: Position) -> Site {
    let line = position.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(0);
    Site { file: Rc::clone(file), line }
}

/// Converts an error in a source of this file.
pub(super) fn explain(
    thrown: &Temporary,
    file: &Rc<str>,
    host: &Metered,
    variables: &[String],
) -> Failure {
    let (inner, frames) = unwind(thrown, file);
    let place = || frames.first().map_or_else(|| site(file, Position::NONE), |f| f.site.clone());
    let caught = match inner {
        EvalAltResult::ErrorRuntime(value, _) | EvalAltResult::ErrorTerminated(value, _) => {
            value.clone().try_cast::<Failure>()
        }
        _ => None,
    };
    if let Some(caught) = caught {
        return caught.clone().with_frames(frames);
    }
    if let Some(limit) = host.limit_reached().or_else(|| limit_of(inner)) {
        return limited(limit, place());
    }
    if let EvalAltResult::ErrorTerminated(..) = inner {
        return Failure::stopped(place());
    }
    let (message, remedy) = message(inner, host, variables);
    Failure::of_script(message, place(), remedy).with_frames(frames)
}

fn message(
    inner: &EvalAltResult,
    host: &Metered,
    variables: &[String],
) -> (String, Option<String>) {
    let specs = &host.specs();
    let names = variables.iter().map(String::as_str);
    let unknown = |what: &str, name: &str| {
        let remedy = Some(suggest_name(name, Language::Rhai, specs, names));
        (format!("there is no {what} {name}"), remedy)
    };
    match inner {
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            unknown("function", function_name(signature))
        }
        EvalAltResult::ErrorModuleNotFound(name, _) => unknown("module", name),
        EvalAltResult::ErrorVariableNotFound(name, _) => unknown("variable", name),
        EvalAltResult::ErrorRuntime(value, _) => (value.to_string(), None),
        other => (plain(other), None),
    }
}

/// Returns the innermost error and its call stack, innermost first.
fn unwind<'a>(thrown: &'a EvalAltResult, file: &Rc<str>) -> (&'a EvalAltResult, Vec<Frame>) {
    let mut file = Rc::clone(file);
    let mut function: Option<String> = None;
    let mut frames = Vec::new();
    let mut inner = thrown;
    loop {
        let (position, source, name, next) = match inner {
            EvalAltResult::ErrorInFunctionCall(name, source, next, position) => {
                // Rhai's generated names of closures are meaningless to users.
                let name = (!name.starts_with("anon$")).then(|| name.clone());
                (*position, source, name.or_else(|| Some("a closure".into())), next)
            }
            EvalAltResult::ErrorInModule(source, next, position) => (*position, source, None, next),
            other => {
                let site = site(&file, other.position());
                if !file.is_empty() {
                    frames.push(Frame { site, function });
                }
                break (other, frames.into_iter().rev().collect());
            }
        };
        // A callback that is called by a function of Rhai's library has no position.
        if !position.is_none() && !file.is_empty() {
            frames.push(Frame { site: site(&file, position), function: function.take() });
        }
        if !source.is_empty() {
            file = source.as_str().into();
        }
        function = name;
        inner = next;
    }
}

/// Returns the innermost error.
pub(super) fn innermost(thrown: &EvalAltResult) -> &EvalAltResult {
    match thrown {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _)
        | EvalAltResult::ErrorInModule(_, inner, _) => innermost(inner),
        other => other,
    }
}

/// Returns the limit that Rhai itself detected.
fn limit_of(error: &EvalAltResult) -> Option<Limit> {
    Some(match error {
        EvalAltResult::ErrorTooManyOperations(_) => Limit::Operations,
        EvalAltResult::ErrorStackOverflow(_) => Limit::Depth,
        EvalAltResult::ErrorDataTooLarge(what, _) if what.contains("string") => Limit::Text,
        EvalAltResult::ErrorDataTooLarge(what, _) if what == NESTED => Limit::Nesting,
        EvalAltResult::ErrorDataTooLarge(..) => Limit::Elements,
        _ => return None,
    })
}

/// Returns the message without the position that Rhai appends.
fn plain(error: &EvalAltResult) -> String {
    let text = error.to_string();
    let end = text.rfind(" (line ").unwrap_or(text.len());
    text[..end].trim_end().to_owned()
}

/// Returns the name in a signature: `disk::partitoin (&str, array)` → `disk::partitoin`.
fn function_name(signature: &str) -> &str {
    signature.split_once(" (").map_or(signature, |(name, _)| name).trim()
}
