//! Checking kernel configurations for required options.

use super::config::read;
use super::kconfig;
use super::known::{OptionSet, menu};
use super::rule::CheckedOption;
use super::{KernelRule, SOURCES};
use crate::args;
use crate::config::kernel::{self, Options, Setting};
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::operation::{Answer, Planning, Query};
use crate::primitives::edit::system_file;
use crate::types::{AbsPath, Place};

args! {
    /// Checks that a kernel configuration has all required options.
    ///
    /// Fails if options are missing, with a table of the changes to make in menuconfig. The set
    /// `encrypted-root` contains the options for booting from LVM in a LUKS container,
    /// `guide-crypto` those that the guide requires to be set to Yes.
    ///
    /// Returns a list of maps with `option`, `wanted`, `found`, `ok` and `menu` (the position in
    /// menuconfig, or nil if it is unknown). Kernels drop options over the years: one that the
    /// Kconfig files of the sources do not define cannot be set, so it is not required either, and
    /// `found` is `"no such option"`. By default, the configuration is that of the running
    /// kernel (`/proc/config.gz`, `/boot/config-VERSION`) if the root is `/`, and otherwise that of
    /// the sources in `/usr/src/linux`.
    ///
    /// Source: guide ER, "ensure the following options are set to Yes"; Gentoo wiki, "Dm-crypt".
    ///
    /// ```
    /// let table = kernel::require("/mnt/old", "encrypted-root", #{ options: #{ EXT4_FS: "y" }, check: false });
    /// ```
    "kernel.require" => pub struct Require {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The set of required options.
        pub need: OptionSet,
        /// Additional required options; for `"m"`, built-in is sufficient as well.
        pub options: Option<Options>,
        /// The path of the configuration file in the system, uncompressed or compressed with gzip.
        pub file: Option<AbsPath>,
        /// Whether missing options are an error.
        pub check: bool = true,
        /// Whether to return an empty list if no configuration is found, instead of an error.
        pub if_known: bool = false,
    }
}

impl Require {
    /// Returns the paths of possible configuration files, in the order of preference.
    fn places(&self, cx: &Planning<'_>) -> Vec<Place> {
        if let Some(file) = &self.file {
            return vec![Place::new(file, Some(&self.root))];
        }
        let sources = system_file(&self.root, &format!("{SOURCES}/.config"));
        if self.root.to_string() != "/" {
            return vec![sources];
        }
        let mut places = vec![Place::here("/proc/config.gz")];
        if let Ok(FileContents::Known(release)) =
            cx.files.read(&Place::here("/proc/sys/kernel/osrelease"))
        {
            let release = String::from_utf8_lossy(&release);
            places.push(Place::here(format!("/boot/config-{}", release.trim())));
        }
        places.push(sources);
        places
    }

    fn table(&self, text: &str) -> Vec<CheckedOption> {
        let built_in = |module: bool| if module { Setting::Module } else { Setting::Yes };
        let listed = self.need.options().iter().map(|(n, module)| (*n, built_in(*module)));
        let more = self.options.iter().flat_map(|options| &options.0);
        let more = more.map(|(name, setting)| (name.as_str(), setting.clone()));
        let row = |(option, wanted): (&str, Setting)| {
            let found = kernel::get(text, option).unwrap_or(Setting::No);
            CheckedOption {
                option: option.to_owned(),
                ok: found.is_enough(&wanted),
                wanted: match wanted {
                    Setting::Module => "m or y".into(),
                    other => other.to_string(),
                },
                found: found.to_string(),
                menu: menu(option).map(str::to_owned),
            }
        };
        listed.chain(more).map(row).collect()
    }
}

/// The value of an option that the sources do not define.
const NO_SUCH_OPTION: &str = "no such option";

impl Require {
    /// Marks missing options that the sources of a configuration do not define.
    fn mark_undefined_options(
        &self,
        table: &mut [CheckedOption],
        at: &Place,
        cx: &Planning<'_>,
    ) -> Result<()> {
        let of_sources = *at == system_file(&self.root, &format!("{SOURCES}/.config"));
        if !of_sources || table.iter().all(|row| row.ok) {
            return Ok(());
        }
        let Some(defined) = kconfig::options(&self.root, cx)? else { return Ok(()) };
        for row in table.iter_mut().filter(|row| !row.ok && !defined.contains(&row.option)) {
            row.ok = true;
            row.found = NO_SUCH_OPTION.into();
        }
        Ok(())
    }
}

impl Query for Require {
    type Output = Vec<CheckedOption>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let looked = self.places(cx);
        for place in &looked {
            let bytes = match read(place, cx)? {
                None => continue,
                Some(FileContents::Unknown(_)) => return Ok(Answer::Assumed(Vec::new())),
                Some(FileContents::Known(bytes)) => bytes,
            };
            let mut table = self.table(&String::from_utf8_lossy(&bytes));
            self.mark_undefined_options(&mut table, place, cx)?;
            let lacking: Vec<CheckedOption> = table.iter().filter(|row| !row.ok).cloned().collect();
            return match self.check && !lacking.is_empty() {
                true => Err(KernelRule::Lacks { place: place.clone(), lacking }.into()),
                false => Ok(Answer::Known(table)),
            };
        }
        match self.if_known {
            true => Ok(Answer::Known(Vec::new())),
            false => Err(KernelRule::NoConfig { searched: looked }.into()),
        }
    }
}
