//! Foreign values that would corrupt the file or the command that they are inserted into. Each is
//! refused, and the error names the parameter, the offending character and the allowed form.

use gscript::reference::docs::to_lua;
use gscript::script::Language;

use super::Attempt;
use crate::reference::examples::plan;

/// Returns the attempts of this class. Each has three lines in `values.txt`: its name, the call in
/// Rhai, and the expected error. The call in Lua is derived from it.
pub fn attempts() -> Vec<Attempt> {
    let entry = |entry: &'static str| {
        let lines: Vec<&str> = entry.lines().map(str::trim).collect();
        let [name, call, says] = lines[..] else { panic!("not three lines: {entry}") };
        Attempt::new(name).check(move || refused(call, says))
    };
    include_str!("values.txt").split("\n\n").map(entry).collect()
}

/// Plans a call in both languages; `LONG` and `NAME` in it stand for strings that exceed a limit.
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
