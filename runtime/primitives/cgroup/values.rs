//! Names, limits and controllers of control groups as parameters.

use crate::machine::cgroup::{ROOT, pids_of};
use crate::types::{Choice, Mismatch, ParamType, ParamValue, Size, Value};

/// The name of a control group: its path below the mount point of a hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CgroupName(String);

/// The longest name, in bytes: `NAME_MAX` for a component, and room for the mount point.
const MAX_NAME: usize = 255;
const MAX_PATH: usize = 2048;

impl CgroupName {
    /// Creates a name that is known to be valid, without validation.
    pub(super) fn assume_valid(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Returns the name without a leading slash; [`ROOT`] for the group at the top.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the groups that contain the group, from the top.
    pub fn above(&self) -> Vec<String> {
        let mut names = vec![ROOT.to_owned()];
        names.extend(self.0.match_indices('/').map(|(at, _)| self.0[..at].to_owned()));
        names.retain(|name| self.0 != ROOT && !name.is_empty());
        names
    }
}

impl ParamValue for CgroupName {
    const TYPE: ParamType = ParamType::new(
        "control group",
        "a path such as \"build\" or \"guests/web\", of names of letters, digits, @, :, +, _, . or -, not \
         starting with a . or -, or \"cgroup.\"; or \"/\" for the group at the top",
    );

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let Value::Text(text) = value else { return Err(Mismatch::kind(&Self::TYPE, value)) };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"@:+_.-".contains(&b);
        let fits = |name: &str| {
            (1..=MAX_NAME).contains(&name.len())
                && !name.starts_with(['.', '-'])
                && !name.starts_with("cgroup.")
                && name.bytes().all(plain)
        };
        let path = text.strip_prefix('/').unwrap_or(text);
        if text == ROOT {
            return Ok(Self(text.clone()));
        }
        match path.split('/').all(fits) && path.len() <= MAX_PATH {
            true => Ok(Self(path.to_owned())),
            false => Err(Mismatch::because(&Self::TYPE, value.to_string())),
        }
    }

    fn encode(&self) -> Value {
        Value::Text(self.0.clone())
    }
}

/// Reads `max` as no limit, and any other value by its type.
fn or_max<T: ParamValue>(ty: &ParamType, value: &Value) -> Result<Option<T>, Mismatch> {
    match value {
        Value::Text(text) if text == "max" => Ok(None),
        value => T::decode(value)
            .map(Some)
            .map_err(|wrong| Mismatch { expected: ty.expects.to_owned(), ..wrong }),
    }
}

/// A limit in bytes; `None` for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteLimit(pub Option<Size>);

impl ParamValue for ByteLimit {
    const TYPE: ParamType =
        ParamType::new("size limit", "a size such as \"512M\" or \"4G\", or \"max\"");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        or_max(&Self::TYPE, value).map(Self)
    }

    fn encode(&self) -> Value {
        self.0.map_or_else(|| Value::from("max"), |size| size.encode())
    }
}

/// Defines a number with a range, or `max`.
macro_rules! counts {
    ($($(#[doc = $doc:literal])* $name:ident, $short:literal, $expects:literal, $range:expr, $max:expr;)*) => { $(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub Option<u32>);

        impl ParamValue for $name {
            const TYPE: ParamType = ParamType::new($short, $expects);

            fn decode(value: &Value) -> Result<Self, Mismatch> {
                let count: Option<u32> = or_max(&Self::TYPE, value)?;
                let fits = count.map_or($max, |count| $range.contains(&count));
                match fits {
                    true => Ok(Self(count)),
                    false => Err(Mismatch::because(&Self::TYPE, value.to_string())),
                }
            }

            fn encode(&self) -> Value {
                self.0.map_or_else(|| Value::from("max"), |count| Value::Int(count.into()))
            }
        }
    )* };
}

counts! {
    /// A number of processes; `None` for no limit. The kernel has at most 4194304.
    CountLimit, "count limit", "a number from 1 to 4194304, or \"max\"", (1..=4_194_304), true;

    /// A percentage of one processor; `None` for no limit. The kernel's least quota is 1 ms of 100.
    PercentLimit, "percentage limit",
    "a percentage of one processor from 1 to 1000000, such as 150 for one and a half, or \"max\"",
    (1..=1_000_000), true;

    /// A number of operations in a second; `None` for no limit.
    OperationLimit, "operation limit", "a number from 1 to 4000000000, or \"max\"",
    (1..=4_000_000_000), true;

    /// A weight.
    Weight, "weight", "a number from 1 to 10000", (1..=10_000), false;
}

/// A list of processors or memory nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpuList(pub String);

impl ParamValue for CpuList {
    const TYPE: ParamType =
        ParamType::new("processor list", "numbers and ranges such as \"0-3,7\" (cpuset(7))");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Text(text) if !text.is_empty() && pids_of(text).is_some() => {
                Ok(Self(text.clone()))
            }
            Value::Int(number) if (0..8192).contains(number) => Ok(Self(number.to_string())),
            Value::Text(_) | Value::Int(_) => {
                Err(Mismatch::because(&Self::TYPE, value.to_string()))
            }
            other => Err(Mismatch::kind(&Self::TYPE, other)),
        }
    }

    fn encode(&self) -> Value {
        Value::Text(self.0.clone())
    }
}

