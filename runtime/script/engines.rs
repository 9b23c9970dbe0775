//! The engines of a run: that of its script, and the other one where a module is in the other
//! language. What crosses between them is plain data, and one meter counts for both.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use super::limits::{CALL_DEPTH, Limit};
use super::meter::{Meter, Metered};
use super::{Language, Module, ScriptError, Shared, limited, lua, rhai};
use crate::event::Site;
use crate::types::{Map, Value};

/// See the module.
pub(super) struct Engines {
    pub(super) meter: Metered,
    modules: Vec<Module>,
    rhai: OnceCell<rhai::Engine>,
    lua: OnceCell<lua::Engine>,
    /// Calls inside one another that are outside of the engine at work.
    depth: Cell<usize>,
}

/// What a module gives to scripts in the other language.
pub(super) struct Exports {
    pub(super) functions: Vec<String>,
    pub(super) data: Map,
}

/// Where a script in one language calls the other.
pub(super) struct Crossing {
    pub(super) site: Site,
    /// Calls inside one another, where the language counts them.
    pub(super) level: usize,
}

impl Engines {
    pub(super) fn new(host: &Shared, modules: &[Module]) -> Rc<Self> {
        Rc::new(Self {
            meter: Meter::new(host),
            modules: modules.to_vec(),
            rhai: OnceCell::new(),
            lua: OnceCell::new(),
            depth: Cell::new(0),
        })
    }

    pub(super) fn rhai(self: &Rc<Self>) -> &rhai::Engine {
        self.rhai.get_or_init(|| rhai::Engine::new(self))
    }

    pub(super) fn lua(self: &Rc<Self>) -> Result<&lua::Engine, ScriptError> {
        match self.lua.get() {
            Some(lua) => Ok(lua),
            None => {
                let lua = lua::Engine::new(self)?;
                Ok(self.lua.get_or_init(|| lua))
            }
        }
    }

    /// The module of this name.
    pub(super) fn module(&self, name: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.name == name)
    }

    /// The names of all modules.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(|module| module.name.as_str())
    }

    /// What a module gives to the other language.
    pub(super) fn exports(self: &Rc<Self>, module: &Module) -> Result<Exports, ScriptError> {
        match module.language() {
            Language::Rhai => self.rhai().exports(module),
            Language::Lua => self.lua()?.exports(module),
        }
    }

    /// Calls a function of a module from the other language.
    pub(super) fn call(
        self: &Rc<Self>,
        module: &Module,
        function: &str,
        values: &[Value],
        from: Crossing,
    ) -> Result<Value, ScriptError> {
        let outside = self.depth.get();
        let depth = outside + from.level + 1;
        if depth > CALL_DEPTH {
            self.meter.exceed(Limit::Depth);
            return Err(limited(Limit::Depth, from.site));
        }
        self.depth.set(depth);
        let result = match module.language() {
            Language::Rhai => self.rhai().call(module, function, values),
            Language::Lua => self.lua().and_then(|lua| lua.call(module, function, values)),
        };
        self.depth.set(outside);
        result.map_err(|error| error.at(from.site))
    }
}
