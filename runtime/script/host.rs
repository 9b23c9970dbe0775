//! What a script talks to: a session that plans or runs a recipe, or the bench of a recipe's tests.

use std::path::PathBuf;
use std::rc::Rc;

use crate::event::Site;
use crate::failure::Failure;
use crate::operation::spec::Spec;
use crate::system::Interrupts;
use crate::types::Value;

/// Whoever answers the calls of a script. Both languages register exactly what is listed here.
pub trait Host {
    /// Everything that can be called as `domain::verb`.
    fn specs(&self) -> Vec<&'static Spec>;

    /// Calls the one with this place in the list.
    fn call(&self, index: usize, site: Site, values: Vec<Value>) -> Result<Value, Failure>;

    /// The script prints something.
    fn say(&self, text: &str);

    /// A chapter begins.
    fn chapter(&self, title: &str);

    /// Ctrl-C.
    fn interrupts(&self) -> Interrupts;

    /// The failure that ended everything, if one did.
    fn failure(&self) -> Option<Failure>;

    /// Whether nothing real can happen.
    fn only_plans(&self) -> bool;

    /// The journal of the run, for whoever has to clean up after it.
    fn journal(&self) -> Option<PathBuf> {
        None
    }

    /// Where tests are gathered, for a file of tests.
    fn tests(&self) -> Option<&dyn Tests> {
        None
    }
}

/// A script engine keeps its host as long as it lives.
pub type Shared = Rc<dyn Host>;

/// Gathers the tests of a file.
pub trait Tests {
    /// A test begins; whether anybody wants it to be run.
    fn begin(&self, name: &str, site: Site) -> bool;

    /// It ended; an error is one that its script did not expect.
    fn end(&self, result: Result<(), Failure>);
}
