//! The interface between a script and its host: a session that plans or runs a recipe, or the test
//! runner.

use std::path::PathBuf;
use std::rc::Rc;

use crate::event::Site;
use crate::failure::Failure;
use crate::operation::spec::Spec;
use crate::system::Interrupts;
use crate::types::Value;

/// The receiver of a script's calls. Both languages register exactly the functions of this trait.
pub trait Host {
    /// Returns all functions that can be called as `domain::verb`.
    fn specs(&self) -> Vec<&'static Spec>;

    /// Calls the function at this index of the list.
    fn call(&self, index: usize, site: Site, values: Vec<Value>) -> Result<Value, Failure>;

    /// Prints a string of the script.
    fn say(&self, text: &str);

    /// Begins a chapter.
    fn chapter(&self, title: &str);

    /// Returns the counter of Ctrl-C presses.
    fn interrupts(&self) -> Interrupts;

    /// Returns the failure that ended the run, if one did.
    fn failure(&self) -> Option<Failure>;

    /// Returns whether the host only plans or simulates, so that nothing real can happen.
    fn only_plans(&self) -> bool;

    /// Returns the journal of the run, which is needed to clean up after it.
    fn journal(&self) -> Option<PathBuf> {
        None
    }

    /// Returns the collector of tests, for a test file.
    fn tests(&self) -> Option<&dyn Tests> {
        None
    }
}

/// A shared host; a script engine keeps it for its whole lifetime.
pub type Shared = Rc<dyn Host>;

/// A collector of the tests in a file.
pub trait Tests {
    /// Begins a test; returns whether to run it.
    fn begin(&self, name: &str, site: Site) -> bool;

    /// Ends a test; an error is one that the script did not expect.
    fn end(&self, result: Result<(), Failure>);
}
