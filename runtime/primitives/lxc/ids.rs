//! Subordinate identifiers (subuid(5), subgid(5)): the users and groups of a guest on this system.

use super::rule::LxcRule;
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::operation::Planning;
use crate::primitives::file::text;
use crate::types::Place;

/// The identifiers that a guest needs: all that 16 bits can name, as systems expect.
pub(super) const COUNT: u32 = 65_536;

/// The first identifier, if the files cannot be read: that of useradd(8) in Gentoo and Debian.
const USUAL: u32 = 100_000;

/// Returns the first identifier of the first range that is large enough, or the largest number of identifiers in a range.
fn first(text: &str) -> std::result::Result<u32, u32> {
    let mut most = 0;
    for line in text.lines() {
        let mut fields = line.trim().split(':');
        let (Some("root" | "0"), Some(first), Some(count)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let (Ok(first), Ok(count)) = (first.parse::<u32>(), count.parse::<u32>()) else { continue };
        if count >= COUNT && first > 0 {
            return Ok(first);
        }
        most = most.max(count);
    }
    Err(most)
}

/// Returns the first subordinate identifier of root in a file, and whether it is assumed.
fn of_file(file: &'static str, cx: &Planning<'_>) -> Result<(u32, bool)> {
    match text(&Place::here(file), cx)? {
        Some(FileContents::Unknown(_)) => Ok((USUAL, true)),
        None => Err(LxcRule::NoIds { file, found: 0 }.into()),
        Some(FileContents::Known(bytes)) => first(&String::from_utf8_lossy(&bytes))
            .map(|first| (first, false))
            .map_err(|found| LxcRule::NoIds { file, found }.into()),
    }
}

/// The first user and the first group of a guest on this system.
pub(super) struct SubordinateIds {
    pub(super) user: u32,
    pub(super) group: u32,
    pub(super) assumed: bool,
}

/// Returns the subordinate identifiers of root, who starts the guests.
pub(super) fn of_root(cx: &Planning<'_>) -> Result<SubordinateIds> {
    let (user, one) = of_file("/etc/subuid", cx)?;
    let (group, other) = of_file("/etc/subgid", cx)?;
    Ok(SubordinateIds { user, group, assumed: one || other })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_must_be_large_enough() {
        assert_eq!(first("alice:100000:65536\nroot:165536:65536\n"), Ok(165_536));
        assert_eq!(first("root:100000:1000\nroot:300000:65536\n"), Ok(300_000));
        assert_eq!(first("root:100000:1000\n"), Err(1000));
        assert_eq!(first("root:0:65536\n# root:1:65536\n"), Err(65_536));
        assert_eq!(first(""), Err(0));
    }
}
