//! Keeping a script within its limits, whatever it tries to catch.

use crate::failure::Failure;
use std::rc::Rc;

use mlua::{Error, HookTriggers, Lua, Value as LuaValue, VmState};

use super::errors::{Limited, NO_MEMORY, Stopped, Told};
use crate::event::Site;
use crate::script::limits::{self, Limit};
use crate::script::meter::Metered;

const LIMITS: &str = include_str!("limits.lua");

/// Ends scripts that never end, and those that somebody wants to end.
pub(super) fn watch(lua: &Lua, host: &Metered) -> mlua::Result<()> {
    let interrupts = host.interrupts();
    let host = Rc::clone(host);
    let every = HookTriggers::new().every_nth_instruction(limits::LUA_TICK);
    lua.set_hook(every, move |lua, frame| {
        let name = frame.source().source;
        // What tells where a script failed is short, and has to reach its end.
        if name.as_deref() == Some("=driver") {
            return Ok(VmState::Continue);
        }
        if interrupts.count() > 0 {
            return Err(Error::external(Stopped));
        }
        match name.as_deref().and_then(|name| name.strip_prefix('@')) {
            Some(file) => host.at(file, line_number(frame.current_line()).max(1)),
            // A function of ours in place of one of Lua's: who called it?
            None => seen(lua, &host),
        }
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

/// The place in a script from which the function at work was called, directly or not.
fn place(lua: &Lua, from: usize) -> Option<Site> {
    (from..from + 8).find_map(|level| {
        lua.inspect_stack(level, |frame| {
            let name = frame.source().source?;
            let file = name.strip_prefix('@')?.into();
            Some(Site { file, line: line_number(frame.current_line()) })
        })?
    })
}

/// Notes that place.
pub(super) fn seen(lua: &Lua, host: &Metered) {
    if let Some(site) = place(lua, 0) {
        host.at(&site.file, site.line);
    }
}

/// The place from which the function at work was called.
pub(super) fn caller(lua: &Lua, host: &Metered) -> Site {
    // Level 0 is this function, level 1 whoever called it.
    place(lua, 1).unwrap_or_else(|| Site { file: host.file(), line: 0 })
}

/// Replaces what could escape the limits.
pub(super) fn bounded(lua: &Lua, host: &Metered) -> mlua::Result<()> {
    let meter = Rc::clone(host);
    let ends = lua.create_function(move |_, error: LuaValue| Ok(is_final(&error, &meter)))?;
    let told = lua.create_function(|lua, error: LuaValue| match error {
        LuaValue::Error(error) => lua.create_userdata(Told(*error)).map(LuaValue::UserData),
        other => Ok(other),
    })?;
    let meter = Rc::clone(host);
    let stop = lua.create_function(move |lua, what: String| -> mlua::Result<()> {
        meter.exceed(if what == "text" { Limit::Text } else { Limit::Elements });
        seen(lua, &meter);
        Err(Error::external(Limited))
    })?;
    let chunk = lua.load(LIMITS).set_name("=limits");
    chunk.call((ends, told, stop, limits::TEXT, limits::ELEMENTS))
}

/// Whether nothing goes on after this error, whoever tries to catch it.
pub(super) fn is_final(error: &LuaValue, host: &Metered) -> bool {
    let out_of_memory = match error {
        LuaValue::Error(error) => matches!(**error, Error::MemoryError(_)),
        LuaValue::String(text) => text.as_bytes() == NO_MEMORY.as_bytes(),
        _ => false,
    };
    if out_of_memory {
        host.exceed(Limit::Memory);
    }
    let stopped = match error {
        LuaValue::Error(error) => {
            let caught = error.downcast_ref::<Failure>();
            error.downcast_ref::<Stopped>().is_some() || caught.is_some_and(Failure::is_stop)
        }
        _ => false,
    };
    stopped || host.hit().is_some()
}
