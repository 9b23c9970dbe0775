//! Implements the host of scripts for a session.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::session::Session;
use crate::event::Site;
use crate::failure::Failure;
use crate::operation::spec::Spec;
use crate::primitives::registry::PRIMITIVES;
use crate::script::Host;
use crate::system::Interrupts;
use crate::types::Value;

impl Host for RefCell<Session> {
    fn specs(&self) -> Vec<&'static Spec> {
        PRIMITIVES.iter().map(|primitive| primitive.spec).collect()
    }

    fn call(&self, index: usize, site: Site, values: Vec<Value>) -> Result<Value, Failure> {
        self.borrow_mut().call(&PRIMITIVES[index], site, values)
    }

    fn say(&self, text: &str) {
        self.borrow_mut().print(text);
    }

    fn chapter(&self, title: &str) {
        self.borrow_mut().chapter(title);
    }

    fn interrupts(&self) -> Interrupts {
        self.borrow().reporter().interrupts().clone()
    }

    fn failure(&self) -> Option<Failure> {
        self.borrow().failure().cloned()
    }

    fn only_plans(&self) -> bool {
        !self.borrow().environment().is_real()
    }

    fn journal(&self) -> Option<PathBuf> {
        self.borrow().ledger().journal_path().map(Path::to_owned)
    }
}
