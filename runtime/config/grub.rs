//! GRUB menu entries: reads those of a `grub.cfg`, and sets one in a `custom.cfg`.

use std::ops::Range;

/// A menu entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuEntry {
    /// The title in the menu.
    pub title: String,
    /// The kernel, as a GRUB path.
    pub kernel: String,
    /// The initramfs images.
    pub initrd: Vec<String>,
    /// The kernel command line.
    pub cmdline: String,
}

/// Returns the title of the entry that begins on this line, if one does.
fn title(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("menuentry ")?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    Some(rest[1..].split_once(quote)?.0)
}

/// Returns the title of each entry and its range, from the first line to the closing brace.
fn blocks(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut found = Vec::new();
    let mut open: Option<(&str, usize, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let here = at;
        at += line.len();
        let (name, start, deep) = match (open.take(), title(line)) {
            (Some(open), _) => open,
            (None, Some(title)) => (title, here, 0),
            (None, None) => continue,
        };
        let words = || line.split_whitespace();
        let deep = deep + words().filter(|word| *word == "{").count();
        let deep = deep.saturating_sub(words().filter(|word| *word == "}").count());
        match deep {
            0 => found.push((name, start..at)),
            _ => open = Some((name, start, deep)),
        }
    }
    found
}

/// Returns all entries in file order, including those in submenus.
pub fn entries(text: &str) -> Vec<MenuEntry> {
    let read = |(title, range): (&str, Range<usize>)| {
        let mut entry = MenuEntry {
            title: title.to_owned(),
            kernel: String::new(),
            initrd: Vec::new(),
            cmdline: String::new(),
        };
        for line in text[range].lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("linux" | "linux16" | "linuxefi") => {
                    words.next().unwrap_or_default().clone_into(&mut entry.kernel);
                    entry.cmdline = words.collect::<Vec<_>>().join(" ");
                }
                Some("initrd" | "initrd16" | "initrdefi") => {
                    entry.initrd = words.map(str::to_owned).collect();
                }
                _ => {}
            }
        }
        entry
    };
    blocks(text).into_iter().map(read).collect()
}

/// Returns the content with the entry of this title replaced by `block`, or with `block` appended;
/// other entries are unchanged.
pub fn set(text: &str, title: &str, block: &str) -> String {
    match blocks(text).into_iter().find(|(found, _)| *found == title) {
        Some((_, range)) => [&text[..range.start], block, "\n", &text[range.end..]].concat(),
        None => super::append(text, block),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CFG: &str = "set timeout=5\nsubmenu 'More' {\n\tmenuentry 'Gentoo, 6.6' --class gentoo {\n\t\tif [ x = y ]; then\n\
        \t\tinsmod gzio\n\t\tfi\n\t\tlinux\t/vmlinuz-6.6 root=/dev/a  ro\n\t\tinitrd /early.img /initramfs-6.6.img\n\t}\n}\n\
        menuentry \"Old\" {\n  linux /old\n}\n# end\n";

    #[test]
    fn entries_are_read_and_one_is_set() {
        let found = entries(CFG);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].title.as_str(), found[0].kernel.as_str()),
            ("Gentoo, 6.6", "/vmlinuz-6.6")
        );
        assert_eq!(found[0].initrd, ["/early.img", "/initramfs-6.6.img"]);
        assert_eq!(found[0].cmdline, "root=/dev/a ro");
        let block = "menuentry 'Old' {\n  linux /new\n}";
        let changed = set(CFG, "Old", block);
        assert_eq!(
            changed,
            CFG.replacen("menuentry \"Old\" {\n  linux /old", "menuentry 'Old' {\n  linux /new", 1)
        );
        assert_eq!(set(&changed, "Old", block), changed);
        assert_eq!(
            set(CFG, "New", "menuentry 'New' {\n}"),
            format!("{CFG}menuentry 'New' {{\n}}\n")
        );
    }
}
