//! What can stand where the cursor is: from the registry, and from the machine.

use std::path::Path;
use std::sync::{Arc, Mutex};

use gscript::machine::Machine;
use gscript::registry::{PRIMITIVES, primitive};
use gscript::script::Language;
use gscript::types::{Completes, Param};
use reedline::{Completer, CompletionResult, Span, Suggestion};

use super::command::COMMANDS;

/// What a session knows of names; replaced after every text.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) language: Language,
    pub(super) variables: Vec<String>,
    devices: Vec<(String, String)>,
    mappings: Vec<String>,
    groups: Vec<String>,
    arrays: Vec<String>,
    mounts: Vec<String>,
}

impl Known {
    pub(super) fn of(machine: &Machine, variables: Vec<String>, language: Language) -> Self {
        let devices = machine.devices.values();
        let about = |path: &str| machine.find(path).map(|d| machine.identity(d).to_string());
        let named = |prefix: &str| {
            let paths = machine.devices.keys().filter_map(|path| path.strip_prefix(prefix));
            paths.map(str::to_owned).collect::<Vec<_>>()
        };
        Self {
            language,
            variables,
            devices: devices
                .map(|device| (device.path.clone(), about(&device.path).unwrap_or_default()))
                .collect(),
            mappings: named("/dev/mapper/"),
            groups: machine.groups.keys().cloned().collect(),
            arrays: named("/dev/md/"),
            mounts: machine.mounts.iter().map(|mount| mount.at.clone()).collect(),
        }
    }
}

/// See the module.
pub(super) struct Words {
    pub(super) known: Arc<Mutex<Known>>,
}

/// A proposal: the text, and what it is.
type Proposal = (String, String);

impl Completer for Words {
    fn complete(&mut self, line: &str, pos: usize) -> CompletionResult {
        let Ok(known) = self.known.lock() else {
            return CompletionResult::fresh(Vec::new());
        };
        let (start, proposals) = proposals(&known, &line[..pos]);
        let suggestion = |(value, about): Proposal| Suggestion {
            description: (!about.is_empty()).then_some(about),
            append_whitespace: false,
            span: Span::new(start, pos),
            value,
            ..Suggestion::default()
        };
        CompletionResult::fresh(proposals.into_iter().map(suggestion).collect::<Vec<_>>())
    }
}

/// Where the word at the end begins, and what it could become.
pub(super) fn proposals(known: &Known, text: &str) -> (usize, Vec<Proposal>) {
    if text.starts_with(':') && !text.contains(' ') {
        let names = COMMANDS.iter().map(|c| (format!(":{}", c.name), c.about.to_owned()));
        return (0, names.filter(|(name, _)| name.starts_with(text)).collect());
    }
    if let Some(begin) = open_text(text) {
        return (begin, within_text(known, text, begin));
    }
    let part = |c: char| c.is_ascii_alphanumeric() || "_:.".contains(c);
    let start = text.char_indices().rev().take_while(|(_, c)| part(*c)).last();
    let start = start.map_or(text.len(), |(at, _)| at);
    let word = &text[start..];
    let mut found: Vec<Proposal> = Vec::new();
    if let Some(params) = options(text) {
        let entry = |param: &&Param| (format!("{}: ", param.name), first(param.doc));
        found.extend(params.iter().map(entry));
    }
    let domain = |name: &'static str| name.split('.').next().unwrap_or(name);
    let mut domains: Vec<&str> = Vec::new();
    for primitive in PRIMITIVES {
        let spec = primitive.spec;
        let called = known.language.call(spec.name);
        if called.starts_with(word) && word.contains([':', '.']) {
            found.push((format!("{called}("), first(spec.doc)));
        } else if !domains.contains(&domain(spec.name)) {
            domains.push(domain(spec.name));
        }
    }
    let sign = if known.language == Language::Lua { "." } else { "::" };
    found.extend(domains.iter().map(|name| (format!("{name}{sign}"), String::new())));
    found.extend(known.variables.iter().map(|name| (name.clone(), "variable".to_owned())));
    found.retain(|(text, _)| text.starts_with(word));
    (start, found)
}

