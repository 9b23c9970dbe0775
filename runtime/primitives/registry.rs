//! The list of primitives. Everything that enumerates primitives (script engines, reference,
//! completion, tests) iterates over [`PRIMITIVES`].

use super::primitive::{action, query};
use crate::primitives as p;
use crate::types::nearest;

pub use super::primitive::{Primitive, Read};

/// All primitives, grouped by domain, in the order of the guide.
pub static PRIMITIVES: &[Primitive] = {
    const ALL: [Primitive; count(LISTS)] = joined(LISTS);
    &ALL
};

/// The lists that make up [`PRIMITIVES`]: add a line for a domain that has its own list.
const LISTS: &[&[Primitive]] = &[
    LISTED,
    &p::net::PRIMITIVES,
    &p::cgroup::PRIMITIVES,
    &p::lxc::PRIMITIVES,
    &p::virtiofs::PRIMITIVES,
    &p::qemu::PRIMITIVES,
    &p::libvirt::PRIMITIVES,
    &p::uml::PRIMITIVES,
    &p::distcc::PRIMITIVES,
];

const fn count(lists: &[&[Primitive]]) -> usize {
    let (mut count, mut list) = (0, 0);
    while list < lists.len() {
        count += lists[list].len();
        list += 1;
    }
    count
}

const fn joined<const N: usize>(lists: &[&[Primitive]]) -> [Primitive; N] {
    let mut all = [lists[0][0]; N];
    let (mut next, mut list) = (0, 0);
    while list < lists.len() {
        let mut entry = 0;
        while entry < lists[list].len() {
            all[next] = lists[list][entry];
            next += 1;
            entry += 1;
        }
        list += 1;
    }
    all
}

