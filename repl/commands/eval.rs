//! `gscript -e`: evaluates an expression.

use gscript::error::Exit;
use gscript::run::job::evaluate;
use gscript::script::{Language, source};
use gscript::types::Value;

use crate::render::Problem;
use crate::screen::{Shown, say};

pub(crate) fn eval(text: &str, lua: bool) -> Exit {
    let language = if lua { Language::Lua } else { Language::Rhai };
    match evaluate(language, text) {
        Ok(Value::Unit) => Exit::Done,
        Ok(Value::Text(text)) => {
            say(&Shown::lines(&text));
            Exit::Done
        }
        Ok(value) => {
            say(&source::source(&value, language));
            Exit::Done
        }
        Err(error) => {
            Problem::of(&error, text).in_language(language).print();
            Exit::Usage
        }
    }
}
