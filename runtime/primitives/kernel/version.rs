//! Which kernels there are.

use super::{KernelRule, MODULES, SOURCES};
use crate::args;
use crate::error::Result;
use crate::machine::files::Text;
use crate::operation::{Answer, Planning, Query};
use crate::primitives::chroot::mounted_root;
use crate::primitives::edit::{exists, there};
use crate::primitives::file::text;
use crate::types::{AbsPath, KernelVersion, ParamValue, Place, Value};

args! {
    /// Tells the version of kernel sources, as the kernel that is built from them calls itself
    /// (`6.6.62-gentoo`): from `include/config/kernel.release` where they were built, and from their
    /// Makefile before that.
    ///
    /// Source: the kernel's Makefile.
    ///
    /// ```
    /// print(kernel::version("/mnt/old"));
    /// ```
    "kernel.version" => pub struct Version {
        /// The mount point of the system; `/` for the running one.
        pub root: AbsPath,
        /// The directory of the sources in it.
        pub sources: AbsPath = "/usr/src/linux",
    }
}

args! {
    /// Lists the kernels that a system has modules of, in the order of their names.
    ///
    /// Source: `ls /lib/modules`.
    ///
    /// ```
    /// let versions = kernel::installed("/mnt/old");
    /// ```
    "kernel.installed" => pub struct Installed {
        /// The mount point of the system.
        pub root: AbsPath,
    }
}

/// The version of sources; `None` where a simulation can't know.
pub(super) fn version_of(directory: &Place, cx: &Planning<'_>) -> Result<Option<String>> {
    let found = read_version(directory, cx)?;
    if let Some(version) = &found {
        // It becomes a part of paths and arguments: what a file says is checked like what a recipe says.
        KernelVersion::decode(&Value::from(version.as_str()))
            .map_err(|_| KernelRule::BadVersion { version: version.clone() })?;
    }
    Ok(found)
}

fn read_version(directory: &Place, cx: &Planning<'_>) -> Result<Option<String>> {
    let below =
        |name: &str| Place { root: directory.root.clone(), path: directory.path.join(name) };
    match text(&below("include/config/kernel.release"), cx)? {
        Some(Text::Known(bytes)) => {
            return Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned()));
        }
        Some(Text::Unknown(_)) => return Ok(None),
        None => {}
    }
    let makefile = below("Makefile");
    let bytes = match text(&makefile, cx)? {
        Some(Text::Known(bytes)) => bytes,
        Some(Text::Unknown(_)) => return Ok(None),
        None => return Err(KernelRule::NoSources { place: directory.clone() }.into()),
    };
    let found = in_makefile(&String::from_utf8_lossy(&bytes));
    found.map(Some).ok_or_else(|| KernelRule::NoVersion { place: makefile }.into())
}

/// The version that a kernel's Makefile begins with.
fn in_makefile(text: &str) -> Option<String> {
    let field = |name: &str| {
        text.lines().take(20).find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == name).then(|| value.trim())
        })
    };
    let numbers = [field("VERSION")?, field("PATCHLEVEL")?, field("SUBLEVEL")?];
    Some(format!("{}{}", numbers.join("."), field("EXTRAVERSION").unwrap_or_default()))
}

impl Query for Version {
    type Output = String;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<String>> {
        let place = Place::new(&self.sources, Some(&self.root));
        Ok(match version_of(&place, cx)? {
            Some(version) => Answer::Known(version),
            None => Answer::Guess(super::UNKNOWN.into()),
        })
    }
}

impl Query for Installed {
    type Output = Vec<String>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        mounted_root(&self.root, cx)?;
        let modules = there(&self.root, MODULES);
        if exists(&modules, cx)? == Some(false) {
            return Ok(Answer::Known(Vec::new()));
        }
        Ok(match cx.files.names(&modules)? {
            Some(names) => Answer::Known(names),
            None => Answer::Guess(Vec::new()),
        })
    }
}

/// The version that was named, or that of the sources in [`SOURCES`]; `None` where nobody can know.
pub(super) fn chosen(
    version: Option<&KernelVersion>,
    root: &AbsPath,
    cx: &Planning<'_>,
) -> Result<Option<String>> {
    match version {
        Some(version) => Ok(Some(version.to_string())),
        None => version_of(&there(root, SOURCES), cx),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_makefile_tells_the_version() {
        let text = "# SPDX\nVERSION = 6\nPATCHLEVEL = 6\nSUBLEVEL = 62\nEXTRAVERSION = -gentoo\nNAME = x\n";
        assert_eq!(in_makefile(text).as_deref(), Some("6.6.62-gentoo"));
        assert_eq!(in_makefile("VERSION = 6\nall:\n"), None);
    }
}
