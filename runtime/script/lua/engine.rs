//! The engine of all Lua scripts.

use std::cell::RefCell;
use std::collections::BTreeMap;

use mlua::{Function, Lua, Table};

use super::base::VariableNames;
use crate::script::meter::Metered;

/// The engine of all Lua scripts.
pub(super) struct LuaEngine {
    pub(super) host: Metered,
    /// Calls functions, see `driver`.
    pub(super) driver: Function,
    /// Creates the environment of a script.
    pub(super) environment: Function,
    pub(super) require: Function,
    /// Modules that have been run.
    pub(super) loaded: RefCell<BTreeMap<String, Table>>,
    pub(super) known: VariableNames,
    // The last field, so that values that refer to it are dropped first.
    pub(super) lua: Lua,
}
