//! Modules in either language as imported by Rhai scripts, and Rhai modules as called from Lua.

use crate::failure::Failure;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::rc::{Rc, Weak};

use rhai::module_resolvers::ModuleResolver;
use rhai::{
    Dynamic, Engine, EvalAltResult, FnAccess, Module as RhaiModule, NativeCallContext, Position,
    Scope, Shared as RhaiShared,
};

use super::explain::{explain, site};
use super::register::register_all;
use super::text::compile;
use super::thrown::{Temporary, throw_at};
use super::values::{from_dynamic, from_dynamics, to_dynamic};
use crate::script::engines::{CrossLanguageCall, Engines, Exports};
use crate::script::{Module, suggest_name};
use crate::types::{Map, Value, rhai_literal};

/// The receiver of values, for error messages.
const RECEIVER: &str = "a module in another language";

/// Resolves imports to the modules that were read before the run.
pub(super) struct Resolver {
    engines: Weak<Engines>,
    loaded: RefCell<BTreeMap<String, Loaded>>,
}

#[derive(Clone)]
struct Loaded {
    module: RhaiShared<RhaiModule>,
    /// The functions of a Rhai script, with the number of arguments of each.
    functions: Vec<(String, usize)>,
}

/// A wrapper, because the engine takes ownership of its resolver.
pub(super) struct Resolves(pub(super) Rc<Resolver>);

impl ModuleResolver for Resolves {
    fn resolve(
        &self,
        engine: &Engine,
        _source: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<RhaiShared<RhaiModule>, Temporary> {
        self.0.load(engine, path, position).map(|loaded| loaded.module)
    }
}

impl Resolver {
    pub(super) fn new(engines: &Rc<Engines>) -> Rc<Self> {
        Rc::new(Self { engines: Rc::downgrade(engines), loaded: RefCell::default() })
    }

    fn load(&self, engine: &Engine, name: &str, position: Position) -> Result<Loaded, Temporary> {
        if let Some(loaded) = self.loaded.borrow().get(name) {
            return Ok(loaded.clone());
        }
        let not_found = || EvalAltResult::ErrorModuleNotFound(name.to_owned(), position);
        let engines = self.engines.upgrade().ok_or_else(not_found)?;
        let module = engines.module(name).ok_or_else(not_found)?;
        let loaded = match module.language() {
            crate::script::Language::Rhai => own(engine, &engines, module, position)?,
            crate::script::Language::Lua => foreign(&engines, module, position)?,
        };
        self.loaded.borrow_mut().insert(name.to_owned(), loaded.clone());
        Ok(loaded)
    }

    /// Returns the exports of a Rhai module, for Lua.
    pub(super) fn exports(&self, engine: &Engine, module: &Module) -> Result<Exports, Failure> {
        let loaded = self.own(engine, module)?;
        let mut functions: Vec<String> =
            loaded.functions.iter().map(|(name, _)| name.clone()).collect();
        functions.dedup();
        let data = loaded.module.iter_var().map(|(name, value)| {
            let value =
                from_dynamic(value, RECEIVER).map_err(|thrown| module_failure(module, &thrown))?;
            Ok((name.to_owned(), value))
        });
        Ok(Exports { functions, data: data.collect::<Result<Map, Failure>>()? })
    }

    /// Calls a function of a Rhai module.
    pub(super) fn call(
        &self,
        engine: &Engine,
        module: &Module,
        function: &str,
        values: &[Value],
    ) -> Result<Value, Failure> {
        let loaded = self.own(engine, module)?;
        let mut takes = loaded.functions.iter().filter(|(name, _)| name == function);
        if !takes.any(|(_, count)| *count == values.len()) {
            return Err(miscounted(module, function, &loaded, values.len()));
        }
        // Evaluate the call as source, so that the module's functions can access the imports of the
        // module.
        let mut scope = Scope::new();
        let mut text = format!("import {} as m; m::{function}(", rhai_literal(&module.name));
        for (index, value) in values.iter().enumerate() {
            scope.push_dynamic(format!("v{index}"), to_dynamic(value));
            // Writing to a String can't fail.
            let _ = write!(text, "v{index},");
        }
        text.push(')');
        engine
            .eval_with_scope::<Dynamic>(&mut scope, &text)
            .and_then(|value| from_dynamic(&value, RECEIVER))
            .map_err(|thrown| self.explain(&thrown))
    }

