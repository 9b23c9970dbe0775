//! Parsers of `/proc/self/mountinfo` and `/proc/swaps`.

use std::collections::BTreeSet;

use crate::types::{bytes_of, text_of};

/// A mount as listed by the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMount {
    /// Device number, such as `8:1`.
    pub number: String,
    /// The source that was passed to mount(2).
    pub source: String,
    /// The mount point.
    pub at: String,
    /// Filesystem type.
    pub kind: String,
    /// The directory of the filesystem that is mounted.
    pub part: String,
    /// Mount flags other than the kernel's defaults.
    pub options: BTreeSet<String>,
    /// Options of the filesystem itself, separated by commas.
    pub filesystem_options: String,
}

/// Parses mountinfo (proc(5)). Lines that cannot be parsed are skipped, because newer kernels may
/// extend the format.
pub fn parse_mountinfo(bytes: &[u8]) -> Vec<RawMount> {
    // Names can contain any bytes; one that is not UTF-8 must not hide the other mounts.
    text_of(bytes).lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<RawMount> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ').skip(2);
    let (number, part, at, options) = (left.next()?, left.next()?, left.next()?, left.next()?);
    let mut right = right.split(' ');
    let (kind, source) = (right.next()?, right.next()?);
    let defaults = ["rw", "relatime"];
    Some(RawMount {
        number: number.to_owned(),
        source: unescape(source),
        at: unescape(at),
        kind: kind.to_owned(),
        part: unescape(part),
        options: options
            .split(',')
            .filter(|option| !defaults.contains(option))
            .map(str::to_owned)
            .collect(),
        filesystem_options: right.next().unwrap_or_default().to_owned(),
    })
}

/// Parses `/proc/swaps` into pairs of device or file and priority.
pub fn parse_swaps(bytes: &[u8]) -> Vec<(String, i32)> {
    text_of(bytes)
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let path = words.next()?;
            let priority = words.next_back()?.parse().ok()?;
            Some((unescape(path), priority))
        })
        .collect()
}

/// Returns a note about the lines of a kernel file of which no more than `read` could be parsed.
pub fn skipped_lines(file: &str, bytes: &[u8], read: usize) -> Option<String> {
    let skipped = text_of(bytes).lines().count().saturating_sub(read);
    (skipped > 0).then(|| format!("{file}: lines in an unknown format were skipped: {skipped}"))
}

/// Decodes the octal escapes that the kernel and fstab(5) use for spaces, tabs, newlines and
/// backslashes.
pub fn unescape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = bytes_of(text);
    let mut rest = bytes.as_slice();
    while let Some((&first, tail)) = rest.split_first() {
        let octal = tail.get(..3).filter(|_| first == b'\\');
        let byte = octal
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match byte {
            Some(byte) => {
                out.push(byte);
                rest = &tail[3..];
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    text_of(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_in_an_unknown_format_costs_itself_and_a_note() {
        let good = "36 35 8:1 / /mnt rw - ext4 /dev/sda1 rw\n";
        let text = format!("{good}something else\n");
        let read = parse_mountinfo(text.as_bytes()).len();
        assert_eq!(read, 1);
        let note = skipped_lines("/m", text.as_bytes(), read);
        assert_eq!(note.as_deref(), Some("/m: lines in an unknown format were skipped: 1"));
        assert_eq!(skipped_lines("/m", good.as_bytes(), read), None);
    }

    #[test]
    fn mountinfo_with_escapes_and_binds() {
        let text = "\
22 18 0:17 / / rw,relatime - overlay overlay rw,lowerdir=/mnt/lower
30 22 254:2 / /mnt/my\\040disk rw,noatime shared:1 - ext4 /dev/mapper/vg-root rw
31 30 0:5 /pts /mnt/pts rw,nosuid - devtmpfs dev rw
nonsense
";
        let mounts = parse_mountinfo(text.as_bytes());
        assert_eq!(mounts.len(), 3);
        assert_eq!(mounts[1].at, "/mnt/my disk");
        assert_eq!(mounts[1].number, "254:2");
        assert_eq!(mounts[1].options, BTreeSet::from(["noatime".to_owned()]));
        assert_eq!((mounts[2].part.as_str(), mounts[2].kind.as_str()), ("/pts", "devtmpfs"));
    }

    #[test]
    fn non_utf8_names_do_not_hide_other_mounts() {
        let bytes = b"30 22 8:1 / /mnt/\xff\\040x rw - ext4 /dev/sda1 rw\n\
            31 22 8:2 / /mnt/b rw - ext4 /dev/sda2 rw\n";
        let mounts = parse_mountinfo(bytes);
        assert_eq!(mounts.len(), 2);
        assert_eq!(bytes_of(&mounts[0].at), b"/mnt/\xff x");
        assert_eq!(mounts[1].at, "/mnt/b");
    }

    #[test]
    fn swaps_on_devices_and_in_files() {
        let text = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n\
/dev/dm-1                               partition\t102396\t\t0\t\t-2\n\
/swapfile                               file\t\t102396\t\t0\t\t-3\n";
        let swaps = [("/dev/dm-1".to_owned(), -2), ("/swapfile".to_owned(), -3)];
        assert_eq!(parse_swaps(text.as_bytes()), swaps);
    }
}
