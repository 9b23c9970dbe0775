//! Checks of calls: the primitive must exist, and the arguments must fit its parameters.

use super::scan::Scan;
use crate::event::Site;
use crate::finding::Finding;
use crate::operation::spec::{ArgError, Spec};
use crate::primitives::registry::PRIMITIVES;
use crate::script::{Language, suggest_name};
use crate::script::{Token, TokenKind};
use crate::types::nearest;

/// Returns the mistakes in calls of primitives.
pub(super) fn calls(scan: &Scan<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, window) in scan.tokens.windows(3).enumerate() {
        let [domain, dot, verb] = window else { continue };
        let (Some(domain_name), Some(verb_name)) = (domain.name(), verb.name()) else { continue };
        if !scan.is_module(index, domain_name, dot) {
            continue;
        }
        let name = format!("{domain_name}.{verb_name}");
        let site = scan.site(verb.line);
        match PRIMITIVES.iter().find(|primitive| primitive.spec.name == name) {
            Some(primitive) => {
                let given = arguments(&scan.tokens[index + 3..]);
                found.extend(
                    given
                        .iter()
                        .flat_map(|given| argument_mistakes(scan, primitive.spec, given, &site)),
                );
            }
            None => found.push(unknown(scan, domain_name, &name, site)),
        }
    }
    found
}

impl Scan<'_> {
    /// Returns whether a name and the token after it begin a call of a primitive.
    fn is_module(&self, index: usize, name: &str, dot: &Token) -> bool {
        match self.language {
            Language::Rhai => dot.is("::") && !self.declared.contains(name),
            Language::Lua => {
                let inner =
                    index > 0 && (self.tokens[index - 1].is(".") || self.tokens[index - 1].is(":"));
                let domain = PRIMITIVES.iter().any(|primitive| primitive.spec.domain() == name);
                dot.is(".") && !inner && domain && !self.declared.contains(name)
            }
        }
    }
}

fn unknown(scan: &Scan<'_>, domain: &str, name: &str, site: Site) -> Finding {
    let known = PRIMITIVES.iter().any(|primitive| primitive.spec.domain() == domain);
    let title = match known {
        true => format!("there is no function {}", scan.language.call(name)),
        false => format!("there is no module {domain}"),
    };
    let specs: Vec<&Spec> = PRIMITIVES.iter().map(|primitive| primitive.spec).collect();
    scan.finding(title, site).help(suggest_name(name, scan.language, &specs, []))
}

/// The arguments of a call: the number of values, and the keys of a map literal at the end.
struct CallShape {
    count: usize,
    /// The keys with their lines.
    options: Vec<(String, u32)>,
}

/// Reads the arguments after a name. Returns `None` without parentheses, or if they cannot be
/// counted.
fn arguments(tokens: &[Token]) -> Option<CallShape> {
    if !tokens.first()?.is("(") {
        return None;
    }
    let mut depth = 0_usize;
    let mut parts: Vec<Vec<&Token>> = vec![Vec::new()];
    for token in tokens {
        match token.kind {
            TokenKind::Sign("(" | "[" | "{" | "#{") => depth += 1,
            TokenKind::Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
            // Blocks in Lua and closures in Rhai contain commas of their own.
            TokenKind::Sign("|" | "||") => return None,
            _ if token.name() == Some("function") => return None,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        match token.kind {
            TokenKind::Sign(",") if depth == 1 => parts.push(Vec::new()),
            _ => parts.last_mut()?.push(token),
        }
    }
    parts[0].remove(0);
    if parts.last().is_some_and(Vec::is_empty) {
        parts.pop();
    }
    let options = parts.last().and_then(|part| keys(part)).unwrap_or_default();
    Some(CallShape { count: parts.len(), options })
}

/// Returns the keys of a map literal.
fn keys(part: &[&Token]) -> Option<Vec<(String, u32)>> {
    if !(part.first()?.is("#{") || part.first()?.is("{")) || !part.last()?.is("}") {
        return None;
    }
    let mut depth = 0_usize;
    let mut keys = Vec::new();
    for pair in part.windows(2) {
        match pair[0].kind {
            TokenKind::Sign("(" | "[" | "{" | "#{") => depth += 1,
            TokenKind::Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let (1, true, Some(name)) = (depth, pair[1].is(":") || pair[1].is("="), pair[0].name()) {
            keys.push((name.to_owned(), pair[0].line));
        }
    }
    // A literal without keys is a list.
    (!keys.is_empty() || part.len() == 2).then_some(keys)
}

/// Returns the mistakes in the arguments of a call.
fn argument_mistakes(
    scan: &Scan<'_>,
    spec: &'static Spec,
    given: &CallShape,
    site: &Site,
) -> Vec<Finding> {
    let required: Vec<&str> = spec.required().map(|param| param.name).collect();
    let has_options = spec.params.len() > required.len();
    let finding = |error: &ArgError, site: Site| {
        let title = format!("{}: {error}", scan.language.call(spec.name));
        let help = crate::error::usage_help(&spec.signature(), spec.name);
        scan.finding(title, site).help(help)
    };
    if let Some(param) = required.get(given.count) {
        return vec![finding(&ArgError::Missing { param }, site.clone())];
    }
    if given.count > required.len() + usize::from(has_options) {
        return vec![finding(&ArgError::TooMany { most: required.len() }, site.clone())];
    }
    let options = if given.count > required.len() { given.options.as_slice() } else { &[] };
    let names = || spec.params.iter().map(|param| param.name);
    let unknown_options = options.iter().filter(|(key, _)| !names().any(|name| name == key));
    let unknown = |(key, line): &(String, u32)| {
        let (name, near) = (key.clone(), nearest(key, names()));
        let error = ArgError::Unknown { name, nearest: near, known: names().collect() };
        finding(&error, scan.site(*line))
    };
    unknown_options.map(unknown).collect()
}
