//! Boot loader entries of type 1: one file per entry, with a key and a value per line.
//!
//! Source: UAPI.1 Boot Loader Specification.

/// A boot loader entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoaderEntry {
    /// The title in the menu.
    pub title: String,
    /// The version of the kernel.
    pub version: String,
    /// The kernel, relative to the partition.
    pub kernel: String,
    /// The initramfs images, relative to the partition.
    pub initrd: Vec<String>,
    /// The kernel command line.
    pub cmdline: String,
}

/// Returns the entry in a file. Repeated `options` are joined.
pub fn entry(text: &str) -> LoaderEntry {
    let mut entry = LoaderEntry::default();
    for line in text.lines() {
        let Some((key, value)) = line.trim().split_once([' ', '\t']) else { continue };
        let value = value.trim().to_owned();
        match key {
            "title" => entry.title = value,
            "version" => entry.version = value,
            "linux" => entry.kernel = value,
            "initrd" => entry.initrd.push(value),
            "options" if entry.cmdline.is_empty() => entry.cmdline = value,
            "options" => entry.cmdline = format!("{} {value}", entry.cmdline),
            _ => {}
        }
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_parsed() {
        let text = "# made by kernel-install\ntitle      Gentoo Linux\nversion    6.12.2\nsort-key gentoo\n\
            options    root=/dev/vg/root\noptions ro\nlinux /gentoo/6.12.2/linux\n\
            initrd\t/gentoo/6.12.2/microcode\ninitrd /gentoo/6.12.2/initrd\nempty\n";
        let expected = LoaderEntry {
            title: "Gentoo Linux".into(),
            version: "6.12.2".into(),
            kernel: "/gentoo/6.12.2/linux".into(),
            initrd: vec!["/gentoo/6.12.2/microcode".into(), "/gentoo/6.12.2/initrd".into()],
            cmdline: "root=/dev/vg/root ro".into(),
        };
        assert_eq!(entry(text), expected);
    }
}
