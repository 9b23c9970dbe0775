//! The list that `emerge --pretend --verbose` prints (Portage 3.0.83).
//!
//! A line is `[ebuild     U ~] app-misc/one-2:0/2::gentoo [1:0/1::gentoo] USE="a -b" 121 KiB`.

use serde::Serialize;

/// A package that emerge would merge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PretendedPackage {
    /// The package as `category/name-version`.
    pub name: String,
    /// The version, with its revision.
    pub version: String,
    /// The slot, with its subslot if that has another name.
    pub slot: String,
    /// The ebuild repository.
    pub repository: String,
    /// What happens: `new`, `new slot`, `update`, `downgrade` or `rebuild`.
    pub kind: &'static str,
    /// Whether it is a binary package.
    pub binary: bool,
    /// The installed versions that it replaces, or that are in other slots.
    pub installed: Vec<String>,
    /// All USE flags by their complete names; a disabled flag begins with `-`.
    pub flags: Vec<String>,
    /// The flags that differ from the installed version.
    pub changed_flags: Vec<String>,
    /// The bytes that would be downloaded.
    pub download: u64,
}

/// Returns the packages in the order in which they would be merged.
pub fn packages(text: &str) -> Vec<PretendedPackage> {
    text.lines().filter_map(package).collect()
}

/// Returns the packages that are blocked, as in `app-misc/b ("app-misc/b" is hard blocking
/// app-misc/a-1)`. An unsatisfied block has a capital `B`.
pub fn blocks(text: &str) -> Vec<String> {
    let block = |line: &str| {
        let (kind, rest) = line.trim().strip_prefix("[blocks ")?.split_once(']')?;
        kind.contains('B').then(|| rest.trim().to_owned())
    };
    text.lines().filter_map(block).collect()
}

fn package(line: &str) -> Option<PretendedPackage> {
    let (head, rest) = line.trim_start().strip_prefix('[')?.split_once(']')?;
    let (form, signs) = head.split_once(' ')?;
    if !matches!(form, "ebuild" | "binary") {
        return None;
    }
    let mut words = rest.trim_start().splitn(2, ' ');
    let (named, rest) = (words.next()?, words.next().unwrap_or_default().trim());
    let (full, repository) = named.split_once("::").unwrap_or((named, ""));
    let (full, slot) = full.split_once(':').unwrap_or((full, "0"));
    let name = if form == "binary" { without_build_id(full) } else { full };
    let (installed, rest) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((installed, rest)) => (versions(installed), rest),
        None => (Vec::new(), rest),
    };
    let (flags, changed_flags) = flags(rest);
    Some(PretendedPackage {
        name: name.to_owned(),
        version: version(name)?.to_owned(),
        slot: slot.to_owned(),
        repository: repository.split_whitespace().next().unwrap_or_default().to_owned(),
        kind: kind(signs),
        binary: form == "binary",
        installed,
        flags,
        changed_flags,
        download: download(rest),
    })
}

/// Returns what the signs between the brackets mean (emerge(1), `--pretend`).
fn kind(signs: &str) -> &'static str {
    match signs {
        signs if signs.contains('D') => "downgrade",
        signs if signs.contains('U') => "update",
        signs if signs.contains('N') && signs.contains('S') => "new slot",
        signs if signs.contains('N') => "new",
        _ => "rebuild",
    }
}

/// Returns the versions in `1::gentoo, 2:1::gentoo`.
fn versions(list: &str) -> Vec<String> {
    let bare = |one: &str| one.trim().split(':').next().unwrap_or_default().to_owned();
    list.split(',').map(bare).collect()
}

/// Returns the version in `category/name-version`: it begins after the last hyphen that a digit
/// follows, apart from the revision.
fn version(name: &str) -> Option<&str> {
    let begins = |at: &usize| {
        let rest = &name[at + 1..];
        rest.starts_with(|c: char| c.is_ascii_digit())
    };
    let at = name.rmatch_indices('-').map(|(at, _)| at).find(begins)?;
    Some(&name[at + 1..])
}

/// Removes the number that Portage adds to a binary package of which several builds may be kept
/// (`FEATURES=binpkg-multi-instance`): a name cannot end with a version, so `name-1-2` is the second
/// build of `name-1`.
fn without_build_id(name: &str) -> &str {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let revision = |text: &str| text.strip_prefix('r').is_some_and(digits);
    let is_version = |text: &str| match text.split_once('-') {
        Some((_, rest)) => revision(rest),
        None => true,
    };
    match name.rsplit_once('-') {
        Some((before, id)) if digits(id) && version(before).is_some_and(is_version) => before,
        _ => name,
    }
}

