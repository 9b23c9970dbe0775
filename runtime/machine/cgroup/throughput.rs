//! Limits of the throughput of single devices: `io.max` of version 2, `blkio.throttle.*` of version 1.
//!
//! In the model, the limit is a list such as `/dev/sda rbps=1048576 wbps=max riops=max wiops=max`,
//! sorted by path and separated by `, `. The kernel has the numbers of devices instead of paths.

use std::collections::BTreeMap;
use std::fmt;

use super::step::CgroupWrite;

/// No limit, in all files of version 2.
pub(super) const MAX: &str = "max";

/// The keys of a device in `io.max`: bytes and operations a second, read and written.
const KEYS: [&str; 4] = ["rbps", "wbps", "riops", "wiops"];

/// The files of version 1, in the order of the keys.
pub(super) const LEGACY_FILES: [&str; 4] = [
    "blkio.throttle.read_bps_device",
    "blkio.throttle.write_bps_device",
    "blkio.throttle.read_iops_device",
    "blkio.throttle.write_iops_device",
];

/// The file of version 2.
pub(super) const FILE: &str = "io.max";

/// The limits of devices, by path or, as far as the kernel reports them, number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Throughput(BTreeMap<String, [Option<u64>; 4]>);

impl Throughput {
    /// Parses the value in the model, or the content of `io.max`.
    pub fn parse(text: &str) -> Self {
        let mut all = Self::default();
        for line in text.split(['\n', ',']) {
            let mut words = line.split_whitespace();
            let Some(device) = words.next() else { continue };
            let mut limits = [None; 4];
            for (key, value) in words.filter_map(|word| word.split_once('=')) {
                if let Some(at) = KEYS.iter().position(|known| *known == key) {
                    limits[at] = value.parse().ok();
                }
            }
            all.set(device, limits);
        }
        all
    }

    /// Parses the contents of the files of version 1.
    pub(super) fn parse_legacy(texts: &[&str]) -> Self {
        let mut all = Self::default();
        for (at, text) in texts.iter().enumerate().take(KEYS.len()) {
            for line in text.split(['\n', ',']) {
                if let Some((device, number)) = line.trim().split_once(' ') {
                    let limits = all.0.entry(device.to_owned()).or_default();
                    limits[at] = number.trim().parse().ok().filter(|number| *number != 0);
                }
            }
        }
        all
    }

    /// Returns the limits of a device; `None` for no limit.
    pub fn get(&self, device: &str) -> [Option<u64>; 4] {
        self.0.get(device).copied().unwrap_or_default()
    }

    /// Sets the limits of a device.
    pub fn set(&mut self, device: &str, limits: [Option<u64>; 4]) {
        match limits == [None; 4] {
            true => self.0.remove(device),
            false => self.0.insert(device.to_owned(), limits),
        };
    }

    /// Returns the devices that have limits, and their limits.
    pub fn iter(&self) -> impl Iterator<Item = (&str, [Option<u64>; 4])> {
        self.0.iter().map(|(device, limits)| (device.as_str(), *limits))
    }

    /// Returns what is written to change these limits to others.
    pub fn writes(&self, to: &Self, directory: &str, legacy: bool) -> Vec<CgroupWrite> {
        let mut devices: Vec<&String> = self.0.keys().chain(to.0.keys()).collect();
        devices.sort();
        devices.dedup();
        let mut writes = Vec::new();
        for device in devices {
            let new = to.get(device);
            match legacy {
                false => writes.push((FILE, line(device, new))),
                true => {
                    let number = |limit: Option<u64>| format!("{device} {}", limit.unwrap_or(0));
                    writes.extend(LEGACY_FILES.into_iter().zip(new.map(number)));
                }
            }
        }
        let write = |(file, text)| CgroupWrite { file: format!("{directory}/{file}"), text };
        writes.into_iter().map(write).collect()
    }
}

