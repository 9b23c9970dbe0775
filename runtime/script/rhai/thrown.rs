//! Errors that are thrown in Rhai.

use crate::failure::Failure;
use rhai::{Dynamic, EvalAltResult, Position};

use crate::script::meter::Metered;

pub(super) type Temporary = Box<EvalAltResult>;

/// The kind of the "data too large" error for lists that are nested too deeply.
pub(super) const NESTED: &str = "nesting";

/// Creates an error that scripts can catch, unless it must end the script.
#[expect(clippy::unnecessary_box_returns, reason = "Rhai's errors are boxed")]
pub(super) fn throw_at(error: Failure, host: &Metered, position: Position) -> Temporary {
    let ends = host.limit_reached().is_some() || error.is_stop();
    let value = Dynamic::from(error);
    match ends {
        true => EvalAltResult::ErrorTerminated(value, position).into(),
        false => EvalAltResult::ErrorRuntime(value, position).into(),
    }
}
