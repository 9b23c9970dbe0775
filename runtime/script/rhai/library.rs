//! Replacements for Rhai library functions that could use all memory or time in a single call, and
//! for functions that discard the error that ends a script.

use std::rc::Rc;

use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FnPtr, INT, ImmutableString, NativeCallContext, Position,
};

use super::thrown::Temporary;
use crate::script::limits;
use crate::script::meter::Metered;
use crate::script::order::sorted;

pub(super) fn bounded(engine: &mut Engine, host: &Metered) {
    strings(engine, host);
    lists(engine);
    let waits = || -> Result<(), Temporary> { Err("recipes cannot wait for a time".into()) };
    engine.register_fn("sleep", move |_: INT| waits());
    engine.register_fn("sleep", move |_: rhai::FLOAT| waits());
}

fn strings(engine: &mut Engine, host: &Metered) {
    let too_long = || EvalAltResult::ErrorDataTooLarge("string".into(), Position::NONE).into();
    let fits = move |text: &str, find: &str, by: &str| -> Result<String, Temporary> {
        let found = if find.is_empty() { text.len() + 1 } else { text.matches(find).count() };
        let length = found.saturating_mul(by.len()).saturating_add(text.len());
        if length > limits::TEXT { Err(too_long()) } else { Ok(text.replace(find, by)) }
    };
    engine.register_fn(
        "replace",
        move |text: &mut ImmutableString, find: &str, by: &str| -> Result<(), Temporary> {
            *text = fits(text, find, by)?.into();
            Ok(())
        },
    );
    engine.register_fn(
        "replace",
        move |text: &mut ImmutableString, find: char, by: &str| -> Result<(), Temporary> {
            *text = fits(text, find.encode_utf8(&mut [0; 4]), by)?.into();
            Ok(())
        },
    );
    engine.register_fn(
        "pad",
        move |text: &mut ImmutableString, length: INT, by: &str| -> Result<(), Temporary> {
            *text = padded(text, length, by).ok_or_else(too_long)?.into();
            Ok(())
        },
    );
    let meter = Rc::clone(host);
    engine.register_fn("contains", move |text: &str, find: &str| {
        meter.charge_bytes(text.len());
        text.contains(find)
    });
    let meter = Rc::clone(host);
    engine.register_fn("index_of", move |text: &str, find: &str| -> INT {
        meter.charge_bytes(text.len());
        let at = text.find(find).map(|at| text[..at].chars().count());
        at.and_then(|at| INT::try_from(at).ok()).unwrap_or(-1)
    });
}

/// Pads a string to a number of characters. Rhai's own function never returns if the padding is
/// empty.
fn padded(text: &str, length: INT, by: &str) -> Option<String> {
    let missing = usize::try_from(length).unwrap_or(0).saturating_sub(text.chars().count());
    if by.is_empty() || missing == 0 {
        return Some(text.to_owned());
    }
    if missing > limits::TEXT {
        return None;
    }
    let padded: String = text.chars().chain(by.chars().cycle().take(missing)).collect();
    (padded.len() <= limits::TEXT).then_some(padded)
}

/// Registers list functions that stop if the comparison function throws; Rhai's own functions
/// continue.
fn lists(engine: &mut Engine) {
    for name in ["sort", "sort_by"] {
        engine.register_fn(name, sort);
    }
    engine.register_fn("dedup", dedup);
}

#[expect(clippy::needless_pass_by_value, reason = "Rhai passes arguments by value")]
fn sort(cx: NativeCallContext<'_>, list: &mut Array, by: FnPtr) -> Result<(), Temporary> {
    let mut before = |a: &Dynamic, b: &Dynamic| {
        let result = by.call_within_context::<Dynamic>(&cx, (a.clone(), b.clone()))?;
        match (result.as_int(), result.as_bool()) {
            (Ok(order), _) => Ok(order < 0),
            (_, Ok(before)) => Ok(before),
            _ => Err(Temporary::from("the function of a sort must return a number or a boolean")),
        }
    };
    *list = sorted(list.clone(), &mut before)?;
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "Rhai passes arguments by value")]
fn dedup(cx: NativeCallContext<'_>, list: &mut Array, equal: FnPtr) -> Result<(), Temporary> {
    let mut kept = Array::new();
    for item in list.clone() {
        let double = match kept.last() {
            Some(before) => {
                equal.call_within_context::<Dynamic>(&cx, (before.clone(), item.clone()))?
            }
            None => Dynamic::FALSE,
        };
        if double.as_bool() != Ok(true) {
            kept.push(item);
        }
    }
    *list = kept;
    Ok(())
}
