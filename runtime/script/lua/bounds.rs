//! Enforcement of a script's limits, even if the script catches errors.

use crate::failure::Failure;
use std::rc::Rc;

use mlua::{Error, HookTriggers, Lua, Value as LuaValue, VmState};

use super::errors::{CaughtError, Limited, LuaStopped, NO_MEMORY};
use crate::event::Site;
use crate::script::limits::{self, Limit};
use crate::script::meter::Metered;

const LIMITS: &str = include_str!("limits.lua");

/// Installs the hook that ends scripts at a limit or when the user stops them.
pub(super) fn watch(lua: &Lua, host: &Metered) -> mlua::Result<()> {
    let interrupts = host.interrupts();
    let host = Rc::clone(host);
    let every = HookTriggers::new().every_nth_instruction(limits::LUA_TICK);
    lua.set_hook(every, move |lua, frame| {
        let name = frame.source().source;
        // The code that determines the position of a failure is short and must complete.
        if name.as_deref() == Some("=driver") {
            return Ok(VmState::Continue);
        }
        if interrupts.count() > 0 {
            return Err(Error::external(LuaStopped));
        }
        match name.as_deref().and_then(|name| name.strip_prefix('@')) {
            Some(file) => host.at(file, line_number(frame.current_line()).max(1)),
            // A replacement of a library function: record the position of its caller in the script.
            None => record_position(lua, &host),
        }
        host.charge_operations(limits::LUA_TICK);
        match host.check_limits() {
            Some(_) => Err(Error::external(Limited)),
            None => Ok(VmState::Continue),
        }
    })
}

pub(super) fn line_number(line: Option<usize>) -> u32 {
    line.and_then(|line| u32::try_from(line).ok()).unwrap_or(0)
}

/// Returns the position in a script from which the active function was called, directly or
/// indirectly.
fn place(lua: &Lua, from: usize) -> Option<Site> {
    (from..from + 8).find_map(|level| {
        lua.inspect_stack(level, |frame| {
            let name = frame.source().source?;
            let file = name.strip_prefix('@')?.into();
            Some(Site { file, line: line_number(frame.current_line()) })
        })?
    })
}

/// Records that position in the meter.
pub(super) fn record_position(lua: &Lua, host: &Metered) {
    if let Some(site) = place(lua, 0) {
        host.at(&site.file, site.line);
    }
}

/// Returns the position in a script from which the active function was called.
pub(super) fn caller(lua: &Lua, host: &Metered) -> Site {
    // Level 0 is this function, level 1 its caller.
    place(lua, 1).unwrap_or_else(|| Site { file: host.file(), line: 0 })
}

/// Replaces the library functions that could circumvent the limits.
pub(super) fn install_limited_functions(lua: &Lua, host: &Metered) -> mlua::Result<()> {
    let meter = Rc::clone(host);
    let ends = lua.create_function(move |_, error: LuaValue| Ok(is_final(&error, &meter)))?;
    let told = lua.create_function(|lua, error: LuaValue| match error {
        LuaValue::Error(error) => lua.create_userdata(CaughtError(*error)).map(LuaValue::UserData),
        other => Ok(other),
    })?;
    let meter = Rc::clone(host);
    let stop = lua.create_function(move |lua, what: String| -> mlua::Result<()> {
        meter.exceed(if what == "text" { Limit::Text } else { Limit::Elements });
        record_position(lua, &meter);
        Err(Error::external(Limited))
    })?;
    let chunk = lua.load(LIMITS).set_name("=limits");
    chunk.call((ends, told, stop, limits::TEXT, limits::ELEMENTS))
}

/// Returns whether the script must end after this error, even if it is caught.
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
            error.downcast_ref::<LuaStopped>().is_some() || caught.is_some_and(Failure::is_stop)
        }
        _ => false,
    };
    stopped || host.limit_reached().is_some()
}
