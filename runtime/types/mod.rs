//! The value types of the domain: small types that can't hold an invalid value.
//!
//! Each type has its own file, documents the accepted values, and decodes itself from a script
//! value ([`ParamValue`]). To add a type, add a file here, an `impl ParamValue`, and a line below.

mod bytes;
mod choices;
mod device;
mod diff;
mod digest;
mod ip;
mod literal;
mod mode;
mod name;
mod nearest;
mod number;
mod param;
mod path;
mod pattern;
mod placeholder;
mod secret;
mod shown;
mod size;
mod text;
mod value;
mod variables;

pub use bytes::{bytes_of, path_of, text_of};
pub use choices::{
    BtrfsProfile, Choice, FsKind, KdfKind, LuksVersion, MdFormat, Propagation, RaidLevel, TableKind,
};
pub use device::DevicePath;
pub use diff::unified_diff;
pub use digest::{hex, sha256, unhex};
pub use ip::{Destination, IpAddress, IpPrefix};
pub use literal::{lua_literal, rhai_literal};
pub use mode::Mode;
pub use name::{ArrayId, ArrayName, Label, LvmName, MapName, is_reserved_by_lvm};
pub use nearest::nearest;
pub use number::{
    FstabNumber, Jobs, KeyBits, KeyBytes, Seconds, SectorSize, SwapPriority, UserId, VlanId,
};
pub use param::{Completes, Mismatch, Param, ParamType, ParamValue};
pub use path::{AbsPath, Place};
pub use pattern::Pattern;
pub use placeholder::{HOST_KEY, KERNEL_VERSION, UUID_AT_RUN_TIME, placeholder};
pub use secret::Secret;
pub use shown::{cut, is_deceptive, printable, printable_json, quote};
pub use size::{Extents, MIB, PartSize, Size};
pub use text::{
    Address, Atom, Cipher, Compression, ConfText, CrypttabField, DmcryptText, DomainName,
    Fingerprint, FsType, FstabPlace, FstabSource, GuestName, HostKeyFingerprint, HostName,
    KernelLine, KernelVersion, KernelWord, KeymapName, Keyword, LicenseName, Line, LinkTarget,
    LocaleName, MacAddress, MenuTitle, ModuleName, MountOptions, Owner, PcrList, ProfileName,
    ProgramName, RelativePath, RepoName, ServiceName, ShareTag, StageVariant, SyncType, SyncUri,
    TableEntry, TableFile, TemplateName, TimeZone, TokenDevice, UseFlag, UserName, XattrMap,
};
pub use value::{Map, Value};
pub use variables::Variables;
