//! `gscript -e`: evaluates an expression.

use gscript::error::Exit;
use gscript::run::job::evaluate;
use gscript::script::{Language, source};
use gscript::types::Value;

use crate::render::Problem;
use crate::screen::{Shown, print_stdout};

pub(crate) fn eval(text: &str, lua: bool) -> Exit {
    let language = if lua { Language::Lua } else { Language::Rhai };
    match evaluate(language, text) {
        Ok(Value::Unit) => Exit::Done,
        Ok(Value::Text(text)) => {
            print_stdout(&Shown::lines(&text));
            Exit::Done
        }
        Ok(value) => {
            print_stdout(&source::source(&value, language));
            Exit::Done
        }
        Err(error) => {
            Problem::of(&error, text).in_language(language).print();
            Exit::Usage
        }
    }
}
