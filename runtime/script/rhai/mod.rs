//! Rhai: an engine without clock, files or `eval`, with every primitive as `domain::verb`.

mod values;

use std::collections::BTreeMap;
use std::rc::Rc;

use rhai::packages::{Package, StandardPackage};
use rhai::{
    AST, Dynamic, Engine, EvalAltResult, FnPtr, FuncRegistration, ImmutableString, Module,
    NativeCallContext, ParseError, ParseErrorType, Position, Scope,
};

use values::{from_dynamic, to_dynamic};

use super::limits::{self, Limit};
use super::meter::Metered;
use super::{Language, ScriptError, limited, meant};
use crate::event::Site;
use crate::session::Failure;
use crate::spec::Spec;
use crate::types::{Map, Secret, Value};

/// A failed question as scripts catch it.
#[derive(Debug, Clone)]
struct Caught(Rc<Failure>);

type Thrown = Box<EvalAltResult>;

/// A script at work, and what it leaves for the next text: variables and functions.
pub(super) struct Rhai {
    host: Metered,
    engine: Engine,
    scope: Scope<'static>,
    functions: AST,
}

impl Rhai {
    pub(super) fn new(host: &Metered, variables: &Map) -> Self {
        let mut scope = Scope::new();
        for (name, value) in variables {
            scope.push_constant_dynamic(name.as_str(), to_dynamic(value));
        }
        Self { host: Rc::clone(host), engine: engine(host), scope, functions: AST::empty() }
    }

