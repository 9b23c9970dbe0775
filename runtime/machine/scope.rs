//! The items of the machine that have to be probed to verify a fact.

use super::guest::GuestScope;
use super::part::MachinePart;
use super::parts::parts;
use super::share::ShareScope;
use super::storage::StorageScope;

macro_rules! scope {
    ($($module:ident $Part:ident,)*) => {
        /// The items of the machine that a fact is about, so that only those are probed again.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Scope {
            $(
                #[doc = concat!("The items of the part `", stringify!($module), "` that may differ.")]
                pub $module: <super::$module::Part as MachinePart>::Scope,
            )*
        }
    };
}

parts!(scope);

impl Scope {
    /// Returns whether nothing needs to be probed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether only links, routes and control groups may differ, and no mounts.
    pub fn is_without_mounts(&self) -> bool {
        let Self { files: (), net, cgroup: _, storage, guest, share } = self;
        // The file of a network namespace is a mount.
        net.namespaces.is_empty()
            && *storage == StorageScope::default()
            && *guest == GuestScope::default()
            && *share == ShareScope::default()
    }
}
