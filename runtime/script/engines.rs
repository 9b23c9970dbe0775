//! The engines of a run: the engine of its script, and the engine of the other language if a module
//! is written in it. They exchange plain data and share one meter.

use crate::failure::Failure;
use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use super::limits::limited;
use super::limits::{CALL_DEPTH, Limit};
use super::meter::{Meter, Metered};
use super::{Language, Module, Shared};
use crate::event::Site;
use crate::types::{Map, Value};

/// The engines of a run.
pub(super) struct Engines {
    pub(super) meter: Metered,
    modules: Vec<Module>,
    makers: EngineConstructors,
    rhai: OnceCell<Box<dyn ScriptEngine>>,
    lua: OnceCell<Box<dyn ScriptEngine>>,
    /// The number of nested calls outside of the active engine.
    depth: Cell<usize>,
    vocabulary: Vocabulary,
}

/// The domains of primitives that sources can call.
pub(super) enum Vocabulary {
    /// All: which ones further sources name is unknown.
    All,
    /// Those that the only source names. Registering all others takes longer than evaluating it.
    Named(Vec<&'static str>),
}

impl Vocabulary {
    pub(super) fn has(&self, domain: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(domains) => domains.contains(&domain),
        }
    }
}

/// The engine of one language.
pub(super) trait ScriptEngine {
    /// Returns the exports of a module of this language.
    fn exports(&self, module: &Module) -> Result<Exports, Failure>;

    /// Calls a function of a module of this language.
    fn call(&self, module: &Module, function: &str, values: &[Value]) -> Result<Value, Failure>;

    /// Returns the engine for downcasting.
    fn as_any(&self) -> &dyn Any;
}

type Make = fn(&Rc<Engines>) -> Result<Box<dyn ScriptEngine>, Failure>;

/// Constructors of the engines, which are called when the first script or module of a language is
/// used.
#[derive(Clone, Copy)]
pub(super) struct EngineConstructors {
    pub(super) rhai: Make,
    pub(super) lua: Make,
}

/// The functions and data that a module provides to scripts in the other language.
pub(super) struct Exports {
    pub(super) functions: Vec<String>,
    pub(super) data: Map,
}

/// The position of a call from one language to the other.
pub(super) struct CrossLanguageCall {
    pub(super) site: Site,
    /// The number of nested calls, if the language counts them.
    pub(super) level: usize,
}

impl Engines {
    pub(super) fn new(
        host: &Shared,
        modules: &[Module],
        makers: EngineConstructors,
        vocabulary: Vocabulary,
    ) -> Rc<Self> {
        Rc::new(Self {
            meter: Meter::new(host),
            modules: modules.to_vec(),
            makers,
            rhai: OnceCell::new(),
            lua: OnceCell::new(),
            depth: Cell::new(0),
            vocabulary,
        })
    }

    /// Returns whether the primitives of a domain have to be registered.
    pub(super) fn needs(&self, domain: &str) -> bool {
        self.vocabulary.has(domain)
    }

    fn engine_of(self: &Rc<Self>, language: Language) -> Result<&dyn ScriptEngine, Failure> {
        let (cell, make) = match language {
            Language::Rhai => (&self.rhai, self.makers.rhai),
            Language::Lua => (&self.lua, self.makers.lua),
        };
        if let Some(engine) = cell.get() {
            return Ok(engine.as_ref());
        }
        let engine = make(self)?;
        Ok(cell.get_or_init(|| engine).as_ref())
    }

    /// Returns the engine of a language, downcast to its type.
    pub(super) fn of<E: 'static>(self: &Rc<Self>, language: Language) -> Result<&E, Failure> {
        let engine = self.engine_of(language)?.as_any();
        Ok(engine.downcast_ref().unwrap_or_else(|| unreachable!("each language has one engine")))
    }

    /// Returns the module of this name.
    pub(super) fn module(&self, name: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.name == name)
    }

    /// Returns the names of all modules.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(|module| module.name.as_str())
    }

    /// Returns the exports of a module.
    pub(super) fn exports(self: &Rc<Self>, module: &Module) -> Result<Exports, Failure> {
        self.engine_of(module.language())?.exports(module)
    }

    /// Calls a function of a module from the other language.
    pub(super) fn call(
        self: &Rc<Self>,
        module: &Module,
        function: &str,
        values: &[Value],
        from: CrossLanguageCall,
    ) -> Result<Value, Failure> {
        let outside = self.depth.get();
        let depth = outside + from.level + 1;
        if depth > CALL_DEPTH {
            self.meter.exceed(Limit::Depth);
            return Err(limited(Limit::Depth, from.site));
        }
        self.depth.set(depth);
        let engine = self.engine_of(module.language());
        let result = engine.and_then(|engine| engine.call(module, function, values));
        self.depth.set(outside);
        result.map_err(|error| error.with_site(from.site))
    }
}
