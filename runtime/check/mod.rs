//! Mistakes in a recipe, found without running it.
//!
//! `calls` and `names` look at the words of a script, so that one misspelt name
//! does not hide the next. `plans` plans the recipe with every value of its choices on a made-up
//! machine, for what only shows then. All of them tell all that they find.

mod calls;
mod names;
mod plans;

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use crate::event::Site;
use crate::finding::Finding;
use crate::machine::Machine;
use crate::recipe::{Named, ParamDecl};
use crate::script::{self, Kind, Language, Module, Token, tokens};
use crate::system::{Input, read_input_text};

/// What was found in a recipe.
pub struct Checked {
    /// In the order of its lines.
    pub findings: Vec<Finding>,
    /// How many times it was planned.
    pub plans: usize,
}

/// With what a recipe is planned.
#[derive(Default)]
pub struct Trial {
    /// The machine, where a made-up one does not fit.
    pub machine: Option<Machine>,
    /// Values of parameters; all others are made up, and those with few values are varied.
    pub set: Vec<(String, String)>,
}

/// A script as its words.
struct Scan<'a> {
    language: Language,
    name: &'a str,
    source: &'a Rc<str>,
    tokens: Vec<Token>,
    declared: BTreeSet<String>,
    params: &'a [ParamDecl],
    modules: &'a [Module],
}

impl Scan<'_> {
    fn site(&self, line: u32) -> Site {
        Site { file: self.name.into(), line }
    }

    /// The text that a place is in.
    fn source_of(&self, site: &Site) -> Rc<str> {
        let module = self.modules.iter().find(|module| *module.file == *site.file);
        module.map_or_else(|| Rc::clone(self.source), |module| module.text.as_str().into())
    }
}

/// Looks for mistakes in a recipe: a file, or a bundled one.
pub fn check(word: &Path, trial: &Trial) -> Checked {
    let recipe = match Named::find(word).and_then(|named| named.load()) {
        Ok(recipe) => recipe,
        Err(bad) => {
            // It may be in a module.
            let source = read_input_text(Path::new(&*bad.site.file), Input::Script)
                .unwrap_or_default()
                .into();
            let finding = Finding::new(bad.why, bad.site, &source).help(bad.remedy);
            return Checked { findings: vec![finding], plans: 0 };
        }
    };
    let source: Rc<str> = recipe.text.as_str().into();
    let tokens = tokens(recipe.language, &source);
    let declared = names::declared(recipe.language, &tokens);
    let (language, name, params) = (recipe.language, &recipe.name, &recipe.front.params);
    let modules = recipe.modules.as_slice();
    let scan = Scan { language, name, source: &source, tokens, declared, params, modules };
    let mut findings = calls::calls(&scan);
    findings.extend(names::unknown(&scan));
    findings.extend(names::hiding(&scan));
    findings.extend(names::unused(&scan, front(&source, language)));
    let mut plans = 0;
    match script::parse(recipe.language, &recipe.name, &recipe.text) {
        // What can't be parsed can't be planned.
        Err(error) => findings.push(of_error(&error, &scan)),
        Ok(()) => {
            let found = plans::plans(&recipe, trial, &scan);
            plans = found.plans;
            // A misspelt name has been told, without what came of it.
            let told = |finding: &Finding| findings.iter().any(|known| known.site == finding.site);
            let new: Vec<Finding> = found.findings.into_iter().filter(|f| !told(f)).collect();
            findings.extend(new);
        }
    }
    findings.sort_by_key(|finding| finding.site.line);
    Checked { findings, plans }
}

/// The comment that a recipe begins with.
fn front(text: &str, language: Language) -> &str {
    let marker = if language == Language::Rhai { "//!" } else { "---" };
    let lines = text.lines().take_while(|line| line.starts_with(marker) || line.starts_with("#!"));
    lines.last().map_or("", |last| {
        let end = last.as_ptr() as usize + last.len() - text.as_ptr() as usize;
        &text[..end]
    })
}

/// What a script says of itself.
fn of_error(error: &script::ScriptError, scan: &Scan<'_>) -> Finding {
    let site = error.site().unwrap_or_else(|| scan.site(0));
    let remedy = match error {
        script::ScriptError::Script { remedy, .. } => remedy.clone(),
        script::ScriptError::Failure(failure) => failure.error.remedy(),
        script::ScriptError::Stopped { .. } => None,
    };
    let called_from = error.called_from().map(|lines| ("called from", lines));
    let source = scan.source_of(&site);
    let finding = Finding::new(error.to_string(), site, &source);
    Finding { help: remedy, notes: called_from.into_iter().collect(), ..finding }
}

/// The chapters that are written in a script, with their lines.
fn chapters<'a>(scan: &'a Scan<'_>) -> impl Iterator<Item = (&'a str, u32)> {
    scan.tokens.windows(3).filter_map(|window| {
        let [step, open, title] = window else { return None };
        // Lua calls with one text need no parentheses.
        let title = if open.is("(") { title } else { open };
        match (&step.kind, &title.kind) {
            (Kind::Name(name), Kind::Text(title)) if name == "step" => {
                Some((title.as_str(), step.line))
            }
            _ => None,
        }
    })
}
