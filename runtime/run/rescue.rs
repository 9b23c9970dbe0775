//! What prevents a machine from being used, and the calls that repair it: the diagnosis of the module `rescue`
//! of `stdlib/`, for a session.

use crate::run::workbench::Workbench;
use crate::script::{Evaluator, Language, ScriptError};
use crate::types::{Map, Secret, Value};

/// A problem, and what can be done about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The problem.
    pub why: String,
    /// The primitive that repairs it with its arguments by name, where one does.
    pub call: Option<(String, Map)>,
}

/// The name under which a session asks for what opens a container.
pub const PASSPHRASE: &str = "passphrase";

impl Workbench {
    /// Diagnoses the machine, with the root of the system to repair at this place.
    ///
    /// # Errors
    ///
    /// Where a question to the machine fails.
    pub fn rescue(&mut self, root: &str) -> Result<Vec<Finding>, ScriptError> {
        let variables: Map = vec![("root".into(), Value::Text(root.into()))];
        let mut evaluator = Evaluator::new(Language::Rhai, &variables, self.host())?;
        let text = "import \"rescue\" as rescue; rescue::diagnose(root)";
        let found = self.aside_from_the_run(|| evaluator.line("rescue", text))?;
        let Value::List(items) = found else { return Ok(Vec::new()) };
        Ok(items.into_iter().filter_map(finding).collect())
    }
}

/// A map of the module as a finding. A secret that is needed is asked for by its name.
fn finding(value: Value) -> Option<Finding> {
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
    Some(Finding { why: get("why")?.as_text()?.to_owned(), call })
}
