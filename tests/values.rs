//! Foreign values that would break the file or the command that they get into: each is refused with the
//! parameter, the offending character and the form that is allowed.

use gscript::docs::to_lua;
use gscript::script::Language;

use crate::examples::plan;

/// What is attempted, how, and what it is told.
pub type Attempt = (&'static str, &'static str, &'static str);

/// Attempts in Rhai, three lines each; the same in Lua are derived from them.
pub fn attempts() -> Vec<Attempt> {
    let entry = |entry: &'static str| {
        let lines: Vec<&str> = entry.lines().map(str::trim).collect();
        let [name, call, says] = lines[..] else { panic!("not three lines: {entry}") };
        (name, call, says)
    };
    include_str!("values.txt").split("\n\n").map(entry).collect()
}

/// The attempt's script in a language; `LONG` and `NAME` stand for what takes too much room.
pub fn script(language: Language, call: &str) -> String {
    let call = call.replace("LONG", &"x".repeat(5000)).replace("NAME", &"x".repeat(300));
    match language {
        Language::Rhai => call,
        Language::Lua => to_lua(&call),
    }
}

fn all_are_refused(language: Language) {
    let mut wrong = Vec::new();
    for (name, call, says) in attempts() {
        let script = script(language, call);
        match plan(language, &script) {
            Ok(_) => wrong.push(format!("{name}: it plans\n{script}")),
            Err(error) if !error.contains(says) => wrong.push(format!("{name}: {error}")),
            Err(error) if error.contains(char::is_control) => {
                wrong.push(format!("{name}: a control character in {error:?}"));
            }
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_value_is_refused_in_rhai() {
    all_are_refused(Language::Rhai);
}

#[test]
fn every_value_is_refused_in_lua() {
    all_are_refused(Language::Lua);
}
