//! The limits of a script, and their descriptions.

use std::fmt;
use std::time::Duration;

use crate::event::Site;
use crate::failure::Failure;

/// Operations of Rhai, instructions of Lua.
pub(super) const OPERATIONS: u64 = 10_000_000;
/// Seconds of processor time on a fast machine, excluding primitives. This is far more than all
/// operations take, see `backstop`.
pub(super) const SECONDS: u64 = 30;
/// Calls of primitives.
pub(super) const CALLS: u64 = 100_000;
/// Bytes that are printed.
pub(super) const PRINTED: usize = 1 << 20;
/// The size that each print counts for in addition to its content, because a plan stores each one.
pub(super) const PER_PRINT: usize = 16;
/// The number of nested calls.
pub(super) const CALL_DEPTH: usize = 128;
/// The number of values on Lua's stack (LUAI_MAXSTACK).
const LUA_STACK: u32 = 1_000_000;
/// The nesting depth of expressions.
pub(super) const EXPRESSION_DEPTH: usize = 128;
/// The nesting depth of lists and maps that are passed to a primitive.
pub(super) const NESTING: usize = 64;
/// The size of a string in bytes.
pub(super) const TEXT: usize = 4 << 20;
/// The number of elements of a list or map.
pub(super) const ELEMENTS: usize = 1 << 17;
/// The memory of a script in bytes.
pub(super) const MEMORY: usize = 256 << 20;
/// The number of bytes allocated or searched that count as one operation.
pub(super) const PER_OPERATION: usize = 256;
/// Seconds of processor time without a sign of progress, on a fast machine.
pub(super) const SILENT: u64 = 10;
/// The processor time for which a script that must end may continue.
pub(super) const GRACE: Duration = Duration::from_secs(3);
/// The number of Lua instructions between two checks of the limits.
pub(super) const LUA_TICK: u32 = 64;
/// The number of checks of the limits between two checks of the clock.
pub(super) const CLOCK_TICK: u32 = 64;

/// A limit that a script has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    Operations,
    /// Processor time.
    Time {
        seconds: u64,
    },
    /// A single operation that does not end.
    Hang {
        seconds: u64,
    },
    Calls,
    Printed,
    Memory,
    Depth,
    Stack,
    /// The native stack of both languages.
    Native,
    Text,
    Elements,
    Nesting,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script exceeded its limit of ")?;
        match self {
            Self::Operations => write!(f, "{OPERATIONS} operations"),
            Self::Time { seconds } => write!(f, "{seconds} s of computing"),
            Self::Hang { seconds } => write!(f, "{seconds} s for one operation"),
            Self::Calls => write!(f, "{CALLS} calls of primitives"),
            Self::Printed => write!(f, "{} MiB of printed text", PRINTED >> 20),
            Self::Memory => write!(f, "{} MiB of memory", MEMORY >> 20),
            Self::Depth => write!(f, "{CALL_DEPTH} nested calls"),
            Self::Stack => write!(f, "{LUA_STACK} values on the stack of its calls"),
            Self::Native => f.write_str("nested values and expressions"),
            Self::Text => write!(f, "{} MiB for one string", TEXT >> 20),
            Self::Elements => write!(f, "{ELEMENTS} elements of lists and maps in one value"),
            Self::Nesting => write!(f, "{NESTING} nested lists and maps"),
        }
    }
}

impl Limit {
    /// Returns a suggestion to fix the script.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Self::Operations | Self::Time { .. } => "check for a loop that never ends",
            Self::Hang { .. } => "check for an operation on a very large value",
            Self::Calls => {
                "check for a loop that never ends; recipes usually make a few hundred \
                calls"
            }
            Self::Printed => "print less, and not in a loop",
            Self::Memory | Self::Text | Self::Elements => {
                "check for a value that grows in a loop; keep large data in files"
            }
            Self::Depth | Self::Stack => "check for infinite recursion",
            Self::Native => "check for functions or values nested thousands of levels deep",
            Self::Nesting => "check for a list that contains itself",
        }
    }
}

/// Returns the failure of a script that was stopped at a limit.
pub(super) fn limited(limit: Limit, site: Site) -> Failure {
    Failure::of_script(limit.to_string(), site, Some(limit.remedy().to_owned()))
}
