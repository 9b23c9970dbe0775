//! Names of system objects: hosts, users, services, kernels.

use super::super::placeholder::{KERNEL_VERSION, stray_bracket};
use super::{TextRule, is_alnum, is_shown, is_solid, not_empty, words};

/// Returns an error if a relative path is empty or could lead out of its directory.
fn leads_out(text: &str) -> Option<String> {
    let part = |part: &str| matches!(part, "" | "." | "..");
    not_empty(text).or_else(|| text.split('/').any(part).then(|| "not a plain path".into()))
}

/// Returns whether the kernel command line and boot loader configuration files take a character
/// literally.
fn is_plain_word(c: char) -> bool {
    is_solid(c) && !"\"'\\$`;{}|&#".contains(c)
}

words! {
    /// The name of a machine, without a domain (RFC 1123, 2.1).
    HostName, "host name",
    "a host name of letters, digits and - (not at its ends), at most 63 characters",
    TextRule::of(|c| is_alnum(c) || c == '-', 63).begins(is_alnum).also(|text| {
        not_empty(text).or_else(|| text.ends_with('-').then(|| "it ends with -".into()))
    });

    /// The name of a time zone below `/usr/share/zoneinfo` (localtime(5)).
    TimeZone, "time zone", "a time zone such as Europe/Vienna",
    TextRule::of(|c| is_alnum(c) || "/_+-".contains(c), 255).begins(is_alnum).also(leads_out);

    /// A locale: `LANGUAGE_COUNTRY.CHARSET@MODIFIER` (locale(7)).
    LocaleName, "locale", "a locale such as de_DE.UTF-8, de_DE@euro or C.UTF-8",
    TextRule::of(|c| is_alnum(c) || "_.@-".contains(c), 64)
        .begins(|c| c.is_ascii_alphabetic())
        .also(|text| {
            let (name, modifier) = text.split_once('@').map_or((text, None), |(n, m)| (n, Some(m)));
            let (language, charset) =
                name.split_once('.').map_or((name, None), |(l, c)| (l, Some(c)));
            let parts = [Some(language), charset, modifier];
            let empty = parts.into_iter().flatten().any(|part| part.is_empty() || part.contains(['.', '@']));
            empty.then(|| "it has an empty component, or there twice".into()).or_else(|| not_empty(text))
        });

    /// The name of a keymap below `/usr/share/keymaps`.
    KeymapName, "keymap", "a keymap such as de-latin1: letters, digits and _ . - /",
    TextRule::of(|c| is_alnum(c) || "_.-/".contains(c), 255).begins(is_alnum).also(leads_out);

    /// The name of a host with or without its domain, as in hosts(5).
    DomainName, "domain name", "labels of letters, digits and -, separated by dots",
    TextRule::of(|c| is_alnum(c) || ".-".contains(c), 253).begins(is_alnum).also(|text| {
        let label = |label: &str| {
            !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
        };
        (!text.split('.').all(label)).then(|| "a label is empty, too long, or has - at an end".into())
    });

    /// The fingerprint of an SSH host key, as `ssh-keygen -l` shows it.
    HostKeyFingerprint, "host key fingerprint", "SHA256: and 43 characters, as ssh-keygen -l shows it",
    TextRule::of(|c| is_alnum(c) || "+/:".contains(c), 50).also(|text| {
        let digest = text.strip_prefix("SHA256:").filter(|digest| digest.len() == 43 && !digest.contains(':'));
        digest.is_none().then(|| "it is not SHA256: and 43 characters".into())
    });

    /// The name of a user or group (useradd(8)).
    UserName, "user name",
    "a name of lowercase letters, digits, - and _ that begins with a letter or _, at most 32 \
     characters",
    TextRule::of(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c), 32)
        .begins(|c| c.is_ascii_lowercase() || c == '_')
        .also(not_empty);

    /// The name or number of a user or group, as in passwd(5).
    OwnerName, "owner name", "the name or number of a user or group",
    TextRule::of(|c| is_alnum(c) || "_.-$".contains(c), 255).begins(|c| is_alnum(c) || c == '_').also(|text| {
        let number = text.bytes().all(|b| b.is_ascii_digit());
        // 4294967295 is -1, for which chown(2) leaves the ID unchanged.
        let fits = || text.parse::<u32>().is_ok_and(|number| number != u32::MAX);
        not_empty(text)
            .or_else(|| (number && !fits()).then(|| "the largest number is 4294967294".into()))
    });

    /// The owner of a file: `user`, `user:group`, or numbers (chown(1)).
    Owner, "owner", "user, user:group, or their numbers up to 4294967294",
    TextRule::of(|c| is_alnum(c) || "_.-$:".contains(c), 511).also(|text| {
        let mut parts = text.split(':');
        let (user, group, more) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        more.map(|_| "it has more than two components".into())
            .or_else(|| OwnerName::RULE.fault(user))
            .or_else(|| group.and_then(|group| OwnerName::RULE.fault(group)))
    });

    /// The name of a service, unit or runlevel.
    ServiceName, "service name", "the name of a service of letters, digits and . _ @ + : -",
    TextRule::of(|c| is_alnum(c) || "._@+:-".contains(c), 255)
        .begins(|c| is_alnum(c) || c == '_')
        .also(not_empty);

    /// The name of a guest, which is also that of a directory and of control groups.
    GuestName, "guest name", "a name of at most 63 letters, digits and _ . -, beginning with a letter or digit",
    TextRule::of(|c| is_alnum(c) || "_.-".contains(c), 63).begins(is_alnum).also(not_empty);

    /// The name of a template of LXC: a file `lxc-NAME` in its directory of templates.
    TemplateName, "template name", "the name of a template, such as busybox or download",
    TextRule::of(|c| is_alnum(c) || "_-".contains(c), 63).begins(is_alnum).also(not_empty);

    /// The address of a network card: not one of a group, and not zero.
    MacAddress, "MAC address", "six bytes in lower-case hexadecimal, such as 00:16:3e:12:34:56",
    TextRule::of(|c| matches!(c, '0'..='9' | 'a'..='f' | ':'), 17).also(|text| {
        let bytes: Option<Vec<u8>> = text
            .split(':')
            .map(|part| u8::from_str_radix(part, 16).ok().filter(|_| part.len() == 2))
            .collect();
        let fits = bytes.is_some_and(|bytes| bytes.len() == 6 && bytes[0] & 1 == 0 && bytes != [0; 6]);
        (!fits).then(|| "it is not the address of a single card".into())
    });

    /// A kernel version, as in the name of its modules directory.
    KernelVersion, "kernel version", "a version such as 6.6.62-gentoo: letters, digits and + _ . ~ -",
    TextRule::of(|c| is_alnum(c) || "+_.-~<>".contains(c), 64)
        .begins(|c| is_alnum(c) || c == '<')
        .also(|text| {
            // In a plan, a version that only the run knows.
            let wrong = text != KERNEL_VERSION && text.contains(['<', '>']);
            not_empty(text).or_else(|| wrong.then(|| "it contains < or >".into()))
        });

    /// A word of the kernel command line.
    KernelWord, "kernel word",
    "a word of the kernel's command line, without whitespace, quotes and characters of a shell",
    TextRule::of(is_plain_word, 1024).also(|text| not_empty(text).or_else(|| stray_bracket(text)));

    /// A complete kernel command line.
    KernelLine, "kernel command line",
    "words with spaces between them, without quotes and characters of a shell, at most 2047 bytes",
    TextRule::of(|c| c == ' ' || is_plain_word(c), 2047).also(|text| {
        let hole = text.split(' ').any(str::is_empty) && !text.is_empty();
        let hole = hole.then(|| "it has repeated, leading or trailing spaces".into());
        hole.or_else(|| stray_bracket(text))
    });

    /// The title of a boot loader menu entry.
    MenuTitle, "menu title", "a title without quotes, braces, dollar signs and backslashes",
    TextRule::of(|c| is_shown(c) && !"'\"{}\\$`".contains(c), 255).also(not_empty);

    /// The name of a dracut, GRUB or kernel module.
    ModuleName, "module", "a module's name of letters, digits, _ and -",
    TextRule::of(|c| is_alnum(c) || "_-".contains(c), 64).begins(is_alnum).also(not_empty);

    /// The name or path of a program or file to include.
    ProgramName, "program", "a program's name or path without whitespace",
    TextRule::of(|c| is_alnum(c) || "/._+-[]@".contains(c), 1024)
        .begins(|c| c != '-')
        .also(not_empty);

    /// A compression method: a program and its options, which dracut passes to a shell.
    Compression, "compression", "a method such as \"zstd -3\": letters, digits, spaces, = and -",
    TextRule::of(|c| is_alnum(c) || " =-".contains(c), 64).begins(is_alnum).also(not_empty);

    /// A cipher in the notation of cryptsetup(8).
    Cipher, "cipher", "a cipher such as aes-xts-plain64",
    TextRule::of(|c| is_alnum(c) || "-:()_,".contains(c), 64).begins(is_alnum).also(not_empty);

    /// The fingerprint of an OpenPGP key; spaces are allowed for readability.
    Fingerprint, "fingerprint", "the whole fingerprint of a key, 40 or 64 hexadecimal digits",
    TextRule::of(|c| c.is_ascii_hexdigit() || c == ' ', 128).also(|text| {
        let digits = text.bytes().filter(|b| *b != b' ').count();
        (!matches!(digits, 40 | 64)).then(|| format!("it has {digits} digits"))
    });

    /// Registers of a TPM2 chip (PCR), as in systemd-cryptenroll(1).
    PcrList, "registers", "numbers of registers from 0 to 23, joined by +, such as 7 or 0+7",
    TextRule::of(|c| c.is_ascii_digit() || c == '+', 64).also(|text| {
        let wrong = text.split('+').find(|number| !number.parse::<u32>().is_ok_and(|n| n < 24));
        wrong.map(|number| format!("there is no register {number:?}"))
    });

    /// A device or a driver that reaches a security chip or a token.
    TokenDevice, "token device", "auto, a path below /dev, or a driver and its argument",
    TextRule::of(|c| is_alnum(c) || "/._:=,+-".contains(c), 1024)
        .begins(|c| is_alnum(c) || c == '/')
        .also(not_empty);

    /// The address of a mirror or a proxy. Credentials would be in the plan and the journal.
    Address, "address", "an address such as https://distfiles.gentoo.org, without user and password",
    TextRule::of(|c| is_alnum(c) || "-._~:/[]%+".contains(c), 1024).also(|text| {
        let host = ["https://", "http://"].iter().find_map(|start| text.strip_prefix(start));
        match host {
            None => Some("it does not begin with https:// or http://".into()),
            Some(host) => (!host.starts_with(|c| is_alnum(c) || c == '[')).then(|| "it has no host".into()),
        }
    });

    /// A kind of stage3, as in the names of Gentoo's tarballs.
    StageVariant, "variant", "a kind of stage3 such as openrc, systemd, hardened-openrc or musl",
    TextRule::of(|c| is_alnum(c) || "-+".contains(c), 64).begins(is_alnum).also(not_empty);

    /// The path of a file below a given directory.
    RelativePath, "relative path", "a path below the directory, without \"..\"",
    TextRule::of(|c| is_alnum(c) || "._/+-".contains(c), 1024).begins(|c| !"-/".contains(c)).also(leads_out);

    /// The target of a symbolic link.
    LinkTarget, "link target", "a path without control characters, at most 4095 bytes",
    TextRule::of(is_shown, 4095).also(not_empty);
}

impl Owner {
    /// Returns the user, and the group if there is one.
    pub fn parts(&self) -> (&str, Option<&str>) {
        self.split_once(':').map_or((self, None), |(user, group)| (user, Some(group)))
    }
}
