//! Suggestions for names that do not exist.

use super::Language;
use crate::operation::spec::Spec;
use crate::types::nearest;

/// Returns the domains of a list without duplicates, in order.
pub(crate) fn domains(specs: &[&'static Spec]) -> Vec<&'static str> {
    let mut domains: Vec<&str> = specs.iter().map(|spec| spec.domain()).collect();
    domains.dedup();
    domains
}

/// Returns a suggestion for an unknown name: a function, a domain, or a variable.
pub(crate) fn suggest_name<'a>(
    name: &str,
    language: Language,
    specs: &[&'static Spec],
    variables: impl IntoIterator<Item = &'a str>,
) -> String {
    let dotted = name.replacen("::", ".", 1);
    let domains = domains(specs);
    let suggestion = match dotted.split_once('.') {
        Some((domain, _)) => match nearest(&dotted, specs.iter().map(|spec| spec.name)) {
            Some(near) => Some(language.call(near)),
            None if domains.contains(&domain) => {
                let own = specs.iter().filter(|spec| spec.domain() == domain);
                let verbs: Vec<&str> = own.map(|spec| spec.verb()).collect();
                return format!("{domain} has: {}", verbs.join(", "));
            }
            None => nearest(domain, domains).map(str::to_owned),
        },
        None if domains.contains(&name) => {
            return format!("{name} is a module: write {}", language.call(&format!("{name}.…")));
        }
        None => {
            let known = ["step", "print"].into_iter().chain(domains).chain(variables);
            nearest(name, known).map(str::to_owned)
        }
    };
    match suggestion {
        Some(near) => format!("did you mean {near}?"),
        None => "list everything: gscript doc".into(),
    }
}
