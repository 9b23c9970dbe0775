//! `libvirt.domain_xml`: a share in the description of a virtual machine.

use super::rule::LibvirtRule;
use crate::args;
use crate::config::domain_xml::{ShareElement, set_share};
use crate::error::Result;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning};
use crate::primitives::edit::edit;
use crate::primitives::virtiofs::map::{ShareCache, ShareSandbox};
use crate::types::{AbsPath, Choice, Place, ShareTag};

args! {
    /// Adds a share of virtiofs to the description of a virtual machine for libvirt.
    ///
    /// A share with the same tag is replaced. The memory of the virtual machine becomes shared (memfd), without which libvirt refuses the share. Everything
    /// else in the file is unchanged, with comments, order and white space. Load it with `virsh define FILE`. Undo restores the previous file.
    ///
    /// libvirt has no option for the map of extended attributes. Where one is needed (see `virtiofs.daemon`), give a script as `binary` that starts
    /// virtiofsd with it: `exec /usr/libexec/virtiofsd "$@" --xattrmap MAP`.
    ///
    /// Source: <https://libvirt.org/formatdomain.html#filesystems>; guide VF 1, 2.
    ///
    /// ```
    /// file::write("/root/web.xml", "<domain type='kvm'><name>web</name><devices/></domain>");
    /// libvirt::domain_xml("/root/web.xml", "/srv/web", "fs", #{ binary: "/usr/local/bin/wrapper-virtiofsd" });
    /// ```
    "libvirt.domain_xml" => pub struct DomainXml {
        /// The file with the description.
        pub file: AbsPath,
        /// The directory to share.
        pub directory: AbsPath,
        /// The tag with which the guest mounts it.
        pub tag: ShareTag,
        /// The program in place of virtiofsd.
        pub binary: Option<AbsPath>,
        /// How long the guest may rely on what it has read; by default virtiofsd decides.
        pub cache: Option<ShareCache>,
        /// What confines virtiofsd; by default namespaces.
        pub sandbox: Option<ShareSandbox>,
    }
}

impl Action for DomainXml {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![FilesEffect::Writes { path: self.file.to_string() }.into()]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let (directory, binary) =
            (self.directory.to_string(), self.binary.as_ref().map(ToString::to_string));
        // libvirt has no word for the policy of virtiofsd itself.
        let cache = self.cache.and_then(|cache| match cache {
            ShareCache::Auto => None,
            ShareCache::Always => Some("always"),
            ShareCache::Never => Some("none"),
        });
        let share = ShareElement {
            directory: &directory,
            tag: self.tag.as_str(),
            binary: binary.as_deref(),
            cache,
            sandbox: self.sandbox.map(ShareSandbox::word),
        };
        let file = self.file.to_string();
        edit(Place::here(&file), cx, |text| {
            set_share(text, &share)
                .map_err(|why| LibvirtRule::Unreadable { file: file.clone(), why }.into())
        })
    }
}
