//! The shares of a virtual machine by their tags.

use std::collections::BTreeMap;

use crate::types::{AbsPath, Mismatch, ParamType, ParamValue, ShareTag, Value};

/// The sockets of shares by the tags with which the guest mounts them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShareTags(BTreeMap<String, AbsPath>);

impl ShareTags {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &AbsPath)> {
        self.0.iter().map(|(tag, socket)| (tag.as_str(), socket))
    }
}

impl ParamValue for ShareTags {
    const TYPE: ParamType =
        ParamType::new("shares", "a map from tags to the sockets of virtiofs.share");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let Value::Map(map) = value else { return Err(Mismatch::kind(&Self::TYPE, value)) };
        let entry = |(tag, value): &(String, Value)| {
            let socket = AbsPath::decode(value).map_err(|m| m.inside(&format!(".{tag}")))?;
            ShareTag::decode(&Value::from(tag.as_str()))?;
            Ok((tag.clone(), socket))
        };
        map.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }

    fn encode(&self) -> Value {
        Value::Map(self.0.iter().map(|(tag, socket)| (tag.clone(), socket.encode())).collect())
    }
}
