//! Saving the actions of a session as a recipe: devices and secrets become parameters.

use std::fmt::Write;

use gscript::machine::{Device, DeviceKind, Machine};
use gscript::primitives::registry::primitive;
use gscript::run::performed::PerformedAction;
use gscript::script::{Language, source};
use gscript::types::{Completes, Map, Param, Value};

/// A parameter that replaces a value in the calls.
struct ExtractedParam {
    name: String,
    kind: &'static str,
    value: Value,
    ask: String,
}

/// Returns the source of a recipe that repeats the actions.
pub(super) fn recipe(
    deeds: &[PerformedAction],
    machine: &Machine,
    title: &str,
    language: Language,
) -> String {
    let mut extracted: Vec<ExtractedParam> = Vec::new();
    let mut calls = String::new();
    for deed in deeds {
        let Some(primitive) = primitive(deed.call.name) else { continue };
        for param in primitive.spec.params {
            if let Some((_, value)) = deed.args.iter().find(|(name, _)| name == param.name) {
                extract_param(param, value, machine, &mut extracted);
            }
        }
        // Writing to a String cannot fail.
        let text = source::call(primitive.spec, &deed.args, language);
        let _ =
            writeln!(calls, "{}{}", named(&text, &extracted, language), closing_keyword(language));
    }
    let comment = language.front_mark();
    let mut out = format!(
        "{comment} # {title}\n{comment}\n{comment} Saved from an interactive \
        shell.\n"
    );
    if !extracted.is_empty() {
        let _ = writeln!(out, "{comment}\n{comment} ```toml");
        for ExtractedParam { name, kind, ask, .. } in &extracted {
            let _ = writeln!(out, "{comment} [params.{name}]\n{comment} type = \"{kind}\"");
            // The escapes of a TOML string are those of Rhai.
            let ask = source::quoted(ask, Language::Rhai);
            let _ = writeln!(out, "{comment} ask = {ask}\n{comment}");
        }
        let _ = writeln!(out, "{comment} ```");
    }
    let step = source::quoted(title, language);
    let _ = write!(out, "\nstep({step}){}\n{calls}", closing_keyword(language));
    out
}

fn closing_keyword(language: Language) -> &'static str {
    if language == Language::Lua { "" } else { ";" }
}

fn extract_param(
    param: &Param,
    value: &Value,
    machine: &Machine,
    extracted: &mut Vec<ExtractedParam>,
) {
    let (kind, name, ask) = match (value, param.ty.completes) {
        (Value::Secret(secret), _) => {
            ("secret", secret.name().to_owned(), secret.name().to_owned())
        }
        // The calls themselves create or open mappings and volumes on the hardware.
        (Value::Text(path), Completes::Devices) if machine.find(path).is_some_and(is_hardware) => {
            let short = path.trim_start_matches("/dev/");
            let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
            let name = format!("dev_{}", short.chars().map(word).collect::<String>());
            ("device", name, format!("Device ({path} in the interactive session)"))
        }
        _ => return,
    };
    if !extracted.iter().any(|known| known.name == name) {
        extracted.push(ExtractedParam { name, kind, value: value.clone(), ask });
    }
}

fn is_hardware(device: &Device) -> bool {
    matches!(
        device.kind,
        DeviceKind::Disk | DeviceKind::Partition(_) | DeviceKind::Rom | DeviceKind::Loop
    )
}

/// Returns the call with the values replaced by parameter names.
fn named(call: &str, extracted: &[ExtractedParam], language: Language) -> String {
    let mut text = call.to_owned();
    for ExtractedParam { name, value, .. } in extracted {
        if let Value::Text(path) = value {
            text = text.replace(&source::quoted(path, language), name);
        }
    }
    text
}

/// Returns an action as source code.
pub(super) fn to_source(name: &str, args: &Map, language: Language) -> String {
    primitive(name).map_or_else(String::new, |p| source::call(p.spec, args, language))
}
