//! What a script may use up, and how each limit is called.

use std::fmt;
use std::time::Duration;

/// Operations of Rhai, instructions of Lua.
pub(super) const OPERATIONS: u64 = 10_000_000;
/// Seconds of computing on a fast machine, without what primitives take: far more than all operations
/// take, see `backstop`.
pub(super) const SECONDS: u64 = 30;
/// Calls of primitives.
pub(super) const CALLS: u64 = 100_000;
/// Bytes that are printed.
pub(super) const PRINTED: usize = 1 << 20;
/// What every single print counts for besides its text: a plan keeps each.
pub(super) const PER_PRINT: usize = 16;
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
/// Bytes that are allocated, or looked through, in one operation.
pub(super) const PER_OPERATION: usize = 256;
/// Seconds of computing without a sign of life, on a fast machine.
pub(super) const SILENT: u64 = 10;
/// How long a script that has to end may still compute.
pub(super) const GRACE: Duration = Duration::from_secs(3);
/// After how many Lua instructions it is looked at.
pub(super) const LUA_TICK: u32 = 64;
/// After how many looks the clock is looked at, too.
pub(super) const CLOCK_TICK: u32 = 64;

/// A limit that a script has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    Operations,
    /// Of computing.
    Time {
        seconds: u64,
    },
    /// One instruction takes for ever.
    Hang {
        seconds: u64,
    },
    Calls,
    Printed,
    Memory,
    Depth,
    Stack,
    /// Of the stack below both languages.
    Native,
    Text,
    Elements,
    Nesting,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script was stopped at its limit of ")?;
        match self {
            Self::Operations => write!(f, "{OPERATIONS} operations"),
            Self::Time { seconds } => write!(f, "{seconds} s of computing"),
            Self::Hang { seconds } => write!(f, "{seconds} s for one instruction"),
            Self::Calls => write!(f, "{CALLS} calls of primitives"),
            Self::Printed => write!(f, "{} MiB of printed text", PRINTED >> 20),
            Self::Memory => write!(f, "{} MiB of memory", MEMORY >> 20),
            Self::Depth => write!(f, "{CALL_DEPTH} calls inside one another"),
            Self::Stack => write!(f, "{LUA_STACK} values on the stack of its calls"),
            Self::Native => f.write_str("values and expressions inside one another"),
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
            Self::Operations | Self::Time { .. } => "is there a loop that never ends?",
            Self::Hang { .. } => "is there an operation on something very large?",
            Self::Calls => "is there a loop that never ends? A recipe has some hundred calls",
            Self::Printed => "print what a person has to know, and not in a loop",
            Self::Memory | Self::Text | Self::Elements => {
                "is there a loop in which something grows? Keep large things in files"
            }
            Self::Depth | Self::Stack => "is there a function that calls itself without an end?",
            Self::Native => {
                "is there a function in a function, or a value in a value, thousands deep?"
            }
            Self::Nesting => "is there a list that contains itself?",
        }
    }
}
