//! What a script may use up. A recipe that does real work stays far below all of these.

/// Operations of Rhai, instructions of Lua.
pub(super) const OPERATIONS: u64 = 50_000_000;
/// Nested calls.
pub(super) const CALL_DEPTH: usize = 128;
/// Nesting of expressions.
pub(super) const EXPRESSION_DEPTH: usize = 128;
/// Bytes of one text.
pub(super) const TEXT: usize = 16 << 20;
/// Elements of one list or map.
pub(super) const ELEMENTS: usize = 1 << 20;
/// Bytes of all memory of a Lua script.
pub(super) const MEMORY: usize = 256 << 20;
/// After how many Lua instructions the clock is looked at.
pub(super) const LUA_TICK: u32 = 10_000;
