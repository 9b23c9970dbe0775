//! The recipes that are part of the program.

use crate::recipe::Recipe;
use crate::script::Language;

/// A shipped recipe.
pub struct Shipped {
    /// `encrypted-root.rhai`
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! shipped {
    ($name:literal) => {
        Shipped { name: $name, text: include_str!(concat!("../recipes/", $name)) }
    };
}

/// All of them: the guides, and layouts of disks to begin others with.
pub const RECIPES: &[Shipped] = &[
    shipped!("encrypted-root.rhai"),
    shipped!("layouts/simple-efi.rhai"),
    shipped!("layouts/bios-and-efi.rhai"),
    shipped!("layouts/space-at-the-end.rhai"),
    shipped!("layouts/odd-names.rhai"),
    shipped!("layouts/swap-random-key.rhai"),
    shipped!("layouts/tmpfs-root.rhai"),
    shipped!("layouts/btrfs-subvolumes.rhai"),
    shipped!("layouts/luks-lvm.rhai"),
    shipped!("layouts/luks-btrfs.rhai"),
    shipped!("layouts/two-luks-btrfs-raid1.rhai"),
    shipped!("layouts/luks-on-raid1.rhai"),
    shipped!("layouts/lvm-raid.rhai"),
    shipped!("layouts/lvm-thin.rhai"),
    shipped!("layouts/lvm-rest.rhai"),
    shipped!("layouts/md-raid0.lua"),
    shipped!("layouts/md-raid1.rhai"),
    shipped!("layouts/md-raid5.rhai"),
    shipped!("layouts/xfs-quota.rhai"),
    shipped!("layouts/f2fs.lua"),
    shipped!("layouts/disk-list.lua"),
];

impl Shipped {
    /// The first heading of the guide.
    pub fn title(&self) -> String {
        let language = Language::of(self.name.as_ref()).unwrap_or(Language::Rhai);
        Recipe::parse(self.name, language, self.text.to_owned())
            .map(|recipe| recipe.front.title)
            .unwrap_or_default()
    }
}