/// Returns all flags in `USE="a -b* (-c)" VIDEO_CARDS="intel"`, and those that are changed.
fn flags(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut all, mut changed) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some((name, after)) = rest.split_once("=\"") {
        let Some((values, after)) = after.split_once('"') else { break };
        let group = name.rsplit(' ').next().unwrap_or_default();
        rest = after;
        for word in values.split_whitespace() {
            let mark = |c: char| "()%*{}".contains(c);
            let bare = word.trim_matches(mark);
            let (off, bare) = bare.strip_prefix('-').map_or(("", bare), |bare| ("-", bare));
            let flag = match group {
                "USE" => format!("{off}{bare}"),
                _ => format!("{off}{}_{bare}", group.to_lowercase()),
            };
            if word.contains(['*', '%']) {
                changed.push(flag.clone());
            }
            all.push(flag);
        }
    }
    (all, changed)
}

/// Returns the bytes in `… 1,234 KiB`.
fn download(text: &str) -> u64 {
    let mut words = text.split_whitespace().rev();
    let unit = words.next();
    let number = words.next().unwrap_or_default().replace([',', '.', '\''], "");
    match (unit, number.parse::<u64>()) {
        (Some("KiB"), Ok(kib)) => kib * 1024,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "
These are the packages that would be merged, in order:

[ebuild  N    ~] app-misc/three-1::gentoo  0 KiB
[nomerge       ] app-misc/four-1::gentoo 
[ebuild     U  ]  app-misc/one-2::gentoo [1::gentoo] USE=\"-extra -new% (-std*)\" VIDEO_CARDS=\"intel -nouveau\" 1,121 KiB
[ebuild  NS    ] app-misc/slot-2-r1:2/2.1::other [1:0::gentoo, 1.5:1::gentoo] 0 KiB
[binary   R    ] dev-lang/python-exec-2.4.10:2::gentoo  USE=\"\" 7 KiB
[ebuild     UD~] app-misc/back-1_rc2::gentoo [2::gentoo]
[blocks B      ] app-misc/seven (\"app-misc/seven\" is hard blocking app-misc/six-1)
[blocks b      ] app-misc/old (\"app-misc/old\" is soft blocking app-misc/six-1)

Total: 2 packages (2 new), Size of downloads: 0 KiB
";

    #[test]
    fn a_binary_package_has_no_build_number() {
        for (printed, name) in [
            ("app-misc/good-1-1", "app-misc/good-1"),
            ("app-misc/good-1.2_rc1-r3-12", "app-misc/good-1.2_rc1-r3"),
            ("dev-lang/python-exec-2.4.10", "dev-lang/python-exec-2.4.10"),
            ("app-misc/one-2", "app-misc/one-2"),
        ] {
            let read = packages(&format!("[binary   R    ] {printed}:0::gentoo  0 KiB"));
            assert_eq!((read[0].name.as_str(), read[0].binary), (name, true));
        }
        let built = packages("[ebuild   R    ] app-misc/three-1::gentoo  0 KiB");
        assert_eq!(built[0].name, "app-misc/three-1");
    }

    #[test]
    fn a_list_is_read() {
        let read = packages(LIST);
        let kinds: Vec<&str> = read.iter().map(|one| one.kind).collect();
        assert_eq!(kinds, ["new", "update", "new slot", "rebuild", "downgrade"]);
        let one = &read[1];
        assert_eq!((one.name.as_str(), one.version.as_str()), ("app-misc/one-2", "2"));
        assert_eq!(
            one.flags,
            ["-extra", "-new", "-std", "video_cards_intel", "-video_cards_nouveau"]
        );
        assert_eq!(one.changed_flags, ["-new", "-std"]);
        assert_eq!((one.download, one.installed.join(" ").as_str()), (1121 * 1024, "1"));
        let slot = &read[2];
        assert_eq!((slot.slot.as_str(), slot.repository.as_str()), ("2/2.1", "other"));
        assert_eq!((slot.version.as_str(), slot.installed.len()), ("2-r1", 2));
        assert!(read[3].binary && !one.binary);
        assert_eq!((read[3].version.as_str(), read[3].slot.as_str()), ("2.4.10", "2"));
        assert_eq!(read[4].version, "1_rc2");
        let blocked = blocks(LIST);
        assert_eq!(
            blocked,
            ["app-misc/seven (\"app-misc/seven\" is hard blocking app-misc/six-1)"]
        );
    }
}
