//! The types of the part `files`.

use super::{FilesEffect, FilesFact, FilesRelease, FilesStep};
use crate::machine::part::MachinePart;

/// The part `files`.
pub struct Part;

impl MachinePart for Part {
    type State = ();
    type Scope = ();
    type Fact = FilesFact;
    type Step = FilesStep;
    type Effect = FilesEffect;
    type Release = FilesRelease;
}
