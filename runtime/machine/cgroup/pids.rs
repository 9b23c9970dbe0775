//! Numbers of processes and processors in the list format of the kernel: `0-3,7` (cpuset(7)).

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serializer};

/// The largest number of a list: `PID_MAX_LIMIT` of the kernel.
const MOST: u32 = 1 << 22;

/// Formats numbers as ranges.
pub fn pid_ranges(numbers: &BTreeSet<u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for number in numbers.iter().copied() {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let text = |(first, last): &(u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(",")
}

/// Reads ranges of numbers; `None` if the list is invalid.
pub fn pids_of(text: &str) -> Option<BTreeSet<u32>> {
    let mut numbers = BTreeSet::new();
    for part in text.split(',').filter(|_| !text.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(first) || !digits(last) {
            return None;
        }
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        if first > last || last > MOST {
            return None;
        }
        numbers.extend(first..=last);
    }
    Some(numbers)
}

pub(super) fn serialize<S: Serializer>(
    numbers: &BTreeSet<u32>,
    to: S,
) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(&pid_ranges(numbers))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<u32>, D::Error> {
    let text = String::deserialize(from)?;
    let wrong = || serde::de::Error::custom("expected ranges of numbers such as 1-4,7");
    pids_of(&text).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_round_trip() {
        for text in ["", "0", "0-3", "0-3,7", "1,3,5-6"] {
            assert_eq!(pids_of(text).map(|numbers| pid_ranges(&numbers)).as_deref(), Some(text));
        }
        assert_eq!(pids_of("0,1,2").map(|numbers| pid_ranges(&numbers)).as_deref(), Some("0-2"));
        for wrong in [",", "1-", "-1", "3-1", "a", "1 2", "0-99999999", "+1", "1,"] {
            assert_eq!(pids_of(wrong), None, "{wrong}");
        }
    }
}
