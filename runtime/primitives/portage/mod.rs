//! Gentoo's package manager: its settings, its tables, its profile, and emerge.

mod emerge;
mod outcome;
mod profile;
mod rule;
mod settings;

pub use emerge::{Emerge, HasVersion, Resume};
pub(super) use emerge::{Merging, merging};
pub use profile::Profile;
pub use rule::PortageRule;
pub use settings::{AcceptKeywords, License, MakeConf, PackageUse};

use crate::error::Result;

/// Refuses what is not an atom or a set: an option of emerge, for example.
fn must_be_atom(text: &str) -> Result<()> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"@/<>=~!*.+_-:[](),?".contains(&b);
    match !text.is_empty() && !text.starts_with('-') && text.bytes().all(plain) {
        true => Ok(()),
        false => Err(PortageRule::BadAtom { atom: text.to_owned() }.into()),
    }
}
