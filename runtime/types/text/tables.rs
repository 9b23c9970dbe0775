//! Fields of the tables that a system mounts and opens from: fstab(5), crypttab(5).

use super::{Rule, is_alnum, is_shown, is_solid, not_empty, words};

/// What mount(2) takes at most: a page, with its end.
const PAGE: usize = 4095;

words! {
    /// What is mounted: a device, `UUID=…`, `tmpfs`, `//server/share`. fstab takes `#` for a comment.
    FstabSource, "fstab source",
    "a device, a tag such as LABEL=data, or a filesystem's name, which does not begin with #",
    Rule::of(|c| c == '\t' || is_shown(c), PAGE).begins(|c| !c.is_whitespace() && c != '#').also(not_empty);

    /// Where it is mounted; `none` and `swap` stand for nowhere.
    FstabPlace, "mount point", "an absolute path without \"..\", or none",
    Rule::of(|c| c == '\t' || is_shown(c), PAGE).also(|text| {
        let path = text.starts_with('/') && text.split('/').all(|part| part != "..");
        (!path && !matches!(text, "none" | "swap")).then(|| "not an absolute path".into())
    });

    /// A type of filesystem.
    FsType, "filesystem type", "a type such as ext4, nfs4 or fuse.sshfs",
    Rule::of(|c| is_alnum(c) || "_.,-".contains(c), 64).begins(is_alnum).also(not_empty);

    /// Mount options, with commas between them; none at all are the defaults.
    MountOptions, "mount options",
    "options with commas between them, without control characters, which do not begin with - or #",
    Rule::of(is_shown, PAGE).begins(|c| is_solid(c) && !"-#".contains(c)).also(|text| {
        text.ends_with(' ').then(|| "it ends with a space".into())
    });

    /// A field of crypttab, which can't quote anything.
    CrypttabField, "crypttab field",
    "a word without control characters that does not begin with #",
    Rule::of(is_solid, 1024).begins(|c| c != '#').also(not_empty);
}
