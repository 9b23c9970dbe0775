//! A script as a list of tokens.

use crate::failure::Failure;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::event::Site;
use crate::finding::Finding;
use crate::machine::Machine;
use crate::recipe::ParamDecl;
use crate::script::{Language, Module, Token, TokenKind};

/// The machine and the parameters for the plans of a check.
#[derive(Default)]
pub struct PlanInput {
    /// The machine, if the generated one does not fit.
    pub machine: Option<Machine>,
    /// Values of parameters. All others are generated; choices and booleans are varied.
    pub set: Vec<(String, String)>,
}

/// A script as a list of tokens.
pub(super) struct Scan<'a> {
    pub(super) language: Language,
    pub(super) name: &'a str,
    pub(super) source: &'a Rc<str>,
    pub(super) tokens: Vec<Token>,
    pub(super) declared: BTreeSet<String>,
    pub(super) params: &'a [ParamDecl],
    pub(super) modules: &'a [Module],
}

impl Scan<'_> {
    pub(super) fn site(&self, line: u32) -> Site {
        Site { file: self.name.into(), line }
    }

    /// Creates a finding, with the source of the file that contains its site.
    pub(super) fn finding(&self, title: impl Into<String>, site: Site) -> Finding {
        let module = self.modules.iter().find(|module| *module.file == *site.file);
        match module {
            None => Finding::new(title, site, self.source),
            Some(module) => Finding::new(title, site, &module.text.as_str().into()),
        }
    }
}

/// Returns the finding for a failure of the script.
pub(super) fn of_error(error: &Failure, scan: &Scan<'_>) -> Finding {
    let site = error.site.clone().unwrap_or_else(|| scan.site(0));
    let remedy = error.error.remedy();
    let called_from = error.caller_lines().map(|lines| ("called from", lines));
    let finding = scan.finding(error.to_string(), site);
    Finding { help: remedy, notes: called_from.into_iter().collect(), ..finding }
}

/// Returns the chapters in a script, with their lines.
pub(super) fn chapters<'a>(scan: &'a Scan<'_>) -> impl Iterator<Item = (&'a str, u32)> {
    scan.tokens.windows(3).filter_map(|window| {
        let [step, open, title] = window else { return None };
        // Lua calls with a single string argument need no parentheses.
        let title = if open.is("(") { title } else { open };
        match (&step.kind, &title.kind) {
            (TokenKind::Name(name), TokenKind::Text(title)) if name == "step" => {
                Some((title.as_str(), step.line))
            }
            _ => None,
        }
    })
}
