//! What is thrown in Lua.

use std::fmt;

use mlua::{Error, MetaMethod, UserData, UserDataMethods};

/// What Lua says where it gets no more memory (luaM_error).
pub(super) const NO_MEMORY: &str = "not enough memory";

/// Something in a script that does not exist.
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

/// An error that a script has caught: for people its message, without where it passed through.
pub(super) struct Told(pub(super) Error);

impl UserData for Told {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, told, ()| {
            let words = own_words(&told.0);
            Ok(words.lines().next().unwrap_or_default().to_owned())
        });
    }
}

/// The person asked to stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped on request")
    }
}

impl std::error::Error for Stopped {}

/// A limit is reached; the meter knows which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limited;

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped at a limit")
    }
}

impl std::error::Error for Limited {}

/// The message of an error without where it passed through.
pub(super) fn own_words(error: &Error) -> String {
    match error {
        Error::CallbackError { cause, .. } => own_words(cause),
        Error::SyntaxError { message, .. } | Error::RuntimeError(message) => message.clone(),
        other => other.to_string(),
    }
}
