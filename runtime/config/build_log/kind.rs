//! What breaks builds.

/// What broke a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildErrorKind {
    /// A filesystem is full.
    Space,
    /// There is not enough memory.
    Memory,
    /// A file cannot be downloaded.
    Fetch,
    /// A downloaded file is damaged.
    Checksum,
    /// A patch does not apply.
    Patch,
    /// A header or another file that the sources include is missing.
    Header,
    /// A program is missing.
    Program,
    /// A library or package is missing.
    Dependency,
    /// The configuration of the package fails.
    Configure,
    /// The compiler or interpreter rejects the sources.
    Compiler,
    /// The linker fails.
    Linker,
    /// A test of the package fails.
    Test,
    /// The build accesses what it must not access.
    Sandbox,
    /// A file belongs to another package.
    Collision,
    /// The ebuild ends the build itself.
    Ebuild,
}

impl BuildErrorKind {
    /// Returns the word for scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Space => "space",
            Self::Memory => "memory",
            Self::Fetch => "fetch",
            Self::Checksum => "checksum",
            Self::Patch => "patch",
            Self::Header => "header",
            Self::Program => "program",
            Self::Dependency => "dependency",
            Self::Configure => "configure",
            Self::Compiler => "compiler",
            Self::Linker => "linker",
            Self::Test => "test",
            Self::Sandbox => "sandbox",
            Self::Collision => "collision",
            Self::Ebuild => "ebuild",
        }
    }
}
