//! Finding mistakes in a recipe without running it.
//!
//! `calls` and `names` check the tokens of a script, so that one misspelled name does not hide the
//! next. `plans` plans the recipe with every value of its choices on a generated machine, for
//! mistakes that only plans show. Every check reports all of its findings.

mod calls;
mod names;
mod plans;
mod scan;
mod variants;

use std::path::Path;
use std::rc::Rc;

use crate::finding::Finding;
use crate::plan::needs::Needs;
use crate::recipe::{NamedRecipe, Recipe};
use crate::script::{self, Language, tokens};
use crate::system::{Input, read_input_text};

use scan::{Scan, of_error};

pub use scan::PlanInput;

/// The result of checking a recipe.
pub struct Checked {
    /// The findings, sorted by line.
    pub findings: Vec<Finding>,
    /// The number of plans that were made.
    pub plans: usize,
    /// The minimal `[needs]` for these plans, if the recipe declares none.
    pub proposed: Option<Needs>,
}

/// Looks for mistakes in a recipe: a file, or a bundled one.
pub fn check(word: &Path, trial: &PlanInput) -> Checked {
    match NamedRecipe::find(word).and_then(|named| named.load()) {
        Ok(recipe) => check_recipe(&recipe, trial),
        Err(bad) => {
            // The error may be in a module.
            let source = read_input_text(Path::new(&*bad.site.file), Input::Script)
                .unwrap_or_default()
                .into();
            let finding = Finding::new(bad.why, bad.site, &source).help(bad.remedy);
            Checked { findings: vec![finding], plans: 0, proposed: None }
        }
    }
}

/// Looks for mistakes in a recipe that was read.
pub fn check_recipe(recipe: &Recipe, trial: &PlanInput) -> Checked {
    let source: Rc<str> = recipe.text.as_str().into();
    let tokens = tokens(recipe.language, &source);
    let declared = names::declared(recipe.language, &tokens);
    let (language, name, params) = (recipe.language, &recipe.name, &recipe.front.params);
    let modules = recipe.modules.as_slice();
    let scan = Scan { language, name, source: &source, tokens, declared, params, modules };
    let mut findings = calls::calls(&scan);
    findings.extend(names::unknown(&scan));
    findings.extend(names::shadowed_params(&scan));
    findings.extend(names::unused(&scan, front(&source, language)));
    let (mut plans, mut proposed) = (0, None);
    match script::parse(recipe.language, &recipe.name, &recipe.text) {
        // A recipe that cannot be parsed cannot be planned.
        Err(error) => findings.push(of_error(&error, &scan)),
        Ok(()) => {
            let found = plans::plans(recipe, trial, &scan);
            plans = found.plans;
            proposed = found.proposed;
            // A misspelled name was already reported: skip the errors that it causes.
            let told = |finding: &Finding| findings.iter().any(|known| known.site == finding.site);
            let new: Vec<Finding> = found.findings.into_iter().filter(|f| !told(f)).collect();
            findings.extend(new);
        }
    }
    findings.sort_by_key(|finding| finding.site.line);
    Checked { findings, plans, proposed }
}

/// Returns the front comment of a recipe.
fn front(text: &str, language: Language) -> &str {
    let marker = if language == Language::Rhai { "//!" } else { "---" };
    let lines = text.lines().take_while(|line| line.starts_with(marker) || line.starts_with("#!"));
    lines.last().map_or("", |last| {
        let end = last.as_ptr() as usize + last.len() - text.as_ptr() as usize;
        &text[..end]
    })
}