/// The primitives of all other domains.
const LISTED: &[Primitive] = &[
    query::<p::disk::List>(),
    query::<p::disk::Devices>(),
    query::<p::disk::Info>(),
    query::<p::disk::Holders>(),
    action::<p::disk::Partition>(),
    action::<p::disk::Wipe>(),
    action::<p::disk::FillRandom>(),
    action::<p::key::Generate>(),
    query::<p::key::Check>(),
    action::<p::key::Protect>(),
    action::<p::key::Unlock>(),
    action::<p::luks::Format>(),
    action::<p::luks::Open>(),
    action::<p::luks::Close>(),
    query::<p::luks::Info>(),
    query::<p::luks::Containers>(),
    query::<p::luks::TestKey>(),
    query::<p::luks::Version>(),
    action::<p::luks::AddKey>(),
    action::<p::luks::Enroll>(),
    action::<p::luks::RemoveKey>(),
    action::<p::luks::BackupHeader>(),
    action::<p::luks::RestoreHeader>(),
    action::<p::crypt::SwapOn>(),
    action::<p::md::Create>(),
    action::<p::md::Assemble>(),
    action::<p::md::Stop>(),
    action::<p::md::MdadmConf>(),
    query::<p::md::List>(),
    query::<p::md::Info>(),
    action::<p::lvm::PvCreate>(),
    action::<p::lvm::VgCreate>(),
    action::<p::lvm::VgActivate>(),
    action::<p::lvm::VgDeactivate>(),
    query::<p::lvm::VgInfo>(),
    query::<p::lvm::Groups>(),
    action::<p::lvm::LvCreate>(),
    action::<p::lvm::ThinPoolCreate>(),
    action::<p::lvm::ThinCreate>(),
    action::<p::lvm::LvRemove>(),
    action::<p::lvm::ThinPoolRemove>(),
    action::<p::lvm::VgRemove>(),
    action::<p::fs::Make>(),
    action::<p::fs::Swap>(),
    action::<p::fs::SwapFile>(),
    query::<p::fs::Uuid>(),
    query::<p::fs::LabelOf>(),
    action::<p::fs::Image>(),
    query::<p::fs::Check>(),
    action::<p::btrfs::Make>(),
    action::<p::btrfs::SubvolumeCreate>(),
    query::<p::btrfs::Subvolumes>(),
    query::<p::btrfs::DefaultSubvolume>(),
    query::<p::btrfs::Missing>(),
    action::<p::mount::MountFs>(),
    action::<p::mount::Tmpfs>(),
    action::<p::mount::Bind>(),
    action::<p::mount::Unmount>(),
    action::<p::mount::SwapOn>(),
    action::<p::mount::SwapOff>(),
    query::<p::mount::List>(),
    action::<p::stage3::Fetch>(),
    action::<p::stage3::Verify>(),
    action::<p::stage3::Unpack>(),
    action::<p::chroot::Prepare>(),
    action::<p::chroot::Run>(),
    action::<p::chroot::Shell>(),
    query::<p::chroot::FindShell>(),
    action::<p::chroot::Release>(),
    query::<p::file::Read>(),
    action::<p::file::Write>(),
    action::<p::file::AppendLine>(),
    action::<p::file::Copy>(),
    action::<p::file::MakeDir>(),
    action::<p::file::Link>(),
    action::<p::file::Remove>(),
    query::<p::file::Exists>(),
    action::<p::file::Chmod>(),
    action::<p::file::Chown>(),
    action::<p::fstab::Write>(),
    action::<p::fstab::Set>(),
    action::<p::fstab::Remove>(),
    query::<p::fstab::Entries>(),
    action::<p::crypttab::Set>(),
    action::<p::crypttab::RemoveEntry>(),
    query::<p::crypttab::Entries>(),
    action::<p::crypttab::SetDmcrypt>(),
    query::<p::system::HostQuery>(),
    query::<p::system::InitOf>(),
    action::<p::system::Hostname>(),
    action::<p::system::Timezone>(),
    action::<p::system::Locale>(),
    action::<p::system::Keymap>(),
    action::<p::system::Password>(),
    action::<p::system::User>(),
    action::<p::system::AuthorizedKeys>(),
    action::<p::system::MachineId>(),
    query::<p::system::Processor>(),
    query::<p::system::Memory>(),
    query::<p::system::Capacity>(),
    query::<p::system::PseudoTerminals>(),
    action::<p::service::Enable>(),
    action::<p::service::Disable>(),
    action::<p::service::Start>(),
    action::<p::service::Stop>(),
    query::<p::service::Status>(),
    action::<p::portage::MakeConf>(),
    action::<p::portage::PackageUse>(),
    query::<p::portage::UseFlags>(),
    action::<p::portage::AcceptKeywords>(),
    action::<p::portage::License>(),
    action::<p::portage::Mask>(),
    action::<p::portage::Unmask>(),
    action::<p::portage::Env>(),
    action::<p::portage::PackageEnv>(),
    action::<p::portage::Repository>(),
    action::<p::portage::BinaryRepository>(),
    query::<p::portage::Repositories>(),
    action::<p::portage::SyncRepository>(),
    query::<p::portage::ProfileList>(),
    action::<p::portage::Profile>(),
    query::<p::portage::Pretend>(),
    action::<p::portage::Accept>(),
    action::<p::portage::Emerge>(),
    action::<p::portage::World>(),
    action::<p::portage::Depclean>(),
    action::<p::portage::Resume>(),
    query::<p::portage::PendingUpdates>(),
    action::<p::portage::ConfigUpdate>(),
    query::<p::portage::HasVersion>(),
    query::<p::portage::Version>(),
    query::<p::portage::BestVersion>(),
    query::<p::portage::Jobserver>(),
    query::<p::portage::RunningJobs>(),
    query::<p::portage::BuildEstimate>(),
    query::<p::portage::History>(),
    query::<p::portage::BuildErrorQuery>(),
    query::<p::kernel::Version>(),
    query::<p::kernel::Installed>(),
    query::<p::kernel::ConfigOption>(),
    query::<p::kernel::Require>(),
    action::<p::kernel::Config>(),
    action::<p::kernel::GenkernelConf>(),
    action::<p::kernel::Build>(),
    action::<p::kernel::Install>(),
    action::<p::kernel::ModulesRebuild>(),
    action::<p::kernel::Initramfs>(),
    action::<p::kernel::Sources>(),
    action::<p::kernel::CopyFrom>(),
    query::<p::boot::Cmdline>(),
    action::<p::boot::GrubInstall>(),
    action::<p::boot::GrubDefaults>(),
    action::<p::boot::GrubConfig>(),
    action::<p::boot::KernelEntries>(),
    action::<p::boot::MenuEntry>(),
    query::<p::boot::Entries>(),
    action::<p::boot::SystemdBoot>(),
    action::<p::boot::KernelInstall>(),
    query::<p::boot::LoaderEntries>(),
    action::<p::journal::KeepOn>(),
    action::<p::plan::MayCall>(),
    query::<p::text::Find>(),
    query::<p::text::Lines>(),
];

