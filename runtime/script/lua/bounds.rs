//! Keeping a script within its limits, whatever it tries to catch.

use std::fmt;
use std::rc::Rc;

use mlua::{Error, HookTriggers, Lua, Value as LuaValue, VmState};

use super::Stopped;
use crate::script::limits::{self, Limit};
use crate::script::meter::Metered;

const LIMITS: &str = include_str!("../../../stdlib/limits.lua");

/// A limit is reached; the meter knows which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limited;

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped at a limit")
    }
}

impl std::error::Error for Limited {}

/// Ends scripts that never end, and those that somebody wants to end.
pub(super) fn watch(lua: &Lua, host: &Metered) -> mlua::Result<()> {
    let interrupts = host.interrupts();
    let host = Rc::clone(host);
    let every = HookTriggers::new().every_nth_instruction(limits::LUA_TICK);
    lua.set_hook(every, move |_, frame| {
        if interrupts.count() > 0 {
            return Err(Error::external(Stopped));
        }
        if frame.source().source.is_some_and(|name| is_of(&host, &name)) {
            host.line.set(line_number(frame.current_line()).max(1));
        }
        host.pulse.beat(host.line.get());
        host.operated(limits::LUA_TICK);
        match host.look() {
            Some(_) => Err(Error::external(Limited)),
            None => Ok(VmState::Continue),
        }
    })
}

pub(super) fn line_number(line: Option<usize>) -> u32 {
    line.and_then(|line| u32::try_from(line).ok()).unwrap_or(0)
}

/// Whether a chunk is the text that runs.
fn is_of(host: &Metered, source: &str) -> bool {
    source.strip_prefix('@').is_some_and(|file| file == &*host.file())
}

/// Notes the line of the recipe from which the function at work was called, directly or not.
pub(super) fn seen(lua: &Lua, host: &Metered) {
    let line = (0..8).find_map(|level| {
        lua.inspect_stack(level, |frame| {
            let own = frame.source().source.is_some_and(|name| is_of(host, &name));
            own.then(|| line_number(frame.current_line()))
        })?
    });
    if let Some(line) = line {
        host.line.set(line);
    }
}

/// Replaces what could escape the limits.
pub(super) fn bounded(lua: &Lua, host: &Metered) -> mlua::Result<()> {
    let meter = Rc::clone(host);
    let ends = lua.create_function(move |_, error: LuaValue| Ok(is_final(&error, &meter)))?;
    let meter = Rc::clone(host);
    let stop = lua.create_function(move |lua, what: String| -> mlua::Result<()> {
        meter.exceed(if what == "text" { Limit::Text } else { Limit::Elements });
        seen(lua, &meter);
        Err(Error::external(Limited))
    })?;
    let chunk = lua.load(LIMITS).set_name("=limits");
    chunk.call((ends, stop, limits::TEXT, limits::ELEMENTS))
}

/// Whether nothing goes on after this error, whoever tries to catch it.
pub(super) fn is_final(error: &LuaValue, host: &Metered) -> bool {
    let out_of_memory = match error {
        LuaValue::Error(error) => matches!(**error, Error::MemoryError(_)),
        LuaValue::String(text) => text.as_bytes() == b"not enough memory".as_slice(),
        _ => false,
    };
    if out_of_memory {
        host.exceed(Limit::Memory);
    }
    let stopped = match error {
        LuaValue::Error(error) => error.downcast_ref::<Stopped>().is_some(),
        _ => false,
    };
    stopped || host.hit().is_some()
}
