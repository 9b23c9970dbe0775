//! The items of the machine that have to be probed to verify a fact.

use super::part::MachinePart;
use super::parts::parts;

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
}
