//! The menu entries on an EFI system partition.

use serde::Serialize;

use crate::args;
use crate::config::bls;
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::operation::{Answer, Planning, Query};
use crate::primitives::edit::{exists, system_file};
use crate::primitives::file::text;
use crate::types::AbsPath;

args! {
    /// Lists the entries that systemd-boot finds on an EFI system partition.
    ///
    /// Returns a list of maps with `title`, `kernel`, `initrd` (a list) and `cmdline`; the paths are
    /// those in the system. Entries are files in `loader/entries`, and unified kernel images in
    /// `EFI/Linux`. An image is its own `initrd`, its title is the name of the file, and its
    /// `cmdline` is empty, because it is inside the image.
    ///
    /// Source: UAPI.1 Boot Loader Specification.
    ///
    /// ```
    /// let entries = boot::loader_entries("/mnt/old", "/boot/efi");
    /// ```
    "boot.loader_entries" => pub struct LoaderEntries {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The mount point of the EFI system partition in the system.
        pub efi: AbsPath,
    }
}

/// An element of the result of `boot.loader_entries`.
#[derive(Debug, Serialize)]
pub struct LoaderEntryInfo {
    title: String,
    kernel: String,
    initrd: Vec<String>,
    cmdline: String,
}

impl LoaderEntries {
    /// Returns the names of the files in a directory of the partition with this extension; `None`
    /// if a simulation cannot know them.
    fn names(&self, under: &str, ext: &str, cx: &Planning<'_>) -> Result<Option<Vec<String>>> {
        let directory = system_file(&self.root, &self.efi.join(under).to_string());
        if exists(&directory, cx)? == Some(false) {
            return Ok(Some(Vec::new()));
        }
        let names = cx.files.names(&directory)?;
        let wanted = |name: &String| name.to_ascii_lowercase().ends_with(ext);
        Ok(names.map(|names| names.into_iter().filter(wanted).collect()))
    }

    /// Returns the entry in a file; `None` if a simulation cannot know it.
    fn read(&self, name: &str, cx: &Planning<'_>) -> Result<Option<LoaderEntryInfo>> {
        let path = self.efi.join(&format!("{ENTRIES}/{name}")).to_string();
        let Some(FileContents::Known(bytes)) = text(&system_file(&self.root, &path), cx)? else {
            return Ok(None);
        };
        let inside = |path: &str| self.efi.join(path.trim_start_matches('/')).to_string();
        let entry = bls::entry(&String::from_utf8_lossy(&bytes));
        Ok(Some(LoaderEntryInfo {
            title: format!("{} ({})", entry.title, entry.version),
            kernel: inside(&entry.kernel),
            initrd: entry.initrd.iter().map(|path| inside(path)).collect(),
            cmdline: entry.cmdline,
        }))
    }
}

/// The directory with a file per entry.
const ENTRIES: &str = "loader/entries";
/// The directory of unified kernel images.
const IMAGES: &str = "EFI/Linux";

impl Query for LoaderEntries {
    type Output = Vec<LoaderEntryInfo>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let assumed = || Answer::Assumed(Vec::new());
        let Some(files) = self.names(ENTRIES, ".conf", cx)? else { return Ok(assumed()) };
        let Some(images) = self.names(IMAGES, ".efi", cx)? else { return Ok(assumed()) };
        let mut found = Vec::new();
        for name in files {
            let Some(entry) = self.read(&name, cx)? else { return Ok(assumed()) };
            found.push(entry);
        }
        found.extend(images.into_iter().map(|title| {
            let kernel = self.efi.join(&format!("{IMAGES}/{title}")).to_string();
            LoaderEntryInfo { title, initrd: vec![kernel.clone()], kernel, cmdline: String::new() }
        }));
        Ok(Answer::Known(found))
    }
}
