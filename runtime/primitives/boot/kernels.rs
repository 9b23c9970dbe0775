//! GRUB menu entries for all installed kernels.

use super::BootRule;
use crate::args;
use crate::config::shell;
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::operation::{Action, Effect, Plan, Planning};
use crate::primitives::edit::{exists, system_file, writes};
use crate::primitives::file::{replace, text};
use crate::types::{AbsPath, KernelLine, MenuTitle, Mode};

args! {
    /// Adds GRUB menu entries that boot every installed kernel with this command line.
    ///
    /// Writes a script to `/etc/grub.d`, which grub-mkconfig runs: after a kernel update, the
    /// entries name the new kernel. The script calls GRUB's own `10_linux`, so kernels and images
    /// are those of GRUB's other entries. The newest kernel has the title; all of them are in a
    /// submenu. Arguments in `GRUB_CMDLINE_LINUX_DEFAULT` are appended. An existing script for the
    /// same title is replaced. Call `boot.grub_config` afterwards. Undo restores the previous
    /// script or removes the new one.
    ///
    /// Source: grub-mkconfig(8); guide ER, "Keyfile Boot" and "Passphrase Boot".
    ///
    /// ```
    /// let line = boot::cmdline("/dev/vg_live/data");
    /// boot::kernel_entries("/mnt/old", "Gentoo Linux (Passphrase Boot)", line);
    /// ```
    "boot.kernel_entries" => pub struct KernelEntries {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The title of the entry of the newest kernel.
        pub title: MenuTitle,
        /// The kernel command line, as returned by `boot.cmdline`.
        pub cmdline: KernelLine,
    }
}

/// The directory of the scripts that grub-mkconfig runs, in the order of their names.
const SCRIPTS: &str = "/etc/grub.d";
/// GRUB's own script for Linux.
const LINUX: &str = "/etc/grub.d/10_linux";

impl KernelEntries {
    /// Returns the title as a part of names: lower case, with underscores.
    fn name(&self) -> String {
        let title = self.title.as_str().to_ascii_lowercase();
        let words = title.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        if words.is_empty() { "entry".into() } else { words.join("_") }
    }

    fn script(&self, name: &str) -> String {
        let (title, line) =
            (shell::quoted(self.title.as_str()), shell::quoted(self.cmdline.as_str()));
        format!(
            "#!/bin/sh\n\
             # Menu entries for every kernel with a command line of their own. grub-mkconfig runs this script.\n\
             set -e\n\
             GRUB_DISTRIBUTOR={title}\n\
             GRUB_CMDLINE_LINUX={line}\n\
             export GRUB_DISTRIBUTOR GRUB_CMDLINE_LINUX\n\
             entries=$(sh {LINUX})\n\
             # The identifiers of GRUB's own entries are taken.\n\
             printf '%s\\n' \"$entries\" | sed -e \"s, GNU/Linux\\([',]\\),\\1,\" \
             -e \"s,\\(menuentry_id_option '\\),\\1{name}-,\"\n"
        )
    }
}

impl Action for KernelEntries {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, SCRIPTS)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let root = &self.root;
        if exists(&system_file(root, LINUX), cx)? == Some(false) {
            return Err(BootRule::NoScripts { place: system_file(root, LINUX) }.into());
        }
        let name = self.name();
        let place = system_file(root, &format!("{SCRIPTS}/11_{name}"));
        let old = text(&place, cx)?;
        let content = FileContents::Known(self.script(&name).into_bytes());
        Ok(replace(place, old, content, Some(Mode::new(0o755)), String::new()))
    }
}
