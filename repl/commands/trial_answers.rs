//! The answers of the user for `gscript try`.
//!
//! A file of answers is written for a real machine. In a virtual machine, its disks do not exist,
//! and its stage3 may not.

use std::path::Path;

use gscript::error::Exit;
use gscript::recipe::{
    FileAnswer, ParamDecl, ParamError, ParamKind, Recipe, answers_of, referenced_secret,
};
use gscript::types::{Value, printable};

use super::{read_answers_file, refuse_secret_argument};
use crate::cli::TryArgs;
use crate::render::Problem;
use crate::screen::print_stderr;

/// The beginning of the names of virtual disks.
const VIRTUAL_DISK: &str = "/dev/ubd";

/// Reads answers from the command line and the answers file.
pub(super) fn answers(args: &TryArgs, recipe: &Recipe) -> Result<toml::Table, Exit> {
    let mut table = toml::Table::new();
    if let Some(path) = &args.values.answers {
        from_file(path, args, recipe, &mut table)?;
    }
    for (name, value) in &args.values.set {
        refuse_secret_argument(recipe, name)?;
        table.insert(name.clone(), toml::Value::String(value.clone()));
    }
    Ok(table)
}

fn print_param_error(error: &ParamError) -> Exit {
    Problem::new(error.to_string()).help(error.remedy()).print();
    Exit::Usage
}

fn from_file(
    path: &Path,
    args: &TryArgs,
    recipe: &Recipe,
    table: &mut toml::Table,
) -> Result<(), Exit> {
    let read = read_answers_file(path)?;
    let file = path.display().to_string();
    let answers =
        answers_of(&file, &read.text, recipe).map_err(|error| print_param_error(&error))?;
    let stands_in = stage3_stands_in(args, &answers);
    for answer in answers {
        let declared = recipe.front.params.iter().filter(|param| param.name == answer.name);
        let declared: Vec<&ParamDecl> = declared.collect();
        // Layouts may use a name for different parameters.
        let Some(param) = declared.first() else { continue };
        if let Some(why) = replacement(&answer, param, stands_in, args) {
            print_stderr(&format!("note: {}: {} is not used: {why}", answer.site, answer.name));
            continue;
        }
        let value = match param.kind {
            ParamKind::Secret => secret(&answer, param)?,
            kind if is_device(kind) => answer.value,
            _ => {
                let checks = declared.iter().map(|param| answer.check(param));
                checks
                    .collect::<Result<Vec<()>, _>>()
                    .map_err(|error| print_param_error(&error))?;
                answer.value
            }
        };
        table.insert(answer.name, value);
    }
    Ok(())
}

fn is_device(kind: ParamKind) -> bool {
    matches!(kind, ParamKind::Disk | ParamKind::Disks | ParamKind::Device)
}

/// Returns whether a stand-in takes the place of the stage3 of these answers, because there is no
/// such file here.
fn stage3_stands_in(args: &TryArgs, answers: &[FileAnswer]) -> bool {
    let given = answers.iter().find(|answer| answer.name == "stage3");
    let path = given.and_then(|answer| answer.value.as_str());
    args.stage3.is_none() && !path.is_some_and(|path| Path::new(path).is_file())
}

/// Returns the reason why the virtual machine uses another value.
fn replacement(
    answer: &FileAnswer,
    param: &ParamDecl,
    stands_in: bool,
    args: &TryArgs,
) -> Option<String> {
    let shown = || printable(&answer.value.to_string());
    match answer.name.as_str() {
        _ if is_device(param.kind) => {
            let virtual_only = shown().contains(VIRTUAL_DISK) || shown() == "\"\"";
            (!virtual_only).then(|| format!("a virtual device takes the place of {}", shown()))
        }
        "stage3" if args.stage3.is_some() => Some("--stage3 names another one".into()),
        "stage3" | "stage3_keys" if stands_in => {
            Some(format!("there is no stage3 here: a stand-in takes the place of {}", shown()))
        }
        "goal" | "repository" if stands_in && args.boot.is_none() => {
            Some("the stand-in for the stage3 has no Portage".into())
        }
        _ => None,
    }
}

/// Returns the secret of an answer as text.
fn secret(answer: &FileAnswer, param: &ParamDecl) -> Result<toml::Value, Exit> {
    let path = match &answer.value {
        toml::Value::Table(table) => table.clone(),
        literal => return Ok(literal.clone()),
    };
    let fields = path
        .iter()
        .map(|(key, path)| (key.clone(), path.as_str().map_or(Value::Unit, Value::from)));
    let read = referenced_secret(param, &Value::Map(fields.collect()))
        .map_err(|error| print_param_error(&error.at(Some(&answer.site))))?;
    match read {
        Value::Secret(secret) => {
            let text = String::from_utf8_lossy(secret.expose()).into_owned();
            Ok(toml::Value::String(text))
        }
        _ => Ok(answer.value.clone()),
    }
}
