//! Entries of GRUB's menu.

use serde::Serialize;

use super::BootRule;
use super::cmdline::must_be_word;
use crate::args;
use crate::config::grub;
use crate::error::Result;
use crate::machine::files::Text;
use crate::machine::{Content, is_below};
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query};
use crate::primitives::edit::{edit, exists, there, writes};
use crate::primitives::file::text;
use crate::types::{AbsPath, KernelLine, MenuTitle, Place};

args! {
    /// Adds an entry of one's own to GRUB's menu, or changes the one with this title: in
    /// `/boot/grub/custom.cfg`, which every `grub.cfg` of grub-mkconfig reads. GRUB finds the filesystem
    /// of the kernel by its UUID, so no drive has to be numbered.
    ///
    /// Source: GRUB manual, "menuentry" and "search"; guide ER, "Keyfile Boot" and "Passphrase Boot".
    ///
    /// ```
    /// let line = boot::cmdline("/dev/vg_live/data");
    /// boot::entry("/mnt/old", "Gentoo (passphrase)", "/boot/vmlinuz-6.6.62-gentoo", line, #{ initrd: "/boot/initramfs-6.6.62-gentoo.img" });
    /// ```
    "boot.entry" => pub struct MenuEntry {
        /// The mount point of the system.
        pub root: AbsPath,
        /// What the menu shows.
        pub title: MenuTitle,
        /// The kernel.
        pub kernel: AbsPath,
        /// Its command line: `boot.cmdline`.
        pub cmdline: KernelLine,
        /// The initramfs.
        pub initrd: Option<AbsPath>,
    }
}

args! {
    /// Lists the entries of GRUB's menu: maps with `title`, `kernel`, `initrd` (a list) and `cmdline`,
    /// from `grub.cfg` and `custom.cfg`.
    ///
    /// ```
    /// let entries = boot::entries("/mnt/old");
    /// ```
    "boot.entries" => pub struct Entries {
        /// The mount point of the system; `/` for the running one.
        pub root: AbsPath,
    }
}

const CONFIG: &str = "/boot/grub/grub.cfg";
const CUSTOM: &str = "/boot/grub/custom.cfg";

/// A file as GRUB calls it: the UUID of its filesystem, and its path there.
fn as_grub_sees(place: &Place, cx: &Planning<'_>) -> Result<(String, String)> {
    let path = place.to_string();
    let mounts = cx.machine.storage.mounts.iter().filter(|mount| is_below(&path, &mount.at));
    let mount = mounts.max_by_key(|mount| mount.at.len());
    let device = mount.and_then(|mount| cx.machine.find(&mount.source));
    let (Some(mount), Some(device)) = (mount, device) else {
        let (device, found) = (path, None);
        return Err(BootRule::NoFilesystem { device, found }.into());
    };
    let Some(content @ Content::Filesystem { .. }) = &device.content else {
        let found = device.content.as_ref().map(ToString::to_string);
        return Err(BootRule::NoFilesystem { device: device.path.clone(), found }.into());
    };
    let inner = path.strip_prefix(mount.at.trim_end_matches('/')).unwrap_or(&path);
    let part = mount.part.trim_end_matches('/');
    let Some(uuid) = content.identifier() else {
        let found = Some(format!("{content} without a UUID"));
        return Err(BootRule::NoFilesystem { device: device.path.clone(), found }.into());
    };
    Ok((uuid.to_owned(), format!("{part}{inner}")))
}

impl Action for MenuEntry {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, CUSTOM)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let title = &self.title;
        let kernel = Place::new(&self.kernel, Some(&self.root));
        let initrd = self.initrd.as_ref().map(|path| Place::new(path, Some(&self.root)));
        for place in [Some(&kernel), initrd.as_ref()].into_iter().flatten() {
            must_be_word(&place.path.to_string_lossy())?;
            if exists(place, cx)? == Some(false) {
                return Err(BootRule::Missing { place: place.clone() }.into());
            }
        }
        let (uuid, path) = as_grub_sees(&kernel, cx)?;
        let mut block = format!(
            "menuentry '{title}' {{\n\tsearch --no-floppy --fs-uuid --set=root {uuid}\n\tlinux {path} {}\n",
            self.cmdline
        );
        if let Some(initrd) = &initrd {
            block += &format!("\tinitrd {}\n", as_grub_sees(initrd, cx)?.1);
        }
        block.push('}');
        edit(there(&self.root, CUSTOM), cx, |text| Ok(grub::set(text, title, &block)))
    }
}

/// An entry as scripts see it.
#[derive(Debug, Serialize)]
pub struct Listed {
    title: String,
    kernel: String,
    initrd: Vec<String>,
    cmdline: String,
}

impl Query for Entries {
    type Output = Vec<Listed>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let mut found = Vec::new();
        for file in [CONFIG, CUSTOM] {
            match text(&there(&self.root, file), cx)? {
                None => {}
                Some(Text::Unknown(_)) => return Ok(Answer::Guess(Vec::new())),
                Some(Text::Known(bytes)) => {
                    found.extend(grub::entries(&String::from_utf8_lossy(&bytes)));
                }
            }
        }
        let listed = |entry: grub::Entry| {
            let grub::Entry { title, kernel, initrd, cmdline } = entry;
            Listed { title, kernel, initrd, cmdline }
        };
        Ok(Answer::Known(found.into_iter().map(listed).collect()))
    }
}
