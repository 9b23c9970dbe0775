//! virtiofsd: the two programs of this name, and their versions.

use serde::{Deserialize, Serialize};

/// The name of the program.
pub const VIRTIOFSD: &str = "virtiofsd";

/// The two programs with the name virtiofsd, which have different options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Implementation {
    /// Part of QEMU until version 7.2.
    C,
    /// A project of its own.
    Rust,
}

impl Implementation {
    /// Returns the name of the language in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::Rust => "rust",
        }
    }
}

/// A virtiofsd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Daemon {
    /// Which of the two it is.
    pub implementation: Implementation,
    /// Its version: that of QEMU for the one in C.
    pub version: String,
}

impl Daemon {
    /// Reads the output of `virtiofsd --version`: `virtiofsd version 7.2.22 (Debian …)` in C, `virtiofsd 1.14.0` or, before
    /// version 1.5, `virtiofsd backend 1.4.0` in Rust.
    pub fn of(said: &str) -> Option<Self> {
        let words = said.lines().next()?.strip_prefix("virtiofsd ")?;
        let (implementation, version) = match words.strip_prefix("version ") {
            Some(version) => (Implementation::C, version),
            None => (Implementation::Rust, words.strip_prefix("backend ").unwrap_or(words)),
        };
        let version = version.split_whitespace().next()?.to_owned();
        let numbers = version.split(['.', '-']).next()?.parse::<u32>().is_ok();
        numbers.then_some(Self { implementation, version })
    }

    /// Returns the daemon that a plan assumes where none is known: the first in Rust that needs no other map for links.
    pub fn assumed() -> Self {
        Self { implementation: Implementation::Rust, version: "1.14.0".into() }
    }

    /// Returns whether it leaves the attributes of a symbolic link alone when the owner of the link changes.
    ///
    /// The C daemon and the Rust daemon before 1.14 remove `security.capability` from whatever is chowned. If the map renames
    /// that attribute to one in `user.`, Linux refuses this for symbolic links (xattr(7)), and the change of owner fails.
    pub fn keeps_attributes_of_links(&self) -> bool {
        let mut numbers =
            self.version.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
        let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        self.implementation == Implementation::Rust && version >= (1, 14)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_daemons_are_told_apart() {
        let c = Daemon::of(
            "virtiofsd version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright (c) 2003-2022 Fabrice Bellard\n\
             using FUSE kernel interface version 7.36\n",
        )
        .expect("a version");
        assert_eq!((c.implementation, c.version.as_str()), (Implementation::C, "7.2.22"));
        assert!(!c.keeps_attributes_of_links());
        for (said, version, keeps) in [
            ("virtiofsd 1.14.0\n", "1.14.0", true),
            ("virtiofsd 1.13.3\n", "1.13.3", false),
            ("virtiofsd backend 1.4.0\n", "1.4.0", false),
            ("virtiofsd 2.0.0-dev", "2.0.0-dev", true),
        ] {
            let rust = Daemon::of(said).expect(said);
            assert_eq!(
                (rust.implementation, rust.version.as_str()),
                (Implementation::Rust, version)
            );
            assert_eq!(rust.keeps_attributes_of_links(), keeps, "{said}");
        }
        assert_eq!(Daemon::of("virtiofsd: not found"), None);
        assert_eq!(Daemon::of(""), None);
        assert!(Daemon::assumed().keeps_attributes_of_links());
    }
}
