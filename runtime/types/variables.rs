//! Maps from names to strings.

use std::collections::BTreeMap;

use super::{Mismatch, ParamType, ParamValue, Value};

/// Variables and their values, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Returns an iterator over the names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter()
    }
}

impl ParamValue for Variables {
    const TYPE: ParamType = ParamType::new("variables", "a map from names to strings");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let Value::Map(map) = value else { return Err(Mismatch::kind(&Self::TYPE, value)) };
        let entry = |(name, value): &(String, Value)| {
            let text = String::decode(value).map_err(|m| m.inside(&format!(".{name}")))?;
            if name.is_empty() || name.contains(['=', '\0']) {
                return Err(Mismatch::because(&Self::TYPE, format!("the name {name:?}")));
            }
            Ok((name.clone(), text))
        };
        map.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }

    fn encode(&self) -> Value {
        Value::Map(self.0.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect())
    }
}
