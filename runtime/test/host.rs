//! The host interface of a test file for its script.

use std::cell::RefCell;
use std::rc::Rc;

use super::bench::TestState;
use super::words::TEST_FUNCTIONS;
use crate::event::Site;
use crate::failure::{CallInfo, Failure};
use crate::operation::spec::Spec;
use crate::script::{Host, Tests};
use crate::system::Interrupts;
use crate::types::Value;

impl Host for RefCell<TestState> {
    fn specs(&self) -> Vec<&'static Spec> {
        TEST_FUNCTIONS.iter().map(|word| word.spec).collect()
    }

    fn call(
        &self,
        index: usize,
        site: Site,
        values: Vec<Value>,
    ) -> std::result::Result<Value, Failure> {
        let result = TEST_FUNCTIONS[index].call(&mut self.borrow_mut(), &site, values);
        result.map_err(|error| Failure {
            error: Rc::new(error),
            site: Some(site),
            call: Some(CallInfo {
                number: 0,
                name: TEST_FUNCTIONS[index].spec.name,
                about: String::new(),
                action: false,
            }),
            step: None,
            traceback: Rc::default(),
        })
    }

    fn say(&self, text: &str) {
        self.borrow_mut().record_output(text);
    }

    fn chapter(&self, _title: &str) {}

    fn interrupts(&self) -> Interrupts {
        Interrupts::default()
    }

    fn failure(&self) -> Option<Failure> {
        None
    }

    fn only_plans(&self) -> bool {
        true
    }

    fn tests(&self) -> Option<&dyn Tests> {
        Some(self)
    }
}

impl Tests for RefCell<TestState> {
    fn begin(&self, name: &str, site: Site) -> bool {
        self.borrow_mut().begin(name, site)
    }

    fn end(&self, result: std::result::Result<(), Failure>) {
        self.borrow_mut().finish(result);
    }
}
