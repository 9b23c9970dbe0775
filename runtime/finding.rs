//! Something that is not as it should be, with its place: what `test` and `check` tell.

use std::rc::Rc;

use crate::event::Site;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub title: String,
    /// Where.
    pub site: Site,
    /// The text of the file that this is in.
    pub source: Rc<str>,
    /// Further lines.
    pub notes: Vec<(&'static str, String)>,
    /// Expected against found, as a unified diff.
    pub diff: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Finding {
    /// A finding at a place.
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

    /// Says what to do about it.
    #[must_use]
    pub fn help(self, text: impl Into<String>) -> Self {
        Self { help: Some(text.into()), ..self }
    }
}
