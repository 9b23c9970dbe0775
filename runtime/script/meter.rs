//! The resource usage of a script. A recipe that does real work stays far below all limits.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::hang::Heartbeat;
use super::limits::{
    CALLS, CLOCK_TICK, Limit, MEMORY, OPERATIONS, PER_OPERATION, PER_PRINT, PRINTED,
};
use super::time_limit::{allowed, thread_cpu_time};
use super::{Host, Shared, Tests, memory};
use crate::event::Site;
use crate::failure::Failure;
use crate::operation::spec::Spec;
use crate::system::Interrupts;
use crate::types::Value;

/// The host of a script, with the resource usage of the script.
pub(super) struct Meter {
    host: Shared,
    /// The file name of the running source, for messages.
    file: RefCell<Rc<str>>,
    /// The file of the module that made the last call.
    module: RefCell<Rc<str>>,
    hit: Cell<Option<Limit>>,
    /// The last known position of the script, if its language reports one.
    place: RefCell<Site>,
    calls: Cell<u64>,
    printed: Cell<usize>,
    looks: Cell<u32>,
    /// Returns the processor time that the script may use.
    allowed: Cell<fn(Duration) -> Duration>,
    operations: Cell<u64>,
    started: Cell<Duration>,
    /// The processor time of primitives, which is not charged to the script.
    primitive_time: Cell<Duration>,
    memory: Cell<isize>,
    /// Bytes that were allocated before the script started, or by primitives.
    allocated: Cell<usize>,
    pub(super) heartbeat: Arc<Heartbeat>,
}

/// A shared meter.
pub(super) type Metered = Rc<Meter>;

impl Meter {
    pub(super) fn new(host: &Shared) -> Metered {
        Rc::new(Self {
            host: Rc::clone(host),
            file: RefCell::new("".into()),
            module: RefCell::new("".into()),
            hit: Cell::new(None),
            place: RefCell::new(Site { file: "".into(), line: 0 }),
            calls: Cell::new(0),
            printed: Cell::new(0),
            looks: Cell::new(0),
            allowed: Cell::new(allowed),
            operations: Cell::new(0),
            started: Cell::new(thread_cpu_time()),
            primitive_time: Cell::new(Duration::ZERO),
            memory: Cell::new(memory::in_use()),
            allocated: Cell::new(memory::allocated()),
            heartbeat: Arc::default(),
        })
    }

    /// Starts a new source and resets all limits.
    pub(super) fn begin(&self, file: &str) {
        *self.file.borrow_mut() = file.into();
        self.hit.set(None);
        *self.place.borrow_mut() = Site { file: self.file(), line: 0 };
        self.calls.set(0);
        self.printed.set(0);
        self.operations.set(0);
        self.started.set(thread_cpu_time());
        self.primitive_time.set(Duration::ZERO);
        self.memory.set(memory::in_use());
        self.allocated.set(memory::allocated());
        self.heartbeat.set_limit(None);
        self.heartbeat.journal(self.host.journal().as_deref());
    }

    /// Returns the file name of the running source, for messages.
    pub(super) fn file(&self) -> Rc<str> {
        Rc::clone(&self.file.borrow())
    }

    /// Returns a shared copy of a file name for all calls in that file: a plan stores the position
    /// of each call.
    fn shared(&self, file: Rc<str>) -> Rc<str> {
        let mut module = self.module.borrow_mut();
        match self.file() {
            own if own == file => own,
            _ if *module == file => Rc::clone(&module),
            _ => {
                *module = Rc::clone(&file);
                file
            }
        }
    }

    /// Records the position of the script.
    pub(super) fn at(&self, file: &str, line: u32) {
        let mut place = self.place.borrow_mut();
        if *place.file != *file {
            place.file = file.into();
        }
        place.line = line;
        // The pulse only has lines of the main file, not of modules.
        if *self.file.borrow() == place.file {
            self.heartbeat.at(line);
        }
    }

    /// Returns the last known position of the script.
    pub(super) fn place(&self) -> Site {
        self.place.borrow().clone()
    }

