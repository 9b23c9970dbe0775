//! Completions of unfinished input, from the registry and from the machine.

use std::path::Path;

use crate::machine::Machine;
use crate::primitives::registry::{PRIMITIVES, primitive};
use crate::script::Language;
use crate::types::{Completes, Param};

/// A completion and its description.
pub type Proposal = (String, String);

/// The names that can be completed.
#[derive(Debug, Clone)]
pub struct Candidates {
    /// The language of the input.
    pub language: Language,
    variables: Vec<String>,
    /// Commands that begin with a colon, and their descriptions.
    commands: Vec<Proposal>,
    devices: Vec<Proposal>,
    mappings: Vec<String>,
    groups: Vec<String>,
    arrays: Vec<String>,
    mounts: Vec<String>,
}

impl Candidates {
    /// Collects the names of a machine and of a session.
    pub fn of(
        machine: &Machine,
        variables: Vec<String>,
        commands: Vec<Proposal>,
        language: Language,
    ) -> Self {
        let named = |prefix: &str| {
            let paths = machine.storage.devices.keys().filter_map(|path| path.strip_prefix(prefix));
            paths.map(str::to_owned).collect::<Vec<_>>()
        };
        let mut devices = Vec::new();
        for device in machine.storage.devices.values() {
            let about = machine.identity(device).to_string();
            // The name that LVM gives to a volume is better known than the one of the device
            // mapper.
            if let Some(volume) = machine.volume_name(device) {
                devices.push((format!("/dev/{volume}"), about.clone()));
            }
            devices.push((device.path.clone(), about));
        }
        devices.sort();
        Self {
            language,
            variables,
            commands,
            devices,
            mappings: named("/dev/mapper/"),
            groups: machine.storage.groups.keys().cloned().collect(),
            arrays: named("/dev/md/"),
            mounts: machine.storage.mounts.iter().map(|mount| mount.at.clone()).collect(),
        }
    }
}

/// Returns the start of the last word as a byte offset, and its completions.
pub fn proposals(known: &Candidates, text: &str) -> (usize, Vec<Proposal>) {
    if text.starts_with(':') && !text.contains(' ') {
        let fits = |command: &&Proposal| command.0.starts_with(text);
        return (0, known.commands.iter().filter(fits).cloned().collect());
    }
    if let Some(begin) = open_text(text) {
        return (begin, within_text(known, text, begin));
    }
    let part = |c: char| c.is_ascii_alphanumeric() || "_:.".contains(c);
    let start = text.char_indices().rev().take_while(|(_, c)| part(*c)).last();
    let start = start.map_or(text.len(), |(at, _)| at);
    let word = &text[start..];
    let mut found: Vec<Proposal> = Vec::new();
    let given = if known.language == Language::Lua { " =" } else { ":" };
    if let Some(params) = options(text, given) {
        let entry = |param: &&Param| (format!("{}{given} ", param.name), first(param.doc));
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

/// Returns the start of an unterminated string.
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

fn within_text(known: &Candidates, text: &str, begin: usize) -> Vec<Proposal> {
    let word = &text[begin..];
    let param = parameter(&text[..begin - 1]);
    let plain = |names: &[String]| names.iter().map(|n| (n.clone(), String::new())).collect();
    let matching = |names: &[Proposal]| -> Vec<Proposal> {
        names.iter().filter(|(name, _)| name.starts_with(word)).cloned().collect()
    };
    let mut found: Vec<Proposal> = match param.map(|param| param.ty.completes) {
        Some(Completes::Choices(choices)) => {
            choices.iter().map(|choice| ((*choice).to_owned(), String::new())).collect()
        }
        Some(Completes::Devices) => matching(&known.devices),
        Some(Completes::Groups) => plain(&known.groups),
        Some(Completes::Mappings) => plain(&known.mappings),
        Some(Completes::Arrays) => plain(&known.arrays),
        Some(Completes::Paths) => paths(known, word),
        Some(Completes::Nothing) => Vec::new(),
        None => {
            let mut all = matching(&known.devices);
            all.extend::<Vec<_>>(plain(&known.groups));
            all.extend(paths(known, word));
            all
        }
    };
    // A name must not contain a character that ends the string: the rest would be code.
    let ends = |text: &str| text.contains(['"', '`', '\\', '$', '\'']);
    found.retain(|(text, _)| text.starts_with(word) && !ends(text));
    found
}

/// Returns mount points, and the entries of the directory.
fn paths(known: &Candidates, word: &str) -> Vec<Proposal> {
    let mut found: Vec<Proposal> =
        known.mounts.iter().map(|at| (at.clone(), "mounted".to_owned())).collect();
    let directory = word.rfind('/').map_or("", |at| &word[..=at]);
    let entries = Path::new(directory).read_dir().into_iter().flatten().flatten();
    found.extend(entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let slash = if entry.path().is_dir() { "/" } else { "" };
        Some((format!("{directory}{name}{slash}"), String::new()))
    }));
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    found
}