/// The number of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessNumber(pub u32);

impl ParamValue for ProcessNumber {
    const TYPE: ParamType = ParamType::new("process", "the number of a process, from 1 to 4194304");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Int(pid) => u32::try_from(*pid)
                .ok()
                .filter(|pid| (1..=4_194_304).contains(pid))
                .map(Self)
                .ok_or_else(|| Mismatch::because(&Self::TYPE, value.to_string())),
            other => Err(Mismatch::kind(&Self::TYPE, other)),
        }
    }

    fn encode(&self) -> Value {
        Value::Int(self.0.into())
    }
}

/// A controller that can be given to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controller {
    /// Processor time.
    Cpu,
    /// Processors and memory nodes.
    Cpuset,
    /// Throughput of disks.
    Io,
    /// Memory.
    Memory,
    /// The number of processes.
    Pids,
    /// Huge pages.
    Hugetlb,
    /// Devices, in version 1. Version 2 filters devices without a controller.
    Devices,
}

impl Choice for Controller {
    const NAME: &'static str = "controller";
    const WORDS: &'static [&'static str] =
        &["cpu", "cpuset", "io", "memory", "pids", "hugetlb", "devices"];
    const ALL: &'static [Self] = &[
        Self::Cpu,
        Self::Cpuset,
        Self::Io,
        Self::Memory,
        Self::Pids,
        Self::Hugetlb,
        Self::Devices,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_lead_out_of_a_hierarchy_or_to_its_files() {
        let name = |text: &str| CgroupName::decode(&Value::Text(text.into())).map(|name| name.0);
        assert_eq!(name("/a/b").as_deref(), Ok("a/b"));
        assert_eq!(name("user@1000.service").as_deref(), Ok("user@1000.service"));
        let long = "a".repeat(256);
        for wrong in
            ["", "//", "a//b", "a/", "..", "a/../b", ".", "-a", "cgroup.procs", "a b", "a\n", &long]
        {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
        let above = |text: &str| {
            CgroupName::decode(&Value::Text(text.into())).map(|name| name.above()).ok()
        };
        assert_eq!(above("a/b/c"), Some(vec!["/".into(), "a".into(), "a/b".into()]));
        assert_eq!(above("/"), Some(Vec::new()));
    }

    #[test]
    fn limits_have_ranges() {
        let count = |value: Value| CountLimit::decode(&value).map(|limit| limit.0).ok();
        assert_eq!(count(Value::Int(20)), Some(Some(20)));
        assert_eq!(count(Value::from("max")), Some(None));
        assert_eq!(count(Value::Int(0)), None);
        assert_eq!(count(Value::from("20")), None);
        assert!(Weight::decode(&Value::from("max")).is_err());
        assert!(Weight::decode(&Value::Int(10_001)).is_err());
        assert_eq!(ByteLimit::decode(&Value::from("64M")), Ok(ByteLimit(Some(Size::mib(64)))));
        assert!(CpuList::decode(&Value::from("0-")).is_err());
        assert!(ProcessNumber::decode(&Value::Int(0)).is_err());
    }
}
