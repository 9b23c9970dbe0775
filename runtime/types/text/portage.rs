//! Values in Portage's files (portage(5), PMS).

use super::{TextRule, is_alnum, is_solid, not_empty, words};

fn is_name(c: char) -> bool {
    is_alnum(c) || "_+-.".contains(c)
}

words! {
    /// A package, an atom, or a set such as `@world`.
    Atom, "package", "a package, an atom or a set, such as sys-fs/cryptsetup or @world",
    TextRule::of(|c| is_alnum(c) || "@/<>=~!*.+_-:[](),?".contains(c), 255)
        .begins(|c| is_alnum(c) || "@<>=~!*_/".contains(c))
        .also(not_empty);

    /// A use flag, disabled by a leading `-` (PMS 3.1.4); also a pattern, or a group
    /// (`VIDEO_CARDS:`), to which the flags after it belong.
    UseFlag, "use flag", "a use flag such as static or -udev, or the word of a group such as VIDEO_CARDS:",
    TextRule::of(|c| is_alnum(c) || "_+-@*:".contains(c), 128).begins(|c| is_alnum(c) || "-*_".contains(c)).also(|text| {
        let bare = text.strip_prefix('-').unwrap_or(text);
        let begins = bare.starts_with(|c: char| is_alnum(c) || "*_".contains(c));
        let group = text.strip_suffix(':');
        let colon = group.is_some_and(|name| name.contains([':', '-', '*'])) || group.is_none() && text.contains(':');
        not_empty(bare)
            .or_else(|| (!begins).then(|| "invalid first character".into()))
            .or_else(|| colon.then(|| "a colon is only allowed at the end of the name of a group".into()))
    });

    /// A keyword such as `~amd64`.
    Keyword, "keyword", "a keyword such as ~amd64 or **",
    TextRule::of(|c| is_alnum(c) || "_-~*".contains(c), 64).also(not_empty);

    /// An entry of a package table: the table, an atom, and words.
    TableEntry, "table entry", "a table of /etc/portage, an atom and words, such as \"package.use sys-fs/lvm2 lvm\"",
    TextRule::of(|c| is_alnum(c) || "@/<>=~!*.+_-:[](),? ".contains(c), 1024).begins(is_alnum).also(|text| {
        let mut words = text.split_whitespace();
        let tables = ["package.use", "package.accept_keywords", "package.license", "package.unmask"];
        let is_table = words.next().is_some_and(|table| tables.contains(&table));
        let is_atom = |atom: &str| Atom::RULE.fault(atom).is_none();
        match words.next() {
            _ if !is_table => Some(format!("the table must be one of {}", tables.join(", "))),
            Some(atom) if is_atom(atom) => None,
            _ => Some("an atom must follow the table".into()),
        }
    });

    /// The name of an ebuild or binary repository (PMS 3.1.5).
    RepoName, "repository", "the name of a repository of letters, digits, _ and -",
    TextRule::of(|c| is_alnum(c) || "_-".contains(c), 64).begins(|c| is_alnum(c) || c == '_').also(not_empty);

    /// The type of synchronization in repos.conf, such as `rsync`.
    SyncType, "sync type", "rsync, git, webrsync, or another sync type of Portage",
    TextRule::of(|c| c.is_ascii_lowercase() || "_-".contains(c), 32).begins(|c| c.is_ascii_lowercase()).also(not_empty);

    /// An address in repos.conf. A `%` would be a reference there.
    SyncUri, "address", "an address such as https://github.com/gentoo-mirror/gentoo, without spaces and %",
    TextRule::of(|c| is_solid(c) && c != '%', 512).begins(is_alnum).also(not_empty);

    /// A license, or a license group such as `@BINARY-REDISTRIBUTABLE`.
    LicenseName, "license", "a license such as linux-fw-redistributable or @FREE",
    TextRule::of(|c| is_name(c) || "@*".contains(c), 128).also(not_empty);

    /// The name of a file in a configuration directory such as `package.use`. Portage ignores
    /// hidden files and backups.
    TableFile, "file name", "a file's name of letters, digits and _ + . -, which does not begin with . or -",
    TextRule::of(is_name, 255).begins(|c| is_alnum(c) || c == '_').also(not_empty);

    /// The name of a profile below `profiles`.
    ProfileName, "profile", "a profile such as default/linux/amd64/23.0",
    TextRule::of(|c| is_solid(c) && (is_name(c) || c == '/'), 255).begins(is_alnum).also(|text| {
        let odd = |part: &str| part.is_empty() || part.starts_with('.');
        text.split('/').any(odd).then(|| "it leads out of the profiles directory".into())
    });
}
