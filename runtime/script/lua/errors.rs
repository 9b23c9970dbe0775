//! Error types that are thrown in Lua.

use std::fmt;

use mlua::{Error, MetaMethod, UserData, UserDataMethods};

/// Lua's message if an allocation fails (luaM_error).
pub(super) const NO_MEMORY: &str = "not enough memory";

/// A function, variable or module that does not exist.
#[derive(Debug, Clone)]
pub(super) struct Unknown {
    pub(super) what: &'static str,
    pub(super) name: String,
    pub(super) remedy: Option<String>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no {} {}", self.what, self.name)
    }
}

impl std::error::Error for Unknown {}

/// An error that a script has caught. Its string form is the message without the call stack.
pub(super) struct CaughtError(pub(super) Error);

impl UserData for CaughtError {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, told, ()| {
            let words = own_message(&told.0);
            Ok(words.lines().next().unwrap_or_default().to_owned())
        });
    }
}

/// The user stopped the script.
#[derive(Debug, Clone, Copy)]
pub(super) struct LuaStopped;

impl fmt::Display for LuaStopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped on request")
    }
}

impl std::error::Error for LuaStopped {}

/// A limit was reached; the meter records which one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limited;

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped at a limit")
    }
}

impl std::error::Error for Limited {}

/// Returns the message of an error without the call stack.
pub(super) fn own_message(error: &Error) -> String {
    match error {
        Error::CallbackError { cause, .. } => own_message(cause),
        Error::SyntaxError { message, .. } | Error::RuntimeError(message) => message.clone(),
        other => other.to_string(),
    }
}
