//! Setting and reading options.

use std::io::Read;

use super::KernelRule;
use crate::args;
use crate::config::kernel::{self, Options};
use crate::error::Result;
use crate::machine::files::Text;
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query};
use crate::primitives::edit::{edit, writes};
use crate::primitives::file::text;
use crate::types::{AbsPath, Place};

args! {
    /// Sets options in the `.config` of kernel sources; everything else in it stays as it is. What
    /// depends on them is brought into line by `kernel.build`, which runs `make olddefconfig` first;
    /// `kernel.require` then tells whether an option was taken back because something that it needs is
    /// not set. Names are written with or without `CONFIG_`.
    ///
    /// Source: guide ER, `zcat /proc/config.gz >.config`; Documentation/kbuild/kconfig.rst.
    ///
    /// ```
    /// kernel::config("/mnt/old", #{ DM_CRYPT: "y", CRYPTO_XTS: "m", HZ: 250, DEBUG_INFO: "n" });
    /// ```
    "kernel.config" => pub struct Config {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The options: `"y"`, `"m"`, `"n"`, a number, a text.
        pub options: Options,
        /// The file in it.
        pub file: AbsPath = "/usr/src/linux/.config",
        /// The configuration to begin with where there is none yet, of the running system:
        /// `/proc/config.gz`.
        pub base: Option<AbsPath>,
    }
}

args! {
    /// Reads an option of a kernel's configuration: `"y"`, `"m"`, `"n"` (also where the file does not
    /// mention it), the number, or the text in its quotes.
    ///
    /// Source: Documentation/kbuild/kconfig.rst.
    ///
    /// ```
    /// print(kernel::option("/mnt/old", "DM_CRYPT"));
    /// ```
    "kernel.option" => pub struct ConfigOption {
        /// The mount point of the system; `/` for the running one.
        pub root: AbsPath,
        /// Its name, with or without `CONFIG_`.
        pub name: String,
        /// The file in it: as it is, or compressed with gzip.
        pub file: AbsPath = "/usr/src/linux/.config",
    }
}

/// The text of a configuration, unpacked where that is needed; nothing if it does not exist.
pub(super) fn read(place: &Place, cx: &Planning<'_>) -> Result<Option<Text>> {
    let found = text(place, cx)?;
    let Some(Text::Known(bytes)) = &found else { return Ok(found) };
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(found);
    }
    let mut unpacked = Vec::new();
    // No configuration is larger than a few hundred KiB.
    let limited = flate2::read::GzDecoder::new(bytes.as_slice()).take(64 << 20);
    let done = { limited }.read_to_end(&mut unpacked);
    done.map_err(|why| KernelRule::Damaged { place: place.clone(), why: why.to_string() })?;
    Ok(Some(Text::Known(unpacked)))
}

impl Action for Config {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, &self.file.to_string())]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let place = Place::new(&self.file, Some(&self.root));
        let base = match &self.base {
            Some(base) => {
                let base = Place::new(base, None);
                let looked = || vec![base.clone()];
                read(&base, cx)?.ok_or_else(|| KernelRule::NoConfig { looked: looked() })?
            }
            None => Text::Known(Vec::new()),
        };
        let plan = edit(place.clone(), cx, |text| {
            let begin = match (&base, text) {
                (Text::Known(base), "") => String::from_utf8_lossy(base).into_owned(),
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
            None => Err(KernelRule::NoConfig { looked: vec![place] }.into()),
            Some(Text::Unknown(_)) => Ok(Answer::Guess(kernel::Setting::Yes.to_string())),
            Some(Text::Known(bytes)) => {
                let text = String::from_utf8_lossy(&bytes);
                let found = kernel::get(&text, &self.name).unwrap_or(kernel::Setting::No);
                Ok(Answer::Known(found.to_string()))
            }
        }
    }
}
