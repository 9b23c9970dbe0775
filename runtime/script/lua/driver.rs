//! Calls of Lua functions, with the position and the message of an error.

use std::rc::Rc;

use mlua::{Error, Function, IntoLuaMulti, Lua, MultiValue, Table, Value as LuaValue};

use super::bounds::line_number;
use super::engine::LuaEngine;
use super::errors::{CaughtError, LuaStopped, NO_MEMORY, Unknown, own_message};
use crate::event::Site;
use crate::failure::{Failure, Frame};
use crate::script::limits::Limit;
use crate::script::limits::limited;
use crate::script::meter::Metered;
use crate::script::{Language, TokenKind, tokens};

const DRIVER: &str = include_str!("driver.lua");

/// Loads the function that calls other functions, see `driver.lua`.
pub(super) fn driver(lua: &Lua, debug: Table) -> mlua::Result<Function> {
    lua.load(DRIVER).set_name("=driver").call((debug, lua.globals()))
}

/// A position in the call stack of a script.
pub(super) struct StackFrame {
    frame: Frame,
    /// The file name as abbreviated in Lua's messages.
    short: String,
}

/// An error of a script, with its call stack.
pub(super) struct LuaFault {
    error: LuaValue,
    stack: Vec<StackFrame>,
}

impl From<Error> for LuaFault {
    fn from(error: Error) -> Self {
        Self { error: LuaValue::Error(Box::new(error)), stack: Vec::new() }
    }
}

impl LuaFault {
    /// Returns the error value.
    pub(super) fn error(&self) -> &LuaValue {
        &self.error
    }
}

impl LuaEngine {
    /// Calls a function. If it fails, its variables are stored in the table.
    pub(super) fn protected(
        &self,
        body: &Function,
        args: impl IntoLuaMulti,
        variables: Option<&Table>,
    ) -> Result<LuaValue, LuaFault> {
        let args = args.into_lua_multi(&self.lua)?;
        let mut values: MultiValue = self.driver.call((variables, body, args))?;
        let (frames, ok) = (values.pop_front(), values.pop_front());
        let first = values.pop_front().unwrap_or(LuaValue::Nil);
        match (frames, ok) {
            (_, Some(LuaValue::Boolean(true))) => Ok(first),
            (Some(LuaValue::Table(frames)), _) => {
                let spots =
                    frames.sequence_values::<Table>().filter_map(|frame| spot(&frame.ok()?));
                Err(LuaFault { error: first, stack: spots.collect() })
            }
            _ => Err(LuaFault { error: first, stack: Vec::new() }),
        }
    }

    /// Returns the failure for an error in a source of this file.
    pub(super) fn explain(&self, fault: &LuaFault, file: &Rc<str>) -> Failure {
        let host = &self.host;
        if let Some(limit) = host.limit_reached() {
            if let LuaValue::Error(error) = &fault.error
                && let Some(caught) = error.downcast_ref::<Failure>()
            {
                return caught.clone();
            }
            return limited(limit, host.place());
        }
        let frames: Vec<Frame> = fault.stack.iter().map(|spot| spot.frame.clone()).collect();
        explain(&fault.error, &fault.stack, frames, file, host)
    }
}

fn spot(frame: &Table) -> Option<StackFrame> {
    let source: String = frame.get("source").ok()?;
    let line = line_number(frame.get("line").ok());
    let begins: i64 = frame.get("begins").unwrap_or(0);
    let function = match (frame.get::<bool>("main"), frame.get::<Option<String>>("name")) {
        (Ok(true), _) => None,
        (_, Ok(Some(name))) => Some(name),
        _ => Some(format!("the function at line {begins}")),
    };
    let site = Site { file: source.strip_prefix('@')?.into(), line };
    Some(StackFrame { frame: Frame { site, function }, short: frame.get("short").ok()? })
}