    fn own(&self, engine: &Engine, module: &Module) -> Result<Loaded, Failure> {
        let loaded = self.load(engine, &module.name, Position::NONE);
        loaded.map_err(|thrown| self.explain(&thrown))
    }

    /// Returns the failure for an error in a generated source, whose own line is meaningless.
    fn explain(&self, thrown: &Temporary) -> Failure {
        match self.engines.upgrade() {
            Some(engines) => explain(thrown, &"".into(), &engines.meter, &[]),
            None => unreachable!("a script runs without its engines"),
        }
    }
}

/// Loads a Rhai module: its functions, and its exported variables.
fn own(
    engine: &Engine,
    engines: &Rc<Engines>,
    module: &Module,
    position: Position,
) -> Result<Loaded, Temporary> {
    let file = module.file.as_str().into();
    let mut ast = compile(engine, &file, &module.text, &engines.meter)
        .map_err(|error| throw_at(error, &engines.meter, position))?;
    ast.set_source(module.file.as_str());
    let functions = ast.iter_functions().filter(|function| function.access == FnAccess::Public);
    let functions = functions.map(|f| (f.name.to_owned(), f.params.len())).collect();
    let made = RhaiModule::eval_ast_as_new(Scope::new(), &ast, engine)
        .map_err(|thrown| EvalAltResult::ErrorInModule(module.file.clone(), thrown, position))?;
    Ok(Loaded { module: made.into(), functions })
}

/// Creates the wrapper of a Lua module, in which each function calls the other engine.
fn foreign(
    engines: &Rc<Engines>,
    module: &Module,
    position: Position,
) -> Result<Loaded, Temporary> {
    let exports = engines.exports(module);
    let exports = exports.map_err(|error| throw_at(error, &engines.meter, position))?;
    let mut made = RhaiModule::new();
    for (name, value) in &exports.data {
        made.set_var(name.as_str(), to_dynamic(value));
    }
    for function in exports.functions {
        let (engines, module) = (Rc::downgrade(engines), module.clone());
        let name = function.clone();
        let call = move |cx: &NativeCallContext<'_>, args: &[Dynamic]| {
            let Some(engines) = engines.upgrade() else { return Ok(Dynamic::UNIT) };
            let values = from_dynamics(args, cx, RECEIVER)?;
            let file = cx.call_source().unwrap_or_default().into();
            let from =
                CrossLanguageCall { site: site(&file, cx.call_position()), level: cx.call_level() };
            match engines.call(&module, &name, &values, from) {
                Ok(value) => Ok(to_dynamic(&value)),
                Err(error) => Err(throw_at(error, &engines.meter, cx.call_position())),
            }
        };
        register_all(&mut made, &function, Rc::new(call));
    }
    made.build_index();
    Ok(Loaded { module: made.into(), functions: Vec::new() })
}

fn module_failure(module: &Module, thrown: &Temporary) -> Failure {
    let site = crate::event::Site { file: module.file.as_str().into(), line: 0 };
    Failure::of_script(thrown.to_string(), site, None)
}

fn miscounted(module: &Module, function: &str, loaded: &Loaded, given: usize) -> Failure {
    let own = loaded.functions.iter().filter(|(name, _)| name == function);
    let counts: Vec<String> = own.map(|(_, count)| count.to_string()).collect();
    let names = loaded.functions.iter().map(|(name, _)| name.as_str());
    let (message, remedy) = match counts.is_empty() {
        true => {
            let what = format!("{}.{function}", module.name);
            (
                format!("there is no function {what}"),
                Some(suggest_name(function, module.language(), &[], names)),
            )
        }
        false => {
            let takes = counts.join(" or ");
            let message = format!("{}.{function} takes {takes} values, got {given}", module.name);
            (message, None)
        }
    };
    let site = crate::event::Site { file: module.file.as_str().into(), line: 0 };
    Failure::of_script(message, site, remedy)
}
