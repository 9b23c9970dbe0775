//! `gscript -e`: evaluates an expression. If it calls primitives, this machine is probed and read.

use gscript::error::Exit;
use gscript::event::{Event, Listener};
use gscript::run::job::{calls_primitives, evaluate, evaluate_on};
use gscript::run::session::RealMachine;
use gscript::script::{Language, source};
use gscript::types::Value;

use super::{interrupts, this_machine};
use crate::cli::LimitArgs;
use crate::render::Problem;
use crate::screen::{Shown, print_stdout};

/// The help for an action in an expression.
const ONLY_READS: &str =
    "an expression only reads the machine; write actions to a recipe: gscript plan RECIPE";

/// Prints what an expression prints.
struct PrintedText;

impl Listener for PrintedText {
    fn on_event(&mut self, event: &Event) {
        if let Event::Said { text } = event {
            print_stdout(&Shown::lines(text));
        }
    }
}

pub(crate) fn eval(text: &str, lua: bool, limits: LimitArgs) -> Exit {
    let language = if lua { Language::Lua } else { Language::Rhai };
    let result = match calls_primitives(language, text) {
        false => evaluate(language, text, Box::new(PrintedText)),
        true => match read_machine(limits) {
            Ok(machine) => evaluate_on(language, text, machine),
            Err(exit) => return exit,
        },
    };
    match result {
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
            let problem = Problem::of(&error, text).in_language(language);
            match error.exit() {
                Exit::Refused => problem.help(ONLY_READS).print(),
                _ => problem.print(),
            }
            error.exit()
        }
    }
}

fn read_machine(limits: LimitArgs) -> Result<RealMachine, Exit> {
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone(), limits)?;
    Ok(RealMachine { machine, real, listener: Box::new(PrintedText), interrupts })
}