/// Where the text begins that is open at the end of this.
fn open_text(text: &str) -> Option<usize> {
    let mut open = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (open, c) {
            (Some(_), '\\') => _ = chars.next(),
            (None, '"' | '`') => open = Some((at, c)),
            (Some((_, quote)), c) if quote == c => open = None,
            _ => {}
        }
    }
    open.map(|(at, _)| at + 1)
}

fn within_text(known: &Known, text: &str, begin: usize) -> Vec<Proposal> {
    let word = &text[begin..];
    let param = parameter(&text[..begin - 1]);
    let plain = |names: &[String]| names.iter().map(|n| (n.clone(), String::new())).collect();
    let mut found: Vec<Proposal> = match param.map(|param| param.ty.completes) {
        Some(Completes::Choices(choices)) => {
            choices.iter().map(|choice| ((*choice).to_owned(), String::new())).collect()
        }
        Some(Completes::Devices) => known.devices.clone(),
        Some(Completes::Groups) => plain(&known.groups),
        Some(Completes::Mappings) => plain(&known.mappings),
        Some(Completes::Arrays) => plain(&known.arrays),
        Some(Completes::Paths) => paths(known, word),
        Some(Completes::Nothing) => Vec::new(),
        None => {
            let mut all = known.devices.clone();
            all.extend::<Vec<_>>(plain(&known.groups));
            all.extend(paths(known, word));
            all
        }
    };
    found.retain(|(text, _)| text.starts_with(word));
    found
}

/// Mount points, and what is in the folder.
fn paths(known: &Known, word: &str) -> Vec<Proposal> {
    let mut found: Vec<Proposal> =
        known.mounts.iter().map(|at| (at.clone(), "mounted".to_owned())).collect();
    let folder = word.rfind('/').map_or("", |at| &word[..=at]);
    let entries = Path::new(folder).read_dir().into_iter().flatten().flatten();
    found.extend(entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let slash = if entry.path().is_dir() { "/" } else { "" };
        Some((format!("{folder}{name}{slash}"), String::new()))
    }));
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    found
}

/// The call that is open at the end of a text: its primitive, and the text of its arguments.
fn open_call(text: &str) -> Option<(&'static [Param], &str)> {
    let mut depth = 0;
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' if depth == 0 => {
                let part = |c: &char| c.is_ascii_alphanumeric() || "_:.".contains(*c);
                let name: String = text[..at].chars().rev().take_while(part).collect();
                let name: String = name.chars().rev().collect();
                let spec = primitive(&name.replacen("::", ".", 1))?.spec;
                return Some((spec.params, &text[at + 1..]));
            }
            '(' | '[' | '{' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The options that are still to be given, where a map of them is open.
fn options(text: &str) -> Option<Vec<&'static Param>> {
    let (params, args) = open_call(text)?;
    let map = &args[args.rfind('{')?..];
    let given = |param: &&Param| map.contains(&format!("{}:", param.name));
    Some(params.iter().filter(|p| !p.required() && !given(p)).collect())
}

/// The parameter that is written at the end of a text.
fn parameter(text: &str) -> Option<&'static Param> {
    let (params, args) = open_call(text)?;
    if let Some(map) = args.rfind('{').filter(|at| !args[*at..].contains('}')) {
        let key = args[map + 1..].rsplit(',').next()?;
        let key = key.trim().trim_end_matches([':', '=']).trim();
        return params.iter().find(|param| param.name == key);
    }
    let (mut depth, mut place) = (0, 0);
    for c in args.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => place += 1,
            _ => {}
        }
    }
    params.iter().filter(|param| param.required()).nth(place)
}

fn first(doc: &str) -> String {
    doc.trim().lines().next().unwrap_or_default().to_owned()
}
