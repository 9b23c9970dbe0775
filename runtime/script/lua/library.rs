//! Replacements for Lua library functions that can run for a long time within one instruction,
//! where no limit is checked, or that depend on the clock.

use std::rc::Rc;

use mlua::{Error, Function, IntoLua, Lua, LuaString, MultiValue, Table, Value};

use super::bounds::record_position;
use super::errors::{Limited, LuaStopped};
use super::pattern::{Captured, Halt, PatternMatch, Search, seek};
use super::plain::{find_plain, is_plain};
use crate::script::limits::{ELEMENTS, Limit};
use crate::script::meter::Metered;
use crate::script::order::sorted;

/// The interpretations of a pattern, as numbered in `library.lua`.
mod how {
    /// As in `string.find`: a plain string if it contains no special characters.
    pub(super) const FIND: u8 = 0;
    /// A plain string.
    pub(super) const PLAIN: u8 = 1;
    /// A pattern in which a leading `^` is an anchor.
    pub(super) const MATCH: u8 = 2;
}

/// The string, the pattern, the start position, the interpretation of the pattern, and a position
/// at which no match may end.
type MatchInput = (LuaString, LuaString, usize, u8, Option<usize>);

/// Returns the function that searches for a pattern. Its results are the start of the match, the
/// position after its end, and the captures; nothing if there is no match; false and the reason if
/// the pattern is malformed.
pub(super) fn seeker(lua: &Lua, host: &Metered) -> mlua::Result<Function> {
    let host = Rc::clone(host);
    let interrupts = host.interrupts();
    lua.create_function(move |lua, (text, pattern, at, how, but): MatchInput| {
        let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
        let (text, mut pattern): (&[u8], &[u8]) = (&text, &pattern);
        let from = at - 1;
        if how == how::PLAIN || (how == how::FIND && is_plain(pattern)) {
            host.charge_bytes(text.len() - from + pattern.len());
            let place = find_plain(text, pattern, from);
            let found = place.map(|place| PatternMatch { place, captures: Vec::new() });
            return found
                .map_or_else(|| Ok(MultiValue::new()), |found| match_values(lua, text, &found));
        }
        let anchored = how <= how::MATCH && pattern.first() == Some(&b'^');
        if anchored {
            pattern = &pattern[1..];
        }
        let search = Search { from, anchored, but: but.map(|but| but - 1) };
        let mut spend = |steps: usize| {
            // A step is much cheaper than an operation.
            host.charge_operations(u32::try_from(steps / 8).unwrap_or(u32::MAX));
            host.check_limits().is_none() && interrupts.count() == 0
        };
        match seek(text, pattern, &search, &mut spend) {
            Ok(Some(found)) => match_values(lua, text, &found),
            Ok(None) => Ok(MultiValue::new()),
            Err(Halt::Malformed(why)) => {
                Ok([Value::Boolean(false), why.into_lua(lua)?].into_iter().collect())
            }
            Err(Halt::Stopped) if interrupts.count() > 0 => Err(Error::external(LuaStopped)),
            Err(Halt::Stopped) => {
                record_position(lua, &host);
                Err(Error::external(Limited))
            }
        }
    })
}

fn match_values(lua: &Lua, text: &[u8], found: &PatternMatch) -> mlua::Result<MultiValue> {
    let place = [(found.place.start + 1).into_lua(lua), (found.place.end + 1).into_lua(lua)];
    let captures = found.captures.iter().map(|captured| match captured {
        Captured::Text(range) => lua.create_string(&text[range.clone()]).map(Value::String),
        Captured::Position(at) => (at + 1).into_lua(lua),
    });
    place.into_iter().chain(captures).collect()
}

/// Returns the function that charges for the bytes that a library function searches.
pub(super) fn charge(lua: &Lua, host: &Metered) -> mlua::Result<Function> {
    let host = Rc::clone(host);
    lua.create_function(move |_, bytes: usize| {
        host.charge_bytes(bytes);
        Ok(())
    })
}

/// Returns a deterministic `table.sort`: Lua's own version depends on the clock.
pub(super) fn sort(lua: &Lua, host: &Metered) -> mlua::Result<Function> {
    let host = Rc::clone(host);
    let any = lua.load("local a, b = ... return a < b").set_name("=limits").into_function()?;
    lua.create_function(move |lua, (list, by): (Table, Option<Function>)| {
        let length = list.raw_len();
        if length > ELEMENTS {
            host.exceed(Limit::Elements);
            record_position(lua, &host);
            return Err(Error::external(Limited));
        }
        host.charge_operations(u32::try_from(length * 4).unwrap_or(u32::MAX));
        let items =
            (1..=length).map(|at| list.raw_get(at)).collect::<mlua::Result<Vec<Value>>>()?;
        let mut before = |a: &Value, b: &Value| match (&by, a, b) {
            (Some(by), ..) => by.call::<bool>((a, b)),
            (None, Value::Integer(a), Value::Integer(b)) => Ok(a < b),
            (None, Value::Number(a), Value::Number(b)) => Ok(a < b),
            (None, Value::String(a), Value::String(b)) => Ok(a.as_bytes() < b.as_bytes()),
            _ => any.call((a, b)),
        };
        for (at, item) in sorted(items, &mut before)?.into_iter().enumerate() {
            list.raw_set(at + 1, item)?;
        }
        Ok(())
    })
}
