//! Partition types and their codes in both partition table formats.

use crate::machine::PartitionEntry;
use crate::types::{Completes, Mismatch, ParamType, ParamValue, Value, nearest};

/// The type of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartKind {
    /// The type GUID on GPT, in lower case.
    pub gpt: Option<String>,
    /// The type byte on MBR.
    pub mbr: Option<u8>,
}

/// A partition type with a name.
#[derive(Debug)]
pub struct NamedType {
    /// The name that scripts use.
    pub name: &'static str,
    /// The four-digit code that gdisk and the guide use.
    pub code: &'static str,
    gpt: &'static str,
    mbr: Option<u8>,
}

const fn kind(
    name: &'static str,
    code: &'static str,
    gpt: &'static str,
    mbr: Option<u8>,
) -> NamedType {
    NamedType { name, code, gpt, mbr }
}

/// The named types (UAPI Discoverable Partitions Specification, sgdisk(8) `-L`).
pub const KINDS: &[NamedType] = &[
    kind("linux", "8300", "0fc63daf-8483-4772-8e79-3d69d8477de4", Some(0x83)),
    kind("luks", "8309", "ca7d7ccb-63ed-4c53-861c-1742536059cc", Some(0x83)),
    kind("lvm", "8e00", "e6d6d379-f507-44c2-a23c-238f2a3df928", Some(0x8e)),
    kind("raid", "fd00", "a19d880f-05fc-4d3b-a006-743f0f84911e", Some(0xfd)),
    kind("swap", "8200", "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", Some(0x82)),
    kind("efi", "ef00", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", Some(0xef)),
    kind("bios-boot", "ef02", "21686148-6449-6e6f-744e-656564454649", None),
    kind("boot", "ea00", "bc13c2ff-59e6-4262-a352-b275fd6f7172", Some(0xea)),
    kind("home", "8302", "933ac7e1-2eb4-4f13-b844-0e14e2aef915", None),
    kind("data", "0700", "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", Some(0x0c)),
];

/// Returns whether a partition has the type with this name.
pub(in crate::primitives) fn is_kind(partition: &PartitionEntry, name: &str) -> bool {
    KINDS.iter().filter(|kind| kind.name == name).any(|kind| {
        partition.code.eq_ignore_ascii_case(kind.gpt)
            || kind.mbr.is_some_and(|byte| partition.code == format!("{byte:#x}"))
    })
}

const NAMES: &[&str] =
    &["linux", "luks", "lvm", "raid", "swap", "efi", "bios-boot", "boot", "home", "data"];

impl ParamValue for PartKind {
    const TYPE: ParamType = ParamType::new(
        "partition type",
        "linux, luks, lvm, raid, swap, efi, bios-boot, boot, home, data, a code such as 8300, \
         a byte such as 0x83, or a GUID",
    )
    .completes(Completes::Choices(NAMES));

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let Value::Text(text) = value else { return Err(Mismatch::kind(&Self::TYPE, value)) };
        let lower = text.to_ascii_lowercase();
        if let Some(named) = KINDS.iter().find(|k| k.name == lower || k.code == lower) {
            return Ok(Self { gpt: Some(named.gpt.into()), mbr: named.mbr });
        }
        if let Some(byte) = lower.strip_prefix("0x").and_then(|h| u8::from_str_radix(h, 16).ok()) {
            return Ok(Self { gpt: None, mbr: Some(byte) });
        }
        match uuid::Uuid::try_parse(&lower) {
            Ok(guid) if lower.len() == 36 => {
                Ok(Self { gpt: Some(guid.hyphenated().to_string()), mbr: None })
            }
            _ => Err(Mismatch {
                nearest: nearest(&lower, NAMES.iter().copied()).map(Into::into),
                ..Mismatch::because(&Self::TYPE, value.to_string())
            }),
        }
    }

    fn encode(&self) -> Value {
        let named = KINDS.iter().find(|k| self.gpt.as_deref() == Some(k.gpt));
        Value::Text(match (named, &self.gpt, self.mbr) {
            (Some(named), _, _) => named.name.to_owned(),
            (None, Some(guid), _) => guid.clone(),
            (None, None, byte) => format!("{:#04x}", byte.unwrap_or_default()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_codes_bytes_and_guids_are_types() {
        let decode = |text: &str| PartKind::decode(&Value::from(text));
        assert_eq!(decode("linux"), decode("8300"));
        assert_eq!(decode("EF00"), decode("efi"));
        assert_eq!(decode("0x07"), Ok(PartKind { gpt: None, mbr: Some(7) }));
        assert_eq!(decode("0FC63DAF-8483-4772-8E79-3D69D8477DE4").map(|k| k.mbr), Ok(None));
        assert_eq!(decode("lusk").expect_err("a slip").nearest.as_deref(), Some("luks"));
        assert_eq!(NAMES, KINDS.iter().map(|k| k.name).collect::<Vec<_>>());
        for named in KINDS {
            let kind = decode(named.name).expect(named.name);
            assert_eq!(kind.encode(), Value::from(named.name));
        }
    }
}
