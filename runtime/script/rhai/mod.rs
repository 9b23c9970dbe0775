//! Rhai: an engine without clock, files or `eval`, with every primitive as `domain::verb`.
//! `modules` implements imports, `explain` converts errors, `values` converts values.

mod explain;
pub(super) mod lexer;
mod library;
mod modules;
mod register;
mod text;
mod thrown;
mod values;

use crate::failure::Failure;
use std::any::Any;
use std::rc::Rc;

use rhai::packages::{Package, StandardPackage};
use rhai::{AST, Dynamic, Engine, FnPtr, NativeCallContext, Scope};

use explain::{explain, innermost, site};
use modules::{Resolver, Resolves};
use register::{PRIMITIVE, register};
use text::{compile, limit};
use thrown::Temporary;
use values::{from_dynamic, to_dynamic};

pub(super) use text::{is_open, parse};

use super::engines::{Engines, Exports, ScriptEngine};
use super::meter::Metered;
use super::{Language, PARAMS};
use crate::types::{Map, Secret, Value};

/// The engine of all Rhai scripts.
pub(super) struct RhaiEngine {
    engine: Engine,
    resolver: Rc<Resolver>,
}

/// Creates the engine of a run.
#[expect(clippy::unnecessary_wraps, reason = "creating the Lua engine can fail")]
pub(super) fn make_engine(engines: &Rc<Engines>) -> Result<Box<dyn ScriptEngine>, Failure> {
    let resolver = Resolver::new(engines);
    let mut engine = engine(engines);
    engine.set_module_resolver(Resolves(Rc::clone(&resolver)));
    Ok(Box::new(RhaiEngine { engine, resolver }))
}

impl ScriptEngine for RhaiEngine {
    fn exports(&self, module: &super::Module) -> Result<Exports, Failure> {
        self.resolver.exports(&self.engine, module)
    }

    fn call(
        &self,
        module: &super::Module,
        function: &str,
        values: &[Value],
    ) -> Result<Value, Failure> {
        self.resolver.call(&self.engine, module, function, values)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A sequence of sources with the variables and functions that they share.
pub(super) struct RhaiSources {
    engines: Rc<Engines>,
    scope: Scope<'static>,
    functions: AST,
}

impl RhaiSources {
    pub(super) fn new(engines: &Rc<Engines>, variables: &Map) -> Self {
        let mut scope = Scope::new();
        for (name, value) in variables {
            scope.push_constant_dynamic(name.as_str(), to_dynamic(value));
        }
        if !variables.is_empty() && !scope.contains(PARAMS) {
            let all = Value::Map(variables.clone());
            scope.push_constant_dynamic(PARAMS, to_dynamic(&all));
        }
        Self { engines: Rc::clone(engines), scope, functions: AST::empty() }
    }

    pub(super) fn run(&mut self, text: &str) -> Result<Value, Failure> {
        let host = &self.engines.meter;
        let engine = &self.engines.of::<RhaiEngine>(Language::Rhai)?.engine;
        let file = host.file();
        let ast = compile(engine, &file, text, host)?;
        let mut whole = self.functions.merge(&ast);
        self.functions = whole.clone_functions_only();
        whole.set_source(file.as_ref());
        let result = engine.eval_ast_with_scope::<Dynamic>(&mut self.scope, &whole);
        result
            .and_then(|value| from_dynamic(&value, PRIMITIVE))
            .map_err(|thrown| explain(&thrown, &file, host, &self.names()))
    }

    pub(super) fn set(&mut self, name: &str, value: &Value) {
        self.scope.push_constant_dynamic(name, to_dynamic(value));
    }

    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.scope.iter_raw().map(|(name, ..)| name.to_owned()).collect();
        names.retain(|name| name != PARAMS);
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn engine(engines: &Engines) -> Engine {
    let host = &engines.meter;
    let mut engine = Engine::new_raw();
    StandardPackage::new().register_into_engine(&mut engine);
    limit(&mut engine);
    engine.register_type_with_name::<Secret>("secret");
    engine.register_fn("to_string", |secret: &mut Secret| secret.to_string());
    engine.register_fn("to_debug", |secret: &mut Secret| secret.to_string());
    engine.register_type_with_name::<Failure>("failure");
    engine.register_fn("to_string", |caught: &mut Failure| caught.to_string());
    engine.register_fn("to_debug", |caught: &mut Failure| caught.to_string());
    let say = Rc::clone(host);
    engine.on_print(move |text| _ = say.say(text));
    let say = Rc::clone(host);
    engine.on_debug(move |text, _, _| _ = say.say(text));
    let interrupts = host.interrupts();
    let meter = Rc::clone(host);
    engine.on_progress(move |_| {
        meter.charge_operations(1);
        (interrupts.count() > 0 || meter.check_limits().is_some()).then_some(Dynamic::UNIT)
    });
    library::bounded(&mut engine, host);
    if host.tests().is_some() {
        let host = Rc::clone(host);
        engine.register_fn("test", move |cx: NativeCallContext<'_>, name: &str, body: FnPtr| {
            test(&cx, &host, name, &body)
        });
    } else {
        let chapter = Rc::clone(host);
        engine.register_fn("step", move |title: &str| chapter.chapter(title));
    }
    register(&mut engine, engines);
    engine
}

/// Runs a test; the file continues with the next test even if it fails.
fn test(
    cx: &NativeCallContext<'_>,
    host: &Metered,
    name: &str,
    body: &FnPtr,
) -> Result<(), Temporary> {
    let Some(tests) = host.tests() else { return Ok(()) };
    if !tests.begin(name, site(&host.file(), cx.call_position())) {
        return Ok(());
    }
    let Err(thrown) = body.call_within_context::<Dynamic>(cx, ()) else {
        tests.end(Ok(()));
        return Ok(());
    };
    tests.end(Err(explain(&thrown, &host.file(), host, &[])));
    // A limit applies to the whole file.
    if innermost(&thrown).is_catchable() { Ok(()) } else { Err(thrown) }
}
