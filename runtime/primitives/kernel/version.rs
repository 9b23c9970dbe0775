//! The versions of kernel sources and of installed kernels.

use super::{KernelRule, MODULES, SOURCES};
use crate::args;
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::operation::{Answer, Planning, Query};
use crate::primitives::chroot::mounted_root;
use crate::primitives::edit::{exists, system_file};
use crate::primitives::file::text;
use crate::types::{AbsPath, KERNEL_VERSION, KernelVersion, ParamValue, Place, Value};

args! {
    /// Returns the version of kernel sources, such as `6.6.62-gentoo`.
    ///
    /// Reads `include/config/kernel.release` if the sources have been built, and otherwise the
    /// Makefile.
    ///
    /// Source: the kernel's Makefile.
    ///
    /// ```
    /// print(kernel::version("/mnt/old"));
    /// ```
    "kernel.version" => pub struct Version {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The path of the sources in the system.
        pub sources: AbsPath = "/usr/src/linux",
    }
}

args! {
    /// Lists the versions of the installed kernels, sorted by name.
    ///
    /// A kernel is installed if it has a directory in `/lib/modules`. If a plan cannot know it, it
    /// contains the version `<kernel-version>`.
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

/// Returns the version of kernel sources; `None` if a simulation cannot know it.
pub(super) fn version_of(directory: &Place, cx: &Planning<'_>) -> Result<Option<String>> {
    let found = read_version(directory, cx)?;
    if let Some(version) = &found {
        // The version becomes part of paths and arguments, so it is validated like a parameter.
        KernelVersion::decode(&Value::from(version.as_str()))
            .map_err(|_| KernelRule::BadVersion { version: version.clone() })?;
    }
    Ok(found)
}

fn read_version(directory: &Place, cx: &Planning<'_>) -> Result<Option<String>> {
    let below =
        |name: &str| Place { root: directory.root.clone(), path: directory.path.join(name) };
    match text(&below("include/config/kernel.release"), cx)? {
        Some(FileContents::Known(bytes)) => {
            return Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned()));
        }
        Some(FileContents::Unknown(_)) => return Ok(None),
        None => {}
    }
    let makefile = below("Makefile");
    let bytes = match text(&makefile, cx)? {
        Some(FileContents::Known(bytes)) => bytes,
        Some(FileContents::Unknown(_)) => return Ok(None),
        None => return Err(KernelRule::NoSources { place: directory.clone() }.into()),
    };
    let found = in_makefile(&String::from_utf8_lossy(&bytes));
    found.map(Some).ok_or_else(|| KernelRule::NoVersion { place: makefile }.into())
}

/// Returns the version at the beginning of a kernel Makefile.
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
            None => Answer::Assumed(KERNEL_VERSION.into()),
        })
    }
}

impl Query for Installed {
    type Output = Vec<String>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        mounted_root(&self.root, cx)?;
        let modules = system_file(&self.root, MODULES);
        if exists(&modules, cx)? == Some(false) {
            return Ok(Answer::Known(Vec::new()));
        }
        Ok(match cx.files.names(&modules)? {
            Some(names) => {
                Answer::Known(names.into_iter().filter(|name| is_version(name)).collect())
            }
            None => Answer::Assumed(vec![KERNEL_VERSION.into()]),
        })
    }
}

/// Returns whether a name can be part of paths and arguments like the version of a kernel.
fn is_version(name: &str) -> bool {
    name != KERNEL_VERSION && KernelVersion::decode(&Value::from(name)).is_ok()
}

/// Returns the given version, or that of the sources in [`SOURCES`]; `None` if a simulation cannot
/// know it.
pub(in crate::primitives) fn chosen(
    version: Option<&KernelVersion>,
    root: &AbsPath,
    cx: &Planning<'_>,
) -> Result<Option<String>> {
    match version {
        Some(version) => Ok(Some(version.to_string())),
        None => version_of(&system_file(root, SOURCES), cx),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_makefile_is_parsed() {
        let text = "# SPDX\nVERSION = 6\nPATCHLEVEL = 6\nSUBLEVEL = 62\nEXTRAVERSION = -gentoo\nNAME = x\n";
        assert_eq!(in_makefile(text).as_deref(), Some("6.6.62-gentoo"));
        assert_eq!(in_makefile("VERSION = 6\nall:\n"), None);
    }
}
