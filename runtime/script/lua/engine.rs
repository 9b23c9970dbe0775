//! The engine of all scripts in Lua.

use std::cell::RefCell;
use std::collections::BTreeMap;

use mlua::{Function, Lua, Table};

use super::base::Known;
use crate::script::meter::Metered;

/// See the module.
pub(super) struct Engine {
    pub(super) host: Metered,
    /// Calls functions, see `driver`.
    pub(super) driver: Function,
    /// Makes the environment of a script.
    pub(super) environment: Function,
    pub(super) require: Function,
    /// Modules that ran.
    pub(super) loaded: RefCell<BTreeMap<String, Table>>,
    pub(super) known: Known,
    // The last field: what holds on to it goes first.
    pub(super) lua: Lua,
}
