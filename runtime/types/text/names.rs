//! Names that a system gives to things: hosts, users, services, kernels.

use super::{Rule, is_alnum, is_shown, is_solid, not_empty, words};

/// Why a path that is written relative to a directory leads out of it.
fn leads_out(text: &str) -> Option<String> {
    let part = |part: &str| matches!(part, "" | "." | "..");
    not_empty(text).or_else(|| text.split('/').any(part).then(|| "not a plain path".into()))
}

/// Characters that the kernel's command line and a boot loader's file take as they are.
fn is_plain_word(c: char) -> bool {
    is_solid(c) && !"\"'\\$`;{}|&<>#".contains(c)
}

words! {
    /// The name of a machine, without a domain (RFC 1123, 2.1).
    HostName, "host name",
    "a host name of letters, digits and - (not at its ends), at most 63 characters",
    Rule::of(|c| is_alnum(c) || c == '-', 63).begins(is_alnum).also(|text| {
        not_empty(text).or_else(|| text.ends_with('-').then(|| "it ends with -".into()))
    });

    /// The name of a time zone below `/usr/share/zoneinfo` (localtime(5)).
    TimeZone, "time zone", "a time zone such as Europe/Vienna",
    Rule::of(|c| is_alnum(c) || "/_+-".contains(c), 255).begins(is_alnum).also(leads_out);

    /// A locale: `LANGUAGE_COUNTRY.CHARSET@MODIFIER` (locale(7)).
    LocaleName, "locale", "a locale such as de_DE.UTF-8, de_DE@euro or C.UTF-8",
    Rule::of(|c| is_alnum(c) || "_.@-".contains(c), 64)
        .begins(|c| c.is_ascii_alphabetic())
        .also(|text| {
            let (name, modifier) = text.split_once('@').map_or((text, None), |(n, m)| (n, Some(m)));
            let (language, charset) =
                name.split_once('.').map_or((name, None), |(l, c)| (l, Some(c)));
            let parts = [Some(language), charset, modifier];
            let empty = parts.into_iter().flatten().any(|part| part.is_empty() || part.contains(['.', '@']));
            empty.then(|| "it has an empty component, or there twice".into()).or_else(|| not_empty(text))
        });

    /// The name of a keyboard below `/usr/share/keymaps`.
    KeymapName, "keymap", "a keymap such as de-latin1: letters, digits and _ . - /",
    Rule::of(|c| is_alnum(c) || "_.-/".contains(c), 255).begins(is_alnum).also(leads_out);

    /// The name of a user or group (useradd(8)).
    UserName, "user name",
    "a name of lowercase letters, digits, - and _ that begins with a letter or _, at most 32 \
     characters",
    Rule::of(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c), 32)
        .begins(|c| c.is_ascii_lowercase() || c == '_')
        .also(not_empty);

    /// A user or a group by its name or number, as it stands in passwd(5).
    OwnerName, "owner name", "the name or number of a user or group",
    Rule::of(|c| is_alnum(c) || "_.-$".contains(c), 255).begins(|c| is_alnum(c) || c == '_').also(|text| {
        let number = text.bytes().all(|b| b.is_ascii_digit());
        // 4294967295 is -1, which tells chown(2) to change nothing.
        let fits = || text.parse::<u32>().is_ok_and(|number| number != u32::MAX);
        not_empty(text)
            .or_else(|| (number && !fits()).then(|| "the largest number is 4294967294".into()))
    });

    /// The owner of a file: `user`, `user:group`, or numbers (chown(1)).
    Owner, "owner", "user, user:group, or their numbers up to 4294967294",
    Rule::of(|c| is_alnum(c) || "_.-$:".contains(c), 511).also(|text| {
        let mut parts = text.split(':');
        let (user, group, more) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        more.map(|_| "it has more than two components".into())
            .or_else(|| OwnerName::RULE.fault(user))
            .or_else(|| group.and_then(|group| OwnerName::RULE.fault(group)))
    });

    /// The name of a service, a unit or a runlevel.
    ServiceName, "service name", "the name of a service of letters, digits and . _ @ + : -",
    Rule::of(|c| is_alnum(c) || "._@+:-".contains(c), 255)
        .begins(|c| is_alnum(c) || c == '_')
        .also(not_empty);

    /// A kernel's version, as its directory of modules is called.
    KernelVersion, "kernel version", "a version such as 6.6.62-gentoo: letters, digits and + _ . ~ -",
    Rule::of(|c| is_alnum(c) || "+_.-~".contains(c), 64).begins(is_alnum).also(not_empty);

    /// A word of the kernel's command line.
    KernelWord, "kernel word",
    "a word of the kernel's command line, without whitespace, quotes and characters of a shell",
    Rule::of(is_plain_word, 1024).also(not_empty);

    /// A whole command line of the kernel.
    KernelLine, "kernel command line",
    "words with spaces between them, without quotes and characters of a shell, at most 2047 bytes",
    Rule::of(|c| c == ' ' || is_plain_word(c), 2047).also(|text| {
        let hole = text.split(' ').any(str::is_empty) && !text.is_empty();
        hole.then(|| "it has repeated, leading or trailing spaces".into())
    });

    /// The title of an entry in a boot loader's menu.
    MenuTitle, "menu title", "a title without quotes, braces, dollar signs and backslashes",
    Rule::of(|c| is_shown(c) && !"'\"{}\\$`".contains(c), 255).also(not_empty);

    /// A module of dracut, GRUB or the kernel.
    ModuleName, "module", "a module's name of letters, digits, _ and -",
    Rule::of(|c| is_alnum(c) || "_-".contains(c), 64).begins(is_alnum).also(not_empty);

    /// A program or file to take along, by its name or path.
    ProgramName, "program", "a program's name or path without whitespace",
    Rule::of(|c| is_alnum(c) || "/._+-[]@".contains(c), 1024)
        .begins(|c| c != '-')
        .also(not_empty);

    /// How something is compressed: a program and its options, which dracut gives to a shell.
    Compression, "compression", "a method such as \"zstd -3\": letters, digits, spaces, = and -",
    Rule::of(|c| is_alnum(c) || " =-".contains(c), 64).begins(is_alnum).also(not_empty);

    /// A cipher as cryptsetup(8) writes it.
    Cipher, "cipher", "a cipher such as aes-xts-plain64",
    Rule::of(|c| is_alnum(c) || "-:()_,".contains(c), 64).begins(is_alnum).also(not_empty);

    /// The fingerprint of an OpenPGP key; spaces are for people.
    Fingerprint, "fingerprint", "the whole fingerprint of a key, 40 or 64 hexadecimal digits",
    Rule::of(|c| c.is_ascii_hexdigit() || c == ' ', 128).also(|text| {
        let digits = text.bytes().filter(|b| *b != b' ').count();
        (!matches!(digits, 40 | 64)).then(|| format!("it has {digits} digits"))
    });

    /// A file below a directory that is known.
    RelativePath, "relative path", "a path below the directory, without \"..\"",
    Rule::of(|c| is_alnum(c) || "._/+-".contains(c), 1024).begins(|c| !"-/".contains(c)).also(leads_out);

    /// What a symbolic link says.
    LinkTarget, "link target", "a path without control characters, at most 4095 bytes",
    Rule::of(is_shown, 4095).also(not_empty);
}

impl Owner {
    /// The user, and the group where one is named.
    pub fn parts(&self) -> (&str, Option<&str>) {
        self.split_once(':').map_or((self, None), |(user, group)| (user, Some(group)))
    }
}