/// Converts an error, and rewords messages that are about Lua internals.
fn explain(
    error: &LuaValue,
    stack: &[StackFrame],
    traceback: Vec<Frame>,
    file: &Rc<str>,
    host: &Metered,
) -> Failure {
    if let Some(told) = error.as_userdata().and_then(|data| data.borrow::<CaughtError>().ok()) {
        // The error was caught and thrown again.
        let error = LuaValue::Error(Box::new(told.0.clone()));
        return explain(&error, stack, traceback, file, host);
    }
    let here = || Site { file: Rc::clone(file), line: 0 };
    let site = traceback.first().map_or_else(here, |frame| frame.site.clone());
    let (text, unknown) = match error {
        LuaValue::Error(error) => {
            if let Some(caught) = error.downcast_ref::<Failure>() {
                return caught.clone().with_frames(traceback);
            }
            if error.downcast_ref::<LuaStopped>().is_some() {
                return Failure::stopped(site);
            }
            if matches!(**error, Error::MemoryError(_)) {
                return limited(Limit::Memory, host.place());
            }
            (own_message(error), error.downcast_ref::<Unknown>())
        }
        LuaValue::String(text) => (text.to_string_lossy(), None),
        other => {
            let kind = other.type_name();
            (other.to_string().unwrap_or_else(|_| format!("an error of type {kind}")), None)
        }
    };
    let first = text.lines().next().unwrap_or_default();
    if first == NO_MEMORY {
        return limited(Limit::Memory, if site.line == 0 { host.place() } else { site });
    }
    if first.contains("stack overflow") {
        return limited(Limit::Stack, if site.line == 0 { host.place() } else { site });
    }
    // Errors of our replacements for library functions are errors of the recipe.
    let ours = first.strip_prefix("limits:").and_then(|rest| rest.split_once(": "));
    let first = ours.map_or(first, |(_, text)| text);
    let (site, message) = match placed(first, stack, file) {
        Some((site, rest)) => (site, rest),
        None => (site, first),
    };
    let remedy = unknown.and_then(|unknown| unknown.remedy.clone());
    Failure::of_script(message, site, remedy).with_frames(traceback)
}

/// Splits the position that Lua prepends to a message from the rest.
fn placed<'a>(text: &'a str, spots: &[StackFrame], file: &Rc<str>) -> Option<(Site, &'a str)> {
    let own = [(Rc::clone(file), chunk_id(file))];
    let known = spots.iter().map(|spot| (Rc::clone(&spot.frame.site.file), spot.short.clone()));
    known.chain(own).find_map(|(file, chunk_id)| {
        let rest = text.strip_prefix(&chunk_id)?.strip_prefix(':')?;
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let line = rest[..digits].parse().ok()?;
        Some((Site { file, line }, rest[digits..].trim_start_matches([':', ' '])))
    })
}

/// Returns a file name as abbreviated by Lua (luaO_chunkid, LUA_IDSIZE).
fn chunk_id(file: &str) -> String {
    const CHUNK_ID_LEN: usize = 59;
    const ENDING: usize = 56;
    match file.len() > CHUNK_ID_LEN {
        true => {
            let ending = &file.as_bytes()[file.len() - ENDING..];
            format!("...{}", String::from_utf8_lossy(ending))
        }
        false => file.to_owned(),
    }
}

/// Returns the failure for an error in a source that could not be loaded.
pub(super) fn load_failure(error: &Error, file: &Rc<str>) -> Failure {
    let text = own_message(error);
    let first = text.lines().next().unwrap_or_default();
    let (site, message) = placed(first, &[], file)
        .unwrap_or_else(|| (Site { file: Rc::clone(file), line: 0 }, first));
    Failure::of_script(message, site, None)
}

/// Rejects what recipes must not contain, in a source that the parser of Lua accepts:
///
/// - to-be-closed variables: closing them runs code after every error, even after one that ends the
///   script;
/// - whatever the lexer rejects, because to-be-closed variables could be hidden there: a carriage
///   return, for example, ends a comment for the parser only.
pub(super) fn reject_hidden_code(file: &Rc<str>, text: &str) -> Result<(), Failure> {
    let at = |line, why: &str, remedy: &str| {
        Err(Failure::of_script(why, Site { file: Rc::clone(file), line }, Some(remedy.into())))
    };
    let carriage_return = text.split_inclusive('\n').zip(1..).find(|(line, _)| {
        line.trim_end_matches('\n').strip_suffix('\r').unwrap_or(line).contains('\r')
    });
    if let Some((_, line)) = carriage_return {
        let remedy = "end lines with a newline, or a carriage return and a newline";
        return at(line, "a carriage return must be followed by a newline", remedy);
    }
    let tokens = tokens(Language::Lua, text);
    if let Some(invalid) = tokens.iter().find(|token| token.kind == TokenKind::Invalid) {
        return at(invalid.line, "invalid characters", "use the syntax of Lua 5.4");
    }
    let closing = tokens
        .windows(3)
        .find(|three| three[0].is("<") && three[1].name() == Some("close") && three[2].is(">"));
    match closing {
        None => Ok(()),
        Some(three) => at(
            three[0].line,
            "to-be-closed variables (<close>) are not supported in recipes",
            "write local NAME = VALUE, and clean up at the end of the recipe",
        ),
    }
}
