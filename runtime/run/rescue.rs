//! The diagnosis of `stdlib/rescue.rhai` for an interactive session: the problems that prevent a
//! system from booting, and the calls that repair them.

use crate::failure::Failure;
use crate::run::interactive::InteractiveSession;
use crate::script::{Evaluator, Language};
use crate::types::{Map, Secret, Value};

/// A problem that prevents booting, and its repair.
#[derive(Debug, Clone, PartialEq)]
pub struct BootProblem {
    /// The problem.
    pub why: String,
    /// The primitives that repair the problem, in order, with their arguments by name.
    pub calls: Vec<(String, Map)>,
}

/// The parameter for which an interactive session prompts.
pub const PASSPHRASE: &str = "passphrase";

impl BootProblem {
    /// Returns whether a call takes a passphrase.
    pub fn takes_secret(&self) -> bool {
        let args = self.calls.iter().flat_map(|(_, args)| args);
        args.into_iter().any(|(_, value)| matches!(value, Value::Secret(_)))
    }
}

impl InteractiveSession {
    /// Diagnoses the machine; `root` is the root directory of the system to repair. The calls of
    /// a diagnosis that is `read_only` write nothing to any disk.
    ///
    /// # Errors
    ///
    /// Fails if a query of the diagnosis fails.
    pub fn rescue(&mut self, root: &str, read_only: bool) -> Result<Vec<BootProblem>, Failure> {
        let variables: Map = vec![
            ("root".into(), Value::Text(root.into())),
            ("read_only".into(), Value::Bool(read_only)),
        ];
        let mut evaluator = Evaluator::new(Language::Rhai, &variables, self.host())?;
        let text = "import \"rescue\" as rescue; rescue::diagnose(root, read_only)";
        let found = self.with_manual_numbers(|| evaluator.line("rescue", text))?;
        let Value::List(items) = found else { return Ok(Vec::new()) };
        Ok(items.into_iter().filter_map(problem).collect())
    }
}

fn get<'a>(map: &'a Map, name: &str) -> Option<&'a Value> {
    map.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// Converts an entry of the module's result. The user is prompted for a required secret by its
/// name.
fn problem(value: Value) -> Option<BootProblem> {
    let Value::Map(map) = value else { return None };
    let secret = get(&map, "secret").and_then(Value::as_text);
    let call = |fix: &Value| {
        let Value::Map(fix) = fix else { return None };
        let mut args = match get(fix, "args") {
            Some(Value::Map(args)) => args.clone(),
            _ => Map::new(),
        };
        if let Some(secret) = secret {
            let variable = Value::Secret(Secret::new(PASSPHRASE, Vec::new()));
            args.push((secret.to_owned(), variable));
        }
        Some((get(fix, "primitive")?.as_text()?.to_owned(), args))
    };
    let calls = match get(&map, "fixes") {
        Some(Value::List(fixes)) => fixes.iter().filter_map(call).collect(),
        _ => Vec::new(),
    };
    Some(BootProblem { why: get(&map, "why")?.as_text()?.to_owned(), calls })
}
