//! Setting and reading kernel configuration options.

use std::io::Read;

use super::{KernelRule, SOURCES};
use crate::args;
use crate::config::kernel::{self, Options};
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::machine::is_below;
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query};
use crate::primitives::edit::{edit, writes};
use crate::primitives::file::text;
use crate::types::{AbsPath, Place};

args! {
    /// Sets options in the `.config` of kernel sources.
    ///
    /// Other options are unchanged. `kernel.build` resolves dependencies with `make olddefconfig`;
    /// use `kernel.require` afterwards to check that no option was reset because of an unmet
    /// dependency. Names are accepted with or without `CONFIG_`. Undo restores the previous file.
    ///
    /// Source: guide ER, `zcat /proc/config.gz >.config`; Documentation/kbuild/kconfig.rst.
    ///
    /// ```
    /// kernel::config("/mnt/old", #{ DM_CRYPT: "y", CRYPTO_XTS: "m", HZ: 250, DEBUG_INFO: "n" });
    /// ```
    "kernel.config" => pub struct Config {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The options, as a map from names to `"y"`, `"m"`, `"n"`, a number or a string.
        pub options: Options,
        /// The path of the configuration file in the system.
        pub file: AbsPath = "/usr/src/linux/.config",
        /// The initial configuration if the file does not exist or is empty, such as
        /// `/proc/config.gz`; a path in the running system, uncompressed or compressed with gzip.
        pub base: Option<AbsPath>,
    }
}

args! {
    /// Returns the value of an option in a kernel configuration.
    ///
    /// The result is `"y"`, `"m"`, `"n"` (also for options that the file does not contain), a
    /// number, or a quoted string.
    ///
    /// Source: Documentation/kbuild/kconfig.rst.
    ///
    /// ```
    /// print(kernel::option("/mnt/old", "DM_CRYPT"));
    /// ```
    "kernel.option" => pub struct ConfigOption {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The name of the option, with or without `CONFIG_`.
        pub name: String,
        /// The path of the configuration file in the system, uncompressed or compressed with gzip.
        pub file: AbsPath = "/usr/src/linux/.config",
    }
}

/// Returns the content of a configuration file, decompressed if necessary, or `None` if it does not
/// exist.
pub(super) fn read(place: &Place, cx: &Planning<'_>) -> Result<Option<FileContents>> {
    let found = text(place, cx)?;
    let Some(FileContents::Known(bytes)) = &found else { return Ok(found) };
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(found);
    }
    let mut unpacked = Vec::new();
    // Configurations have at most a few hundred KiB; the limit stops decompression bombs.
    let limited = flate2::read::GzDecoder::new(bytes.as_slice()).take(64 << 20);
    let done = { limited }.read_to_end(&mut unpacked);
    done.map_err(|why| KernelRule::Damaged { place: place.clone(), why: why.to_string() })?;
    Ok(Some(FileContents::Known(unpacked)))
}

impl Action for Config {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let file = self.file.to_string();
        // Installing sources may change where the link to them leads, after the plan.
        let sources = is_below(&file, SOURCES).then(|| writes(&self.root, "/usr/src"));
        sources.into_iter().chain([writes(&self.root, &file)]).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let place = Place::new(&self.file, Some(&self.root));
        let base = match &self.base {
            Some(base) => {
                let base = Place::new(base, None);
                let looked = || vec![base.clone()];
                read(&base, cx)?.ok_or_else(|| KernelRule::NoConfig { searched: looked() })?
            }
            None => FileContents::Known(Vec::new()),
        };
        let unread = matches!(text(&place, cx)?, Some(FileContents::Unknown(_)));
        let plan = edit(place.clone(), cx, |text| {
            let begin = match (&base, text) {
                (FileContents::Known(base), "") if !unread => {
                    String::from_utf8_lossy(base).into_owned()
                }
                _ => text.to_owned(),
            };
            let set =
                |text: String, (name, setting): &(String, _)| kernel::set(&text, name, setting);
            Ok(self.options.0.iter().fold(begin, set))
        })?;
        Ok(plan)
    }
}

impl Query for ConfigOption {
    type Output = String;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<String>> {
        let place = Place::new(&self.file, Some(&self.root));
        match read(&place, cx)? {
            None => Err(KernelRule::NoConfig { searched: vec![place] }.into()),
            Some(FileContents::Unknown(_)) => Ok(Answer::Assumed(kernel::Setting::Yes.to_string())),
            Some(FileContents::Known(bytes)) => {
                let text = String::from_utf8_lossy(&bytes);
                let found = kernel::get(&text, &self.name).unwrap_or(kernel::Setting::No);
                Ok(Answer::Known(found.to_string()))
            }
        }
    }
}