    /// Charges for operations.
    pub(super) fn charge_operations(&self, count: u32) {
        self.operations.set(self.operations.get() + u64::from(count));
        let copied = memory::allocated().wrapping_sub(self.allocated.get()) / PER_OPERATION;
        if self.operations.get() + copied as u64 > OPERATIONS {
            self.exceed(Limit::Operations);
        }
    }

    /// Charges for bytes that a function of a language's library searched.
    pub(super) fn charge_bytes(&self, bytes: usize) {
        self.charge_operations(u32::try_from(bytes / PER_OPERATION).unwrap_or(u32::MAX));
    }

    /// Returns the limit that was reached first, if any.
    pub(super) fn limit_reached(&self) -> Option<Limit> {
        self.hit.get()
    }

    /// Records that a limit was reached; the script ends even if it catches the error.
    pub(super) fn exceed(&self, limit: Limit) {
        if self.hit.get().is_none() {
            self.hit.set(Some(limit));
            self.heartbeat.set_limit(Some(limit));
        }
    }

    /// Reduces the allowed processor time to zero.
    #[cfg(test)]
    pub(super) fn expire(&self) {
        self.allowed.set(|_| Duration::ZERO);
    }

    /// Checks the memory and, at intervals, the clock; returns the limit if the script must end.
    pub(super) fn check_limits(&self) -> Option<Limit> {
        self.heartbeat.beat();
        let used = memory::in_use() - self.memory.get();
        if usize::try_from(used).is_ok_and(|used| used > MEMORY) {
            self.exceed(Limit::Memory);
        }
        let looks = self.looks.get().wrapping_add(1);
        self.looks.set(looks);
        if looks.is_multiple_of(CLOCK_TICK) {
            let own =
                thread_cpu_time().saturating_sub(self.started.get() + self.primitive_time.get());
            let allowed = self.allowed.get()(own);
            if own > allowed {
                self.exceed(Limit::Time { seconds: allowed.as_secs() });
            }
        }
        self.limit_reached()
    }

    fn print(&self, text: &str) -> bool {
        self.printed.set(self.printed.get().saturating_add(text.len() + PER_PRINT));
        let within = self.printed.get() <= PRINTED;
        if !within {
            self.exceed(Limit::Printed);
        }
        within
    }

    pub(super) fn specs(&self) -> Vec<&'static Spec> {
        self.host.specs()
    }

    pub(super) fn call(
        &self,
        index: usize,
        site: Site,
        values: Vec<Value>,
    ) -> Result<Value, Failure> {
        self.calls.set(self.calls.get() + 1);
        if self.calls.get() > CALLS {
            self.exceed(Limit::Calls);
        }
        let (before, allocated) = (thread_cpu_time(), memory::allocated());
        let site = Site { file: self.shared(site.file), ..site };
        self.heartbeat.set_in_primitive(true);
        let result = self.host.call(index, site, values);
        self.heartbeat.journal(self.host.journal().as_deref());
        self.heartbeat.set_in_primitive(false);
        let own = memory::allocated().wrapping_sub(allocated);
        self.allocated.set(self.allocated.get().wrapping_add(own));
        self.primitive_time
            .set(self.primitive_time.get() + thread_cpu_time().saturating_sub(before));
        result
    }

    /// Prints a string; returns whether the limit allowed it.
    pub(super) fn say(&self, text: &str) -> bool {
        let within = self.print(text);
        if within {
            self.host.say(text);
        }
        within
    }

    pub(super) fn chapter(&self, title: &str) {
        if self.print(title) {
            self.host.chapter(title);
        }
    }

    pub(super) fn interrupts(&self) -> Interrupts {
        self.host.interrupts()
    }

    /// Returns whether the host only plans or simulates, so that nothing real can happen.
    pub(super) fn only_plans(&self) -> bool {
        self.host.only_plans()
    }

    pub(super) fn tests(&self) -> Option<&dyn Tests> {
        Host::tests(self.host.as_ref())
    }
}