/// Returns the primitive with this name (`domain.verb`).
pub fn primitive(name: &str) -> Option<&'static Primitive> {
    PRIMITIVES.iter().find(|primitive| primitive.spec.name == name)
}

/// Returns the name of the primitive that is most similar to a misspelled name.
pub fn nearest_primitive(name: &str) -> Option<&'static str> {
    nearest(name, PRIMITIVES.iter().map(|primitive| primitive.spec.name))
}

/// Returns the domains in the order of [`PRIMITIVES`], without duplicates.
pub fn domains() -> Vec<&'static str> {
    let mut domains: Vec<&str> = PRIMITIVES.iter().map(|p| p.spec.domain()).collect();
    domains.dedup();
    domains
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Words that are not allowed as function or module names in Rhai or Lua.
    const RESERVED: &[&str] = &[
        // Rhai: keywords and reserved words.
        "let",
        "const",
        "is",
        "if",
        "else",
        "while",
        "loop",
        "do",
        "until",
        "for",
        "in",
        "break",
        "continue",
        "return",
        "throw",
        "try",
        "catch",
        "import",
        "export",
        "as",
        "global",
        "fn",
        "private",
        "this",
        "Fn",
        "call",
        "curry",
        "is_shared",
        "is_def_fn",
        "is_def_var",
        "type_of",
        "print",
        "debug",
        "eval",
        "sync",
        "new",
        "spawn",
        "default",
        "module",
        "package",
        "with",
        "match",
        "go",
        "use",
        "static",
        "shared",
        "async",
        "await",
        "yield",
        "goto",
        "exit",
        "thread",
        "switch",
        "case",
        "void",
        "null",
        "nil",
        "var",
        "public",
        "protected",
        "super",
        // Lua 5.4.
        "and",
        "end",
        "false",
        "function",
        "local",
        "not",
        "or",
        "repeat",
        "then",
        "true",
        "elseif",
    ];

    #[test]
    fn names_are_unique_and_legal_in_both_languages() {
        let mut seen = HashSet::new();
        let words = crate::test::TEST_FUNCTIONS.iter().map(|word| word.spec);
        for spec in PRIMITIVES.iter().map(|primitive| primitive.spec).chain(words) {
            let name = spec.name;
            assert!(seen.insert(name), "{name} is listed twice");
            let (domain, verb) = name.split_once('.').expect(name);
            let parameters = spec.params.iter().map(|param| param.name);
            for word in [domain, verb].into_iter().chain(parameters) {
                let legal =
                    word.bytes().all(|b| b.is_ascii_lowercase() || b"_0123456789".contains(&b));
                assert!(legal && !word.is_empty(), "{name}: {word}");
                assert!(!RESERVED.contains(&word), "{name}: {word} is reserved");
            }
        }
    }

    #[test]
    fn domains_are_listed_together() {
        let domains = domains();
        let unique: HashSet<&str> = domains.iter().copied().collect();
        assert_eq!(domains.len(), unique.len(), "{domains:?}");
    }

    #[test]
    fn everything_is_documented_and_required_parameters_come_first() {
        for primitive in PRIMITIVES {
            let spec = primitive.spec;
            assert!(spec.doc.trim().len() > 20, "{} has no documentation", spec.name);
            assert!(spec.doc.contains("```"), "{} has no example", spec.name);
            let mut optional = false;
            for param in spec.params {
                assert!(
                    !param.doc.trim().is_empty(),
                    "{}: {} is undocumented",
                    spec.name,
                    param.name
                );
                assert!(
                    !(optional && param.required()),
                    "{}: the required parameter {} follows an optional one",
                    spec.name,
                    param.name
                );
                optional |= !param.required();
            }
        }
    }
}
