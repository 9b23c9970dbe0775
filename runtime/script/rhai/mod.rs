//! Rhai: an engine without clock, files or `eval`, with every primitive as `domain::verb`. `modules`
//! is what scripts import, `explain` what they are told, `values` what crosses.

mod explain;
mod library;
mod modules;
mod values;

use std::collections::BTreeMap;
use std::rc::Rc;

use rhai::packages::{Package, StandardPackage};
use rhai::{
    AST, Dynamic, Engine as RhaiEngine, EvalAltResult, FnPtr, FuncRegistration, Module,
    NativeCallContext, ParseError, ParseErrorType, Position, Scope,
};

use explain::{explain, innermost, site};
use modules::{Resolver, Resolves};
use values::{from_dynamic, from_dynamics, to_dynamic};

use super::engines::{Engines, Exports};
use super::limits;
use super::meter::Metered;
use super::module::imports;
use super::{Caught, Kind, Language, ScriptError, tokens};
use crate::event::Site;
use crate::types::{Map, Secret, Value};

type Thrown = Box<EvalAltResult>;

/// Whom values are given to, for messages.
const PRIMITIVE: &str = "a primitive";

/// The engine of all scripts in Rhai.
pub(super) struct Engine {
    engine: RhaiEngine,
    resolver: Rc<Resolver>,
}

impl Engine {
    pub(super) fn new(engines: &Rc<Engines>) -> Self {
        let resolver = Resolver::new(engines);
        let mut engine = engine(&engines.meter);
        engine.set_module_resolver(Resolves(Rc::clone(&resolver)));
        Self { engine, resolver }
    }

    /// What a module in Rhai gives to Lua.
    pub(super) fn exports(&self, module: &super::Module) -> Result<Exports, ScriptError> {
        self.resolver.exports(&self.engine, module)
    }

    /// Calls a function of a module in Rhai.
    pub(super) fn call(
        &self,
        module: &super::Module,
        function: &str,
        values: &[Value],
    ) -> Result<Value, ScriptError> {
        self.resolver.call(&self.engine, module, function, values)
    }
}

/// A script at work, and what it leaves for the next text: variables and functions.
pub(super) struct Texts {
    engines: Rc<Engines>,
    scope: Scope<'static>,
    functions: AST,
}

impl Texts {
    pub(super) fn new(engines: &Rc<Engines>, variables: &Map) -> Self {
        let mut scope = Scope::new();
        for (name, value) in variables {
            scope.push_constant_dynamic(name.as_str(), to_dynamic(value));
        }
        Self { engines: Rc::clone(engines), scope, functions: AST::empty() }
    }

