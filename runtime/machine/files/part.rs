//! What the part `files` consists of.

use super::{FilesEffect, FilesFact, FilesRelease, FilesStep};
use crate::machine::part::MachinePart;

/// The part.
pub struct Part;

impl MachinePart for Part {
    type State = ();
    type Scope = ();
    type Fact = FilesFact;
    type Step = FilesStep;
    type Effect = FilesEffect;
    type Release = FilesRelease;
}
