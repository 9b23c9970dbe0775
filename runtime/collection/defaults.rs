//! The defaults of the parameters that needs name: an update that changes one may do more than
//! before, although its needs are the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plan::needs::Needs;
use crate::recipe::ParamDecl;
use crate::types::{Map, Value};

/// The defaults by parameter. A parameter of several layouts may have several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedDefaults(BTreeMap<String, Vec<String>>);

impl NeedDefaults {
    /// Returns the defaults of those parameters that the needs name.
    pub(super) fn of(needs: &Needs, params: &[ParamDecl]) -> Self {
        let mut defaults: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in needs.params() {
            let declared = params.iter().filter(|param| param.name == name);
            let values: Vec<String> =
                declared.filter_map(|param| param.default.as_ref()).flat_map(strings).collect();
            if !values.is_empty() {
                defaults.insert(name.to_owned(), values);
            }
        }
        Self(defaults)
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the needs with these values in place of the parameters.
    pub(super) fn resolve(&self, needs: &Needs) -> Needs {
        let texts = |values: &[String]| values.iter().cloned().map(Value::Text).collect();
        let each =
            |(name, values): (&String, &Vec<String>)| (name.clone(), Value::List(texts(values)));
        let params: Map = self.0.iter().map(each).collect();
        needs.resolved(&params)
    }

    /// Returns the defaults that other ones do not have, as in front matter.
    pub(super) fn changed_since(&self, before: &Self) -> Vec<String> {
        let new = self.0.iter().filter(|(name, values)| before.0.get(*name) != Some(values));
        let quoted = |text: &String| toml::Value::String(text.clone()).to_string();
        let line = |(name, values): (&String, &Vec<String>)| {
            let values: Vec<String> = values.iter().map(quoted).collect();
            format!("{name} = {}", values.join(" or "))
        };
        new.map(line).collect()
    }
}

fn strings(value: &toml::Value) -> Vec<String> {
    match value {
        toml::Value::String(text) => vec![text.clone()],
        toml::Value::Array(items) => items.iter().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}
