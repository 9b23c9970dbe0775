//! Keys of lxc.container.conf(5) before LXC 2.1, and those of today. LXC 3 and later refuse the old ones.

use super::pair;

/// Keys that have another name today.
const RENAMED: [(&str, &str); 21] = [
    ("lxc.aa_allow_incomplete", "lxc.apparmor.allow_incomplete"),
    ("lxc.aa_profile", "lxc.apparmor.profile"),
    ("lxc.console", "lxc.console.path"),
    ("lxc.devttydir", "lxc.tty.dir"),
    ("lxc.haltsignal", "lxc.signal.halt"),
    ("lxc.id_map", "lxc.idmap"),
    ("lxc.init_cmd", "lxc.init.cmd"),
    ("lxc.init_gid", "lxc.init.gid"),
    ("lxc.init_uid", "lxc.init.uid"),
    ("lxc.logfile", "lxc.log.file"),
    ("lxc.loglevel", "lxc.log.level"),
    ("lxc.mount", "lxc.mount.fstab"),
    ("lxc.network", "lxc.net"),
    ("lxc.pts", "lxc.pty.max"),
    ("lxc.rebootsignal", "lxc.signal.reboot"),
    ("lxc.se_context", "lxc.selinux.context"),
    ("lxc.seccomp", "lxc.seccomp.profile"),
    ("lxc.stopsignal", "lxc.signal.stop"),
    ("lxc.syslog", "lxc.log.syslog"),
    ("lxc.tty", "lxc.tty.max"),
    ("lxc.utsname", "lxc.uts.name"),
];

/// Keys without a successor.
const REMOVED: [&str; 3] = ["lxc.kmsg", "lxc.pivotdir", "lxc.rootfs.backend"];

/// A setting of a network card before the line that begins the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoCard {
    /// The number of the line, from 1.
    pub line: usize,
    /// The key.
    pub key: String,
}

/// Returns the content with the keys of today. Comments and all other lines are unchanged.
///
/// # Errors
///
/// Returns the first setting of a network card that follows no `lxc.network.type`.
pub fn convert(text: &str) -> Result<String, NoCard> {
    let backend = super::value_of(text, "lxc.rootfs.backend").filter(|name| !name.is_empty());
    let mut cards = 0;
    let mut converted = String::new();
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let Some((key, value)) = pair(line) else {
            converted.push_str(line);
            continue;
        };
        if REMOVED.contains(&key) {
            continue;
        }
        if key == "lxc.network.type" {
            cards += 1;
        }
        let Some(today) = name_of_today(key, cards) else {
            return Err(NoCard { line: at + 1, key: key.to_owned() });
        };
        let mut line = line.replacen(key, &today, 1);
        if key == "lxc.rootfs" && !value.is_empty() {
            let path = rootfs_of_today(value, backend);
            // The value is the last word that the line has.
            let from = line.rfind(value).unwrap_or(line.len());
            line.replace_range(from..from + value.len(), &path);
        }
        converted.push_str(&line);
    }
    Ok(converted)
}

/// Returns the name of a key today; `None` for a network card without a number before the first card.
fn name_of_today(key: &str, cards: usize) -> Option<String> {
    if key == "lxc.rootfs" {
        return Some("lxc.rootfs.path".into());
    }
    if let Some((_, today)) = RENAMED.iter().find(|(old, _)| *old == key) {
        return Some((*today).into());
    }
    if let Some(resource) = key.strip_prefix("lxc.limit.") {
        return Some(format!("lxc.prlimit.{resource}"));
    }
    let Some(setting) = key.strip_prefix("lxc.network.") else { return Some(key.into()) };
    let (number, setting) = match setting.split_once('.') {
        Some((number, setting)) if number.parse::<u32>().is_ok() => (number.to_owned(), setting),
        _ => (cards.checked_sub(1)?.to_string(), setting),
    };
    let address = if matches!(setting, "ipv4" | "ipv6") { ".address" } else { "" };
    Some(format!("lxc.net.{number}.{setting}{address}"))
}

/// Returns a root with its type. LXC recognizes devices itself.
fn rootfs_of_today(path: &str, backend: Option<&str>) -> String {
    let named = path.split_once(':').filter(|(kind, _)| !kind.contains('/'));
    match (named, backend) {
        (Some(("overlayfs", rest)), _) => format!("overlay:{rest}"),
        (Some(_), _) => path.to_owned(),
        (None, Some(backend)) => format!("{backend}:{path}"),
        (None, None) if path.starts_with("/dev/") => path.to_owned(),
        (None, None) => format!("dir:{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_guide_are_converted() {
        let old = "# lxc.tty = 9\nlxc.utsname = web\n  lxc.tty=4\r\nlxc.rootfs = /srv/web\n\nlxc.network.type = veth\n\
                   lxc.network.flags = up\nlxc.network.ipv4 = 10.0.0.2/24\nlxc.network.ipv4.gateway = 10.0.0.1\n\
                   lxc.network.type = empty\nlxc.pivotdir = x\nlxc.limit.nofile = 9\nlxc.cap.drop = mknod";
        let new = "# lxc.tty = 9\nlxc.uts.name = web\n  lxc.tty.max=4\r\nlxc.rootfs.path = dir:/srv/web\n\nlxc.net.0.type = veth\n\
                   lxc.net.0.flags = up\nlxc.net.0.ipv4.address = 10.0.0.2/24\nlxc.net.0.ipv4.gateway = 10.0.0.1\n\
                   lxc.net.1.type = empty\nlxc.prlimit.nofile = 9\nlxc.cap.drop = mknod";
        assert_eq!(convert(old).as_deref(), Ok(new));
        assert_eq!(convert(new).as_deref(), Ok(new));
    }

    #[test]
    fn roots_keep_their_types() {
        let path = |text: &str| convert(text).expect("the keys are valid");
        let overlay = path("lxc.rootfs = overlayfs:/a:/b\n");
        assert_eq!(overlay, "lxc.rootfs.path = overlay:/a:/b\n");
        assert_eq!(path("lxc.rootfs = /dev/v/web\n"), "lxc.rootfs.path = /dev/v/web\n");
        let zfs = "lxc.rootfs.backend = zfs\nlxc.rootfs = /r\nlxc.tty = 1\n";
        assert_eq!(path(zfs), "lxc.rootfs.path = zfs:/r\nlxc.tty.max = 1\n");
        assert_eq!(path("lxc.rootfs =\n"), "lxc.rootfs.path =\n");
    }

    #[test]
    fn a_setting_needs_its_card() {
        let early = NoCard { line: 2, key: "lxc.network.link".into() };
        assert_eq!(convert("a = b\nlxc.network.link = br0\n"), Err(early));
        let numbered = "lxc.network.1.ipv6 = 2001:db8::2/64\n";
        assert_eq!(convert(numbered).as_deref(), Ok("lxc.net.1.ipv6.address = 2001:db8::2/64\n"));
    }
}
