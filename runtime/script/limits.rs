//! What a script may use up. A recipe that does real work stays far below all of these.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use super::hang::{self, Pulse};
use super::{Host, Shared, Tests, memory};
use crate::event::Site;
use crate::session::Failure;
use crate::spec::Spec;
use crate::system::Interrupts;
use crate::types::Value;

/// Operations of Rhai, instructions of Lua.
pub(super) const OPERATIONS: u64 = 50_000_000;
/// Seconds of computing, without what primitives take.
const SECONDS: u64 = 5;
/// Calls of primitives.
const CALLS: u64 = 250_000;
/// Bytes that are printed.
const PRINTED: usize = 1 << 20;
/// What every single print counts for besides its text: a plan keeps each.
const PER_PRINT: usize = 16;
/// Nested calls.
pub(super) const CALL_DEPTH: usize = 128;
/// What Lua keeps of its nested calls (LUAI_MAXSTACK).
const LUA_STACK: u32 = 1_000_000;
/// Nesting of expressions.
pub(super) const EXPRESSION_DEPTH: usize = 128;
/// Nesting of lists and maps that are given to a primitive.
pub(super) const NESTING: usize = 64;
/// Bytes of one text.
pub(super) const TEXT: usize = 4 << 20;
/// Elements of one list or map.
pub(super) const ELEMENTS: usize = 1 << 17;
/// Bytes of all memory of a script.
pub(super) const MEMORY: usize = 256 << 20;
/// After how many Lua instructions it is looked at.
pub(super) const LUA_TICK: u32 = 64;
/// After how many looks the clock is looked at, too.
const CLOCK_TICK: u32 = 64;

/// A limit that a script has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    Operations,
    Time,
    /// One instruction takes for ever.
    Hang,
    Calls,
    Printed,
    Memory,
    Depth,
    Stack,
    Text,
    Elements,
    Nesting,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script was stopped at its limit of ")?;
        match self {
            Self::Operations => write!(f, "{OPERATIONS} operations"),
            Self::Time => write!(f, "{SECONDS} s of computing"),
            Self::Hang => write!(f, "{} s for one instruction", hang::SECONDS),
            Self::Calls => write!(f, "{CALLS} calls of primitives"),
            Self::Printed => write!(f, "{} MiB of printed text", PRINTED >> 20),
            Self::Memory => write!(f, "{} MiB of memory", MEMORY >> 20),
            Self::Depth => write!(f, "{CALL_DEPTH} calls inside one another"),
            Self::Stack => write!(f, "{LUA_STACK} values on the stack of its calls"),
            Self::Text => write!(f, "{} MiB for one text", TEXT >> 20),
            Self::Elements => write!(f, "{ELEMENTS} elements of lists and maps in one value"),
            Self::Nesting => write!(f, "{NESTING} lists and maps inside one another"),
        }
    }
}

impl Limit {
    /// What to do about it.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Self::Operations | Self::Time => "is there a loop that never ends?",
            Self::Hang => "a pattern with several * + or - may try for ever: use text.find instead",
            Self::Calls => "is there a loop that never ends? A recipe has some hundred calls",
            Self::Printed => "print what a person has to know, and not in a loop",
            Self::Memory | Self::Text | Self::Elements => {
                "is there a loop in which something grows? Keep large things in files"
            }
            Self::Depth | Self::Stack => "is there a function that calls itself without an end?",
            Self::Nesting => "is there a list that contains itself?",
        }
    }
}

/// The host of a script, with what the script has used up.
pub(super) struct Meter {
    host: Shared,
    hit: Cell<Option<Limit>>,
    /// The line at which the script was seen last, where its language tells.
    pub(super) line: Cell<u32>,
    calls: Cell<u64>,
    printed: Cell<usize>,
    looks: Cell<u32>,
    started: Duration,
    /// What primitives took, which is not the script's.
    excused: Cell<Duration>,
    memory: isize,
    pub(super) pulse: Arc<Pulse>,
}

/// The meter as engines keep it.
pub(super) type Metered = Rc<Meter>;

/// The time that this thread has computed: it does not matter what else the machine does.
fn computed() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

impl Meter {
    pub(super) fn new(host: &Shared) -> Metered {
        Rc::new(Self {
            host: Rc::clone(host),
            hit: Cell::new(None),
            line: Cell::new(0),
            calls: Cell::new(0),
            printed: Cell::new(0),
            looks: Cell::new(0),
            started: computed(),
            excused: Cell::new(Duration::ZERO),
            memory: memory::in_use(),
            pulse: Arc::default(),
        })
    }

    /// The limit that was reached first, if one was.
    pub(super) fn hit(&self) -> Option<Limit> {
        self.hit.get()
    }

    /// A limit is reached: whatever the script catches, it ends.
    pub(super) fn exceed(&self, limit: Limit) {
        self.hit.set(self.hit.get().or(Some(limit)));
    }

    /// Looks at memory and, now and then, at the clock; whether the script has to end.
    pub(super) fn look(&self) -> Option<Limit> {
        let used = memory::in_use() - self.memory;
        if usize::try_from(used).is_ok_and(|used| used > MEMORY) {
            self.exceed(Limit::Memory);
        }
        let looks = self.looks.get().wrapping_add(1);
        self.looks.set(looks);
        if looks.is_multiple_of(CLOCK_TICK) {
            let own = computed().saturating_sub(self.started + self.excused.get());
            if own > Duration::from_secs(SECONDS) {
                self.exceed(Limit::Time);
            }
        }
        self.hit()
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
        let before = computed();
        self.pulse.away(true);
        let result = self.host.call(index, site, values);
        self.pulse.away(false);
        self.excused.set(self.excused.get() + computed().saturating_sub(before));
        result
    }

    /// Prints; whether that was still within the limit.
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

    /// Whether nothing real can happen.
    pub(super) fn only_plans(&self) -> bool {
        self.host.only_plans()
    }

    pub(super) fn tests(&self) -> Option<&dyn Tests> {
        Host::tests(self.host.as_ref())
    }
}
