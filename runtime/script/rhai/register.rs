//! Registration of primitives and module functions in Rhai.

use std::collections::BTreeMap;
use std::rc::Rc;

use rhai::{Dynamic, Engine, EvalAltResult, FuncRegistration, Module, NativeCallContext};

use super::explain::site;
use super::thrown::Temporary;
use super::values::{from_dynamics, to_dynamic};
use crate::script::engines::Engines;
use crate::script::meter::Metered;

/// The receiver of values, for error messages.
pub(super) const PRIMITIVE: &str = "a primitive";

/// Registers every primitive at every arity, so that missing and surplus arguments are reported by
/// this program.
pub(super) fn register(engine: &mut Engine, engines: &Engines) {
    let host = &engines.meter;
    let mut modules: BTreeMap<&str, Module> = BTreeMap::new();
    let specs = host.specs().into_iter().enumerate();
    for (index, spec) in specs.filter(|(_, spec)| engines.needs(spec.domain())) {
        let module = modules.entry(spec.domain()).or_default();
        let host = Rc::clone(host);
        let call = move |cx: &NativeCallContext<'_>, args: &[Dynamic]| call(index, &host, cx, args);
        register_all(module, spec.verb(), Rc::new(call));
    }
    for (domain, module) in modules {
        engine.register_static_module(domain, module.into());
    }
}

/// A function that accepts any number of arguments.
pub(super) type Callable =
    Rc<dyn Fn(&NativeCallContext<'_>, &[Dynamic]) -> Result<Dynamic, Temporary>>;

/// Registers a function at every arity, because Rhai distinguishes functions by arity. The highest
/// arity is one more than the maximum of any primitive, and of any reasonable module function.
pub(super) fn register_all(module: &mut Module, name: &str, me: Callable) {
    type Context<'a> = NativeCallContext<'a>;
    type Any = Dynamic;
    let named = || FuncRegistration::new(name);
    let call = Rc::clone(&me);
    named().set_into_module(module, move |cx: Context<'_>| call(&cx, &[]));
    let call = Rc::clone(&me);
    named().set_into_module(module, move |cx: Context<'_>, a: Any| call(&cx, &[a]));
    let call = Rc::clone(&me);
    named().set_into_module(module, move |cx: Context<'_>, a: Any, b: Any| call(&cx, &[a, b]));
    let call = Rc::clone(&me);
    let three = move |cx: Context<'_>, a: Any, b: Any, c: Any| call(&cx, &[a, b, c]);
    named().set_into_module(module, three);
    let call = Rc::clone(&me);
    let four = move |cx: Context<'_>, a: Any, b: Any, c: Any, d: Any| call(&cx, &[a, b, c, d]);
    named().set_into_module(module, four);
    let call = Rc::clone(&me);
    let five =
        move |cx: Context<'_>, a: Any, b: Any, c: Any, d: Any, e: Any| call(&cx, &[a, b, c, d, e]);
    named().set_into_module(module, five);
    let six = move |cx: Context<'_>, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any| {
        me(&cx, &[a, b, c, d, e, f])
    };
    named().set_into_module(module, six);
}

fn call(
    index: usize,
    host: &Metered,
    context: &NativeCallContext<'_>,
    args: &[Dynamic],
) -> Result<Dynamic, Temporary> {
    let values = from_dynamics(args, context, PRIMITIVE)?;
    let file = context.call_source().map_or_else(|| host.file(), Rc::from);
    match host.call(index, site(&file, context.call_position()), values) {
        Ok(value) => Ok(to_dynamic(&value)),
        Err(failure) => {
            let caught = Dynamic::from(failure);
            Err(EvalAltResult::ErrorRuntime(caught, context.call_position()).into())
        }
    }
}
