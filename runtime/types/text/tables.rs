//! Fields of the tables of filesystems and encrypted devices: fstab(5), crypttab(5).

use super::{TextRule, is_alnum, is_shown, is_solid, not_empty, words};

/// The maximum length of a mount(2) argument: one page, including the terminating NUL.
const PAGE: usize = 4095;

words! {
    /// The source of a mount: a device, `UUID=…`, `tmpfs`, `//server/share`. A leading `#` would be
    /// a comment in fstab.
    FstabSource, "fstab source",
    "a device, a tag such as LABEL=data, or a filesystem's name, which does not begin with #",
    TextRule::of(|c| c == '\t' || is_shown(c), PAGE).begins(|c| !c.is_whitespace() && c != '#').also(not_empty);

    /// A mount point; `none` or `swap` if there is none.
    FstabPlace, "mount point", "an absolute path without \"..\", or none",
    TextRule::of(|c| c == '\t' || is_shown(c), PAGE).also(|text| {
        let path = text.starts_with('/') && text.split('/').all(|part| part != "..");
        (!path && !matches!(text, "none" | "swap")).then(|| "not an absolute path".into())
    });

    /// A filesystem type.
    FsType, "filesystem type", "a type such as ext4, nfs4 or fuse.sshfs",
    TextRule::of(|c| is_alnum(c) || "_.,-".contains(c), 64).begins(is_alnum).also(not_empty);

    /// Comma-separated mount options; an empty string selects the defaults.
    MountOptions, "mount options",
    "options with commas between them, without control characters, which do not begin with - or #",
    TextRule::of(is_shown, PAGE).begins(|c| is_solid(c) && !"-#".contains(c)).also(|text| {
        text.ends_with(' ').then(|| "it ends with a space".into())
    });

    /// The tag of a share (virtio specification, file system device).
    ShareTag, "share tag", "at most 36 letters, digits, _ and -, beginning with a letter or digit",
    TextRule::of(|c| is_alnum(c) || "_-".contains(c), 36).begins(is_alnum).also(not_empty);

    /// The map of extended attributes of virtiofsd: rules of fields between separators, such as `:map::user.virtiofs.:`.
    XattrMap, "attribute map", "rules of virtiofsd such as :map::user.virtiofs.:, without spaces and commas",
    TextRule::of(|c| c.is_ascii_graphic() && c != ',', 1024).begins(|c| !is_alnum(c) && c != '-').also(not_empty);

    /// A field of crypttab, which has no quoting.
    CrypttabField, "crypttab field",
    "a word without control characters that does not begin with #",
    TextRule::of(is_solid, 1024).begins(|c| c != '#').also(not_empty);
}
