//! Foreign values that would break the file or the command that they get into: each is refused with the
//! parameter, the offending character and the form that is allowed.

use gscript::reference::docs::to_lua;
use gscript::script::Language;

use super::Attempt;
use crate::reference::examples::plan;

/// The attempts of this class: three lines each in a file of its own, its name, the call in Rhai, and what
/// it is told. The call in Lua is derived from it.
pub fn attempts() -> Vec<Attempt> {
    let entry = |entry: &'static str| {
        let lines: Vec<&str> = entry.lines().map(str::trim).collect();
        let [name, call, says] = lines[..] else { panic!("not three lines: {entry}") };
        Attempt::new(name).check(move || refused(call, says))
    };
    include_str!("values.txt").split("\n\n").map(entry).collect()
}

/// Plans a call in both languages; `LONG` and `NAME` in it stand for what takes too much room.
fn refused(call: &str, says: &str) -> Result<(), String> {
    let rhai = call.replace("LONG", &"x".repeat(5000)).replace("NAME", &"x".repeat(300));
    let lua = to_lua(&rhai);
    for (language, script) in [(Language::Rhai, rhai), (Language::Lua, lua)] {
        match plan(language, &script) {
            Ok(_) => return Err(format!("it plans: {script}")),
            Err(error) if !error.contains(says) => return Err(error),
            Err(error) if error.contains(char::is_control) => {
                return Err(format!("a control character in {error:?}"));
            }
            Err(_) => {}
        }
    }
    Ok(())
}