fn line(device: &str, limits: [Option<u64>; 4]) -> String {
    let mut line = device.to_owned();
    for (key, limit) in KEYS.iter().zip(limits) {
        let limit = limit.map_or_else(|| MAX.to_owned(), |limit| limit.to_string());
        line += &format!(" {key}={limit}");
    }
    line
}

/// Displays the value in the model.
impl fmt::Display for Throughput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.iter().map(|(device, limits)| line(device, limits)).collect();
        f.write_str(&lines.join(", "))
    }
}

/// Returns whether the kernel has numbers of devices in a file of a group.
pub fn has_devices(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    name == FILE || LEGACY_FILES.contains(&name)
}

/// Returns the content of such a file with the paths of devices, on one line. `read` returns the
/// content of a file of sysfs(5); a device without a path keeps its number.
pub fn with_paths(text: &str, read: &dyn Fn(&str) -> Option<String>) -> String {
    let lines = text.lines().filter_map(|line| {
        let (number, rest) = line.trim().split_once(' ')?;
        Some(format!("{} {}", path_of(number, read), rest.trim()))
    });
    lines.collect::<Vec<_>>().join(", ")
}

/// Returns the path of a device with a number such as `8:0`.
fn path_of(number: &str, read: &dyn Fn(&str) -> Option<String>) -> String {
    let directory = format!("/sys/dev/block/{number}");
    if let Some(name) = read(&format!("{directory}/dm/name")) {
        return format!("/dev/mapper/{}", name.trim());
    }
    let uevent = read(&format!("{directory}/uevent")).unwrap_or_default();
    let name = uevent.lines().find_map(|line| line.strip_prefix("DEVNAME="));
    name.map_or_else(|| number.to_owned(), |name| format!("/dev/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "/dev/sda rbps=1048576 wbps=max riops=max wiops=120";

    #[test]
    fn both_versions_have_the_same_value() {
        let all = Throughput::parse(VALUE);
        assert_eq!(all.to_string(), VALUE);
        assert_eq!(all.get("/dev/sda"), [Some(1 << 20), None, None, Some(120)]);
        let texts = ["/dev/sda 1048576", "", "", "/dev/sda 120"];
        assert_eq!(Throughput::parse_legacy(&texts), all);
        assert_eq!(Throughput::parse("").to_string(), "");
    }

    #[test]
    fn only_what_changes_a_device_is_written() {
        let (none, all) = (Throughput::default(), Throughput::parse(VALUE));
        let texts = |writes: Vec<CgroupWrite>| {
            let text = |write: CgroupWrite| format!("{}: {}", write.file, write.text);
            writes.into_iter().map(text).collect::<Vec<_>>()
        };
        assert_eq!(texts(none.writes(&all, "/g", false)), [format!("/g/io.max: {VALUE}")]);
        let reset = "/g/io.max: /dev/sda rbps=max wbps=max riops=max wiops=max";
        assert_eq!(texts(all.writes(&none, "/g", false)), [reset]);
        let legacy = texts(none.writes(&all, "/g", true));
        assert_eq!(legacy[0], "/g/blkio.throttle.read_bps_device: /dev/sda 1048576");
        assert_eq!(legacy[1], "/g/blkio.throttle.write_bps_device: /dev/sda 0");
        assert_eq!(legacy.len(), 4);
    }

    #[test]
    fn numbers_become_paths() {
        let read = |path: &str| match path {
            "/sys/dev/block/8:0/uevent" => Some("MAJOR=8\nDEVNAME=sda\n".to_owned()),
            "/sys/dev/block/253:1/dm/name" => Some("vg-root\n".to_owned()),
            _ => None,
        };
        assert_eq!(
            with_paths("8:0 rbps=1\n253:1 rbps=2\n7:7 rbps=3\n", &read),
            "/dev/sda rbps=1, /dev/mapper/vg-root rbps=2, 7:7 rbps=3"
        );
        assert!(has_devices("/sys/fs/cgroup/a/io.max") && !has_devices("/a/io.weight"));
    }
}
