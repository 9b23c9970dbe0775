//! The diagnosis of `stdlib/rescue.rhai` for an interactive session: the problems that prevent a
//! system from booting, and the calls that repair it.

use crate::failure::Failure;
use crate::run::interactive::InteractiveSession;
use crate::script::{Evaluator, Language};
use crate::types::{Map, Secret, Value};

/// A problem that prevents booting, and its repair.
#[derive(Debug, Clone, PartialEq)]
pub struct BootProblem {
    /// The problem.
    pub why: String,
    /// The primitive that repairs the problem, and its arguments by name, if there is one.
    pub call: Option<(String, Map)>,
}

/// The parameter for which an interactive session prompts.
pub const PASSPHRASE: &str = "passphrase";

impl InteractiveSession {
    /// Diagnoses the machine; `root` is the root directory of the system to repair.
    ///
    /// # Errors
    ///
    /// Fails if a query of the diagnosis fails.
    pub fn rescue(&mut self, root: &str) -> Result<Vec<BootProblem>, Failure> {
        let variables: Map = vec![("root".into(), Value::Text(root.into()))];
        let mut evaluator = Evaluator::new(Language::Rhai, &variables, self.host())?;
        let text = "import \"rescue\" as rescue; rescue::diagnose(root)";
        let found = self.with_manual_numbers(|| evaluator.line("rescue", text))?;
        let Value::List(items) = found else { return Ok(Vec::new()) };
        Ok(items.into_iter().filter_map(obstacle).collect())
    }
}

/// Converts an entry of the module's result. The user is prompted for a required secret by its
/// name.
fn obstacle(value: Value) -> Option<BootProblem> {
    let Value::Map(map) = value else { return None };
    let get = |name: &str| map.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let call = get("fix").and_then(Value::as_text).map(|name| {
        let mut args = match get("args") {
            Some(Value::Map(args)) => args.clone(),
            _ => Map::new(),
        };
        if let Some(secret) = get("secret").and_then(Value::as_text) {
            args.push((secret.to_owned(), Value::Secret(Secret::new(secret, Vec::new()))));
        }
        (name.to_owned(), args)
    });
    Some(BootProblem { why: get("why")?.as_text()?.to_owned(), call })
}