    pub(super) fn run(&mut self, text: &str) -> Result<Value, ScriptError> {
        let host = &self.engines.meter;
        let engine = &self.engines.rhai().engine;
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
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// An error for scripts to catch, if it can be caught.
#[expect(clippy::unnecessary_box_returns, reason = "it is what Rhai throws")]
fn throw_at(error: ScriptError, host: &Metered, position: Position) -> Thrown {
    let ends = host.hit().is_some() || matches!(error, ScriptError::Stopped { .. });
    let value = Dynamic::from(Caught::from(error));
    match ends {
        true => EvalAltResult::ErrorTerminated(value, position).into(),
        false => EvalAltResult::ErrorRuntime(value, position).into(),
    }
}

/// Whether a text is only the beginning of one.
pub(super) fn is_open(text: &str) -> bool {
    let mut engine = RhaiEngine::new_raw();
    limit(&mut engine);
    let Err(ParseError(kind, position)) = engine.compile(text) else { return false };
    let lines = text.split('\n').count();
    let length = text.rsplit('\n').next().map_or(0, |line| line.trim_end().chars().count());
    let at_end = position.line().is_none_or(|line| line >= lines)
        && position.position().is_none_or(|column| column > length);
    match *kind {
        ParseErrorType::UnexpectedEOF => true,
        ParseErrorType::MissingToken(..) | ParseErrorType::PropertyExpected => at_end,
        // A text between backticks may go on in the next line.
        ParseErrorType::BadInput(rhai::LexError::UnterminatedString) => {
            let line = position.line().and_then(|line| text.lines().nth(line - 1));
            let column = position.position().unwrap_or(1);
            line.is_some_and(|line| line.chars().nth(column - 1) == Some('`'))
        }
        _ => false,
    }
}

pub(super) fn parse(file: &str, text: &str) -> Result<(), ScriptError> {
    let mut engine = RhaiEngine::new_raw();
    limit(&mut engine);
    parsed(&engine, &file.into(), text).map(drop)
}

fn parsed(engine: &RhaiEngine, file: &Rc<str>, text: &str) -> Result<AST, ScriptError> {
    engine.compile(text).map_err(|ParseError(kind, position)| ScriptError::Script {
        message: kind.to_string(),
        site: site(file, position),
        remedy: None,
        traceback: Vec::new(),
    })
}

/// What scripts can call without a domain, besides Rhai's own library.
const OWN: &[&str] = &["step", "print", "debug", "test"];

/// Reads a text in which nothing takes the name of what every script finds.
fn compile(
    engine: &RhaiEngine,
    file: &Rc<str>,
    text: &str,
    host: &Metered,
) -> Result<AST, ScriptError> {
    let ast = parsed(engine, file, text)?;
    let taken = |name: &str, line: u32| ScriptError::Script {
        message: format!("{name} comes with gscript, and nothing else can have its name"),
        site: Site { file: Rc::clone(file), line },
        remedy: Some("choose another name".into()),
        traceback: Vec::new(),
    };
    let domains = super::domains(&host.specs());
    for import in imports(Language::Rhai, file, text)? {
        if let Some(alias) = import.alias.filter(|alias| domains.contains(&alias.as_str())) {
            return Err(taken(&alias, import.line));
        }
    }
    for pair in tokens(Language::Rhai, text).windows(2) {
        if let (Some("fn"), Kind::Name(name)) = (pair[0].name(), &pair[1].kind)
            && OWN.contains(&name.as_str())
        {
            return Err(taken(name, pair[1].line));
        }
    }
    Ok(ast)
}

fn engine(host: &Metered) -> RhaiEngine {
    let mut engine = RhaiEngine::new_raw();
    StandardPackage::new().register_into_engine(&mut engine);
    limit(&mut engine);
    engine.register_type_with_name::<Secret>("secret");
    engine.register_fn("to_string", |secret: &mut Secret| secret.to_string());
    engine.register_fn("to_debug", |secret: &mut Secret| secret.to_string());
    engine.register_type_with_name::<Caught>("failure");
    engine.register_fn("to_string", |caught: &mut Caught| caught.to_string());
    engine.register_fn("to_debug", |caught: &mut Caught| caught.to_string());
    let say = Rc::clone(host);
    engine.on_print(move |text| _ = say.say(text));
    let say = Rc::clone(host);
    engine.on_debug(move |text, _, _| _ = say.say(text));
    let interrupts = host.interrupts();
    let meter = Rc::clone(host);
    engine.on_progress(move |_| {
        meter.operated(1);
        (interrupts.count() > 0 || meter.look().is_some()).then_some(Dynamic::UNIT)
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
    register(&mut engine, host);
    engine
}

/// Runs a test, and goes on after it whatever became of it.
fn test(
    cx: &NativeCallContext<'_>,
    host: &Metered,
    name: &str,
    body: &FnPtr,
) -> Result<(), Thrown> {
    let Some(tests) = host.tests() else { return Ok(()) };
    if !tests.begin(name, site(&host.file(), cx.call_position())) {
        return Ok(());
    }
    let Err(thrown) = body.call_within_context::<Dynamic>(cx, ()) else {
        tests.end(Ok(()));
        return Ok(());
    };
    tests.end(Err(explain(&thrown, &host.file(), host, &[])));
    // A limit that is reached is reached for the whole file.
    if innermost(&thrown).is_catchable() { Ok(()) } else { Err(thrown) }
}

fn limit(engine: &mut RhaiEngine) {
    engine
        .disable_symbol("eval")
        .set_max_call_levels(limits::CALL_DEPTH)
        .set_max_expr_depths(limits::EXPRESSION_DEPTH, limits::EXPRESSION_DEPTH)
        .set_max_string_size(limits::TEXT)
        .set_max_array_size(limits::ELEMENTS)
        .set_max_map_size(limits::ELEMENTS);
}

/// Every primitive at every arity: a missing argument is then ours to name, and so is one too many.
fn register(engine: &mut RhaiEngine, host: &Metered) {
    let mut modules: BTreeMap<&str, Module> = BTreeMap::new();
    for (index, spec) in host.specs().into_iter().enumerate() {
        let module = modules.entry(spec.domain()).or_default();
        let host = Rc::clone(host);
        let call = move |cx: &NativeCallContext<'_>, args: &[Dynamic]| call(index, &host, cx, args);
        register_all(module, spec.verb(), Rc::new(call));
    }
    for (domain, module) in modules {
        engine.register_static_module(domain, module.into());
    }
}

/// Something to call, however many arguments it is given.
type Callable = Rc<dyn Fn(&NativeCallContext<'_>, &[Dynamic]) -> Result<Dynamic, Thrown>>;

/// Registers something at every arity, for Rhai tells functions apart by it: up to one more than the
/// most that any primitive has, and that any module should have.
fn register_all(module: &mut Module, name: &str, me: Callable) {
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
) -> Result<Dynamic, Thrown> {
    let values = from_dynamics(args, context, PRIMITIVE)?;
    let file = context.call_source().map_or_else(|| host.file(), Rc::from);
    match host.call(index, site(&file, context.call_position()), values) {
        Ok(value) => Ok(to_dynamic(&value)),
        Err(failure) => {
            let caught = Dynamic::from(Caught::from(failure));
            Err(EvalAltResult::ErrorRuntime(caught, context.call_position()).into())
        }
    }
}

/// What is too large where lists are nested too deeply.
const NESTED: &str = "nesting";