/// Returns the parameters and the arguments of the unfinished call at the end of the input.
fn open_call(text: &str) -> Option<(&'static [Param], &str)> {
    let mut depth: i32 = 0;
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
            // A map or list that is open is inside the call.
            '(' | '[' | '{' => depth = (depth - 1).max(0),
            _ => {}
        }
    }
    None
}

/// Returns the options that are not given yet, if a map of options is open.
fn options(text: &str, sign: &str) -> Option<Vec<&'static Param>> {
    let (params, args) = open_call(text)?;
    let map = &args[args.rfind('{').filter(|at| !args[*at..].contains('}'))?..];
    let given = |param: &&Param| map.contains(&format!("{}{sign}", param.name));
    Some(params.iter().filter(|p| !p.required() && !given(p)).collect())
}

/// Returns the parameter whose value is at the end of the input.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn known_in(language: Language) -> Candidates {
        let mut machine = Machine::empty();
        let group = serde_json::json!({
            "members": [], "extent": 4_194_304, "extents": 0, "free": 0, "volumes": {},
        });
        machine
            .storage
            .groups
            .insert("vg".to_owned(), serde_json::from_value(group).expect("a group"));
        let commands = vec![(":help".to_owned(), "list".to_owned())];
        Candidates::of(&machine, vec!["disk".to_owned()], commands, language)
    }

    fn proposed(text: &str) -> Vec<String> {
        proposed_in(Language::Rhai, text)
    }

    fn proposed_in(language: Language, text: &str) -> Vec<String> {
        proposals(&known_in(language), text).1.into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn what_is_proposed_depends_on_the_place() {
        assert_eq!(proposed(":he"), [":help"]);
        assert_eq!(proposed("luks::cl"), ["luks::close("]);
        assert_eq!(proposed("let x = dis"), ["disk::", "distcc::", "disk"]);
        assert_eq!(proposed("lvm::vg_activate(\""), ["vg"]);
        assert_eq!(proposed("fs::make(disk, #{ kind: \"xf"), ["xfs"]);
        assert!(proposed("luks::open(disk, \"a\", #{ pass").contains(&"passphrase: ".to_owned()));
        assert!(
            !proposed("luks::open(disk, \"a\", #{ key: \"k\", k").contains(&"key: ".to_owned())
        );
        assert!(proposed("mount::mount(disk, \"/et").contains(&"/etc/".to_owned()));
        assert!(
            !proposed("luks::open(disk, #{ key: \"k\" }, pass")
                .contains(&"passphrase: ".to_owned())
        );
        assert_eq!(proposed_in(Language::Lua, "luks.open(d, \"a\", { passph"), ["passphrase = "]);
        assert_eq!(proposals(&known_in(Language::Rhai), "f(1, luks::cl").0, 5);
    }
}
