//! Problems that `test` and `check` report, with their positions in a file.

use std::rc::Rc;

use crate::event::Site;

/// A problem at a position in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A description of the problem.
    pub title: String,
    /// The position of the problem.
    pub site: Site,
    /// The content of the file that contains the problem.
    pub source: Rc<str>,
    /// Additional notes: label and content.
    pub notes: Vec<(&'static str, String)>,
    /// The differences between the expected and the actual result, as a unified diff.
    pub diff: Option<String>,
    /// A suggested fix.
    pub help: Option<String>,
}

impl Finding {
    /// Creates a finding without notes, diff or help.
    pub fn new(title: impl Into<String>, site: Site, source: &Rc<str>) -> Self {
        Self {
            title: title.into(),
            site,
            source: Rc::clone(source),
            notes: Vec::new(),
            diff: None,
            help: None,
        }
    }

    /// Adds a suggested fix.
    #[must_use]
    pub fn help(self, text: impl Into<String>) -> Self {
        Self { help: Some(text.into()), ..self }
    }
}