    pub(super) fn run(&mut self, text: &str) -> Result<Value, ScriptError> {
        let file = self.host.file();
        let ast = compile(&self.engine, &file, text)?;
        let whole = self.functions.merge(&ast);
        self.functions = whole.clone_functions_only();
        let result = self.engine.eval_ast_with_scope::<Dynamic>(&mut self.scope, &whole);
        result
            .and_then(|value| from_dynamic(&value, 0))
            .map_err(|thrown| explain(&thrown, &self.host, &self.names()))
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

/// Whether a text is only the beginning of one.
pub(super) fn is_open(text: &str) -> bool {
    let mut engine = Engine::new_raw();
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
    let mut engine = Engine::new_raw();
    limit(&mut engine);
    compile(&engine, &file.into(), text).map(drop)
}

fn compile(engine: &Engine, file: &Rc<str>, text: &str) -> Result<AST, ScriptError> {
    engine.compile(text).map_err(|ParseError(kind, position)| ScriptError::Script {
        message: kind.to_string(),
        site: site(file, position),
        remedy: None,
    })
}

fn engine(host: &Metered) -> Engine {
    let mut engine = Engine::new_raw();
    StandardPackage::new().register_into_engine(&mut engine);
    limit(&mut engine);
    engine.register_type_with_name::<Secret>("secret");
    engine.register_fn("to_string", |secret: &mut Secret| secret.to_string());
    engine.register_fn("to_debug", |secret: &mut Secret| secret.to_string());
    engine.register_type_with_name::<Caught>("failure");
    engine.register_fn("to_string", |caught: &mut Caught| caught.0.error.to_string());
    engine.register_fn("to_debug", |caught: &mut Caught| caught.0.error.to_string());
    let say = Rc::clone(host);
    engine.on_print(move |text| _ = say.say(text));
    let say = Rc::clone(host);
    engine.on_debug(move |text, _, _| _ = say.say(text));
    let interrupts = host.interrupts();
    let meter = Rc::clone(host);
    engine.on_progress(move |_| {
        (interrupts.count() > 0 || meter.look().is_some()).then_some(Dynamic::UNIT)
    });
    bounded(&mut engine);
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
    tests.end(Err(explain(&thrown, host, &[])));
    // A limit that is reached is reached for the whole file.
    if innermost(&thrown).is_catchable() { Ok(()) } else { Err(thrown) }
}

fn limit(engine: &mut Engine) {
    engine
        .disable_symbol("eval")
        .set_max_operations(limits::OPERATIONS)
        .set_max_call_levels(limits::CALL_DEPTH)
        .set_max_expr_depths(limits::EXPRESSION_DEPTH, limits::EXPRESSION_DEPTH)
        .set_max_string_size(limits::TEXT)
        .set_max_array_size(limits::ELEMENTS)
        .set_max_map_size(limits::ELEMENTS)
        .set_module_resolver(rhai::module_resolvers::DummyModuleResolver::new());
}

/// Every primitive at every arity: a missing argument is then ours to name, and so is one too many.
fn register(engine: &mut Engine, host: &Metered) {
    let mut modules: BTreeMap<&str, Module> = BTreeMap::new();
    for (index, spec) in host.specs().into_iter().enumerate() {
        let module = modules.entry(spec.domain()).or_default();
        let call = Caller { index, host: Rc::clone(host) };
        call.register(module, spec);
    }
    for (domain, module) in modules {
        engine.register_static_module(domain, module.into());
    }
}

/// One thing to call, as the engine calls it.
#[derive(Clone)]
struct Caller {
    index: usize,
    host: Metered,
}

impl Caller {
    /// Rhai tells functions apart by how many arguments they take: one more than the most that any
    /// primitive has.
    fn register(&self, module: &mut Module, spec: &Spec) {
        type Context<'a> = NativeCallContext<'a>;
        type Any = Dynamic;
        let named = || FuncRegistration::new(spec.verb());
        let me = self.clone();
        named().set_into_module(module, move |cx: Context<'_>| me.call(&cx, &[]));
        let me = self.clone();
        named().set_into_module(module, move |cx: Context<'_>, a: Any| me.call(&cx, &[a]));
        let me = self.clone();
        let two = move |cx: Context<'_>, a: Any, b: Any| me.call(&cx, &[a, b]);
        named().set_into_module(module, two);
        let me = self.clone();
        let three = move |cx: Context<'_>, a: Any, b: Any, c: Any| me.call(&cx, &[a, b, c]);
        named().set_into_module(module, three);
        let me = self.clone();
        let four =
            move |cx: Context<'_>, a: Any, b: Any, c: Any, d: Any| me.call(&cx, &[a, b, c, d]);
        named().set_into_module(module, four);
        let me = self.clone();
        let five = move |cx: Context<'_>, a: Any, b: Any, c: Any, d: Any, e: Any| {
            me.call(&cx, &[a, b, c, d, e])
        };
        named().set_into_module(module, five);
    }

    fn call(&self, context: &NativeCallContext<'_>, args: &[Dynamic]) -> Result<Dynamic, Thrown> {
        let values = args.iter().map(|arg| from_dynamic(arg, 0));
        let values = values.collect::<Result<Vec<Value>, Thrown>>().map_err(|mut thrown| {
            thrown.set_position(context.call_position());
            thrown
        })?;
        let site = site(&self.host.file(), context.call_position());
        match self.host.call(self.index, site, values) {
            Ok(value) => Ok(to_dynamic(&value)),
            Err(failure) => {
                let caught = Dynamic::from(Caught(Rc::new(failure)));
                Err(EvalAltResult::ErrorRuntime(caught, Position::NONE).into())
            }
        }
    }
}

fn site(file: &Rc<str>, position: Position) -> Site {
    let line = position.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(0);
    Site { file: Rc::clone(file), line }
}

/// What went wrong, in our words where Rhai's are about its own insides.
fn explain(thrown: &Thrown, host: &Metered, variables: &[String]) -> ScriptError {
    let (inner, file) = (innermost(thrown), &host.file());
    if let Some(limit) = host.hit().or_else(|| limit_of(inner)) {
        return limited(limit, site(file, inner.position()));
    }
    let specs = &host.specs();
    let names = || variables.iter().map(String::as_str);
    if let EvalAltResult::ErrorTerminated(_, position) = inner {
        return ScriptError::Stopped { site: site(file, *position) };
    }
    let remedy = match inner {
        EvalAltResult::ErrorRuntime(value, _) => {
            if let Some(caught) = value.clone().try_cast::<Caught>() {
                return ScriptError::Failure(Box::new(caught.0.as_ref().clone()));
            }
            None
        }
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            Some(meant(function_name(signature), Language::Rhai, specs, names()))
        }
        EvalAltResult::ErrorModuleNotFound(name, _)
        | EvalAltResult::ErrorVariableNotFound(name, _) => {
            Some(meant(name, Language::Rhai, specs, names()))
        }
        _ => None,
    };
    let message = match inner {
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            format!("there is no function {}", function_name(signature))
        }
        EvalAltResult::ErrorModuleNotFound(name, _) => format!("there is no module {name}"),
        EvalAltResult::ErrorVariableNotFound(name, _) => format!("there is no variable {name}"),
        EvalAltResult::ErrorRuntime(value, _) => value.to_string(),
        other => {
            let mut plain = other.clone_message();
            plain.truncate(plain.trim_end().len());
            plain
        }
    };
    ScriptError::Script { message, site: site(file, inner.position()), remedy }
}

/// The limit that Rhai itself has noticed.
fn limit_of(error: &EvalAltResult) -> Option<Limit> {
    Some(match error {
        EvalAltResult::ErrorTooManyOperations(_) => Limit::Operations,
        EvalAltResult::ErrorStackOverflow(_) => Limit::Depth,
        EvalAltResult::ErrorDataTooLarge(what, _) if what.contains("string") => Limit::Text,
        EvalAltResult::ErrorDataTooLarge(what, _) if what == NESTED => Limit::Nesting,
        EvalAltResult::ErrorDataTooLarge(..) => Limit::Elements,
        _ => return None,
    })
}

/// What is too large where lists are nested too deeply.
const NESTED: &str = "nesting";

/// Functions of Rhai's own library that could take all memory, or all time, at once.
fn bounded(engine: &mut Engine) {
    let too_long = || EvalAltResult::ErrorDataTooLarge("string".into(), Position::NONE).into();
    let fits = move |text: &str, find: &str, by: &str| -> Result<String, Thrown> {
        let found = if find.is_empty() { text.len() + 1 } else { text.matches(find).count() };
        let length = found.saturating_mul(by.len()).saturating_add(text.len());
        if length > limits::TEXT { Err(too_long()) } else { Ok(text.replace(find, by)) }
    };
    engine.register_fn(
        "replace",
        move |text: &mut ImmutableString, find: &str, by: &str| -> Result<(), Thrown> {
            *text = fits(text, find, by)?.into();
            Ok(())
        },
    );
    engine.register_fn(
        "replace",
        move |text: &mut ImmutableString, find: char, by: &str| -> Result<(), Thrown> {
            *text = fits(text, find.encode_utf8(&mut [0; 4]), by)?.into();
            Ok(())
        },
    );
    let waits = || -> Result<(), Thrown> { Err("a recipe has no clock to wait by".into()) };
    engine.register_fn("sleep", move |_: rhai::INT| waits());
    engine.register_fn("sleep", move |_: rhai::FLOAT| waits());
}

trait CloneMessage {
    fn clone_message(&self) -> String;
}

impl CloneMessage for EvalAltResult {
    /// The message without the position that Rhai appends to it.
    fn clone_message(&self) -> String {
        let text = self.to_string();
        match text.rfind(" (line ") {
            Some(at) => text[..at].to_owned(),
            None => text,
        }
    }
}

fn innermost(thrown: &EvalAltResult) -> &EvalAltResult {
    match thrown {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _)
        | EvalAltResult::ErrorInModule(_, inner, _) => innermost(inner),
        other => other,
    }
}

/// `disk::partitoin (&str, array)` → `disk::partitoin`
fn function_name(signature: &str) -> &str {
    signature.split_once(" (").map_or(signature, |(name, _)| name).trim()
}
