//! The virtual disks of a trial, and the parameters that get them.

use std::collections::BTreeSet;
use std::fmt;

use crate::types::Size;

/// The disks of a trial. The USB stick is the device after the last of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialDisks {
    sizes: Vec<Size>,
}

/// The maximum number of disks: User Mode Linux has 16 devices, and one of them is the stick.
pub const MOST_DISKS: usize = 15;
/// The number of disks for a list of disks: enough for every RAID level.
const DISKS_OF_LIST: usize = 4;
/// The minimum number of disks for a list of disks if the sizes of several disks are given.
const LEAST_OF_LIST: usize = 2;
/// The size of a disk if none is given.
const DEFAULT_SIZE: Size = Size::mib(8 << 10);

/// Returns the device with this number in the guest.
fn device(number: usize) -> String {
    let letters = ('a'..='p').collect::<Vec<char>>();
    format!("/dev/ubd{}", letters[number.min(MOST_DISKS)])
}

/// Returns the number of the virtual disk with this name in the guest.
fn number(path: &str) -> Option<usize> {
    (0..MOST_DISKS).find(|number| device(*number) == path.trim())
}

impl TrialDisks {
    /// Returns the sizes of the disks.
    pub fn sizes(&self) -> &[Size] {
        &self.sizes
    }

    /// Returns the devices of the disks in the guest.
    pub fn devices(&self) -> impl Iterator<Item = String> {
        (0..self.sizes.len()).map(device)
    }

    /// Returns the device of the stick in the guest.
    pub fn stick(&self) -> String {
        device(self.sizes.len())
    }

    /// Returns the device of the partition on the stick in the guest.
    pub fn stick_partition(&self) -> String {
        format!("{}1", self.stick())
    }
}

impl fmt::Display for TrialDisks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (device, size) in self.devices().zip(&self.sizes) {
            write!(f, "{device} ({size}), ")?;
        }
        write!(
            f,
            "and the USB stick {} with the partition {}",
            self.stick(),
            self.stick_partition()
        )
    }
}

/// Returns the disks for these parameters, of which each is a list of disks (`true`) or one disk
/// (`false`); and the devices for each of them. A parameter gets the next disk that no answer of
/// the user names. The last list gets all disks of which the sizes are given that no parameter
/// needs.
///
/// Returns `None` if there would be too many disks. Without enough sizes, the last one is repeated.
pub(super) fn assign(
    lists: &[bool],
    named: impl Iterator<Item = String>,
    sizes: &[Size],
) -> Option<(TrialDisks, Vec<Vec<String>>)> {
    let named: BTreeSet<usize> = named.filter_map(|path| number(&path)).collect();
    let of_list = if sizes.len() > 1 { LEAST_OF_LIST } else { DISKS_OF_LIST };
    let least = |list: bool| if list { of_list } else { 1 };
    let needed = named.len() + lists.iter().map(|list| least(*list)).sum::<usize>();
    let spare = sizes.len().saturating_sub(needed);
    let last_list = lists.iter().rposition(|list| *list);
    let mut free = (0..).filter(|number| !named.contains(number));
    let mut end = named.last().map_or(0, |last| last + 1).max(sizes.len()).max(1);
    let mut devices = Vec::new();
    for (index, list) in lists.iter().enumerate() {
        let more = if Some(index) == last_list { spare } else { 0 };
        let numbers: Vec<usize> = free.by_ref().take(least(*list) + more).collect();
        end = numbers.last().map_or(end, |last| end.max(last + 1));
        devices.push(numbers.into_iter().map(device).collect());
    }
    if end > MOST_DISKS {
        return None;
    }
    let repeated = sizes.last().copied().unwrap_or(DEFAULT_SIZE);
    let sizes = (0..end).map(|number| sizes.get(number).copied().unwrap_or(repeated)).collect();
    Some((TrialDisks { sizes }, devices))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the sizes of the disks in GiB, and the last letters of the devices of each parameter.
    fn assigned(lists: &[bool], named: &[&str], sizes: &[u64]) -> (Vec<u64>, Vec<String>) {
        let sizes: Vec<Size> = sizes.iter().map(|gib| Size::mib(gib << 10)).collect();
        let named = named.iter().map(|&path| path.to_owned());
        let (disks, devices) = assign(lists, named, &sizes).expect("disks");
        let letters =
            |paths: Vec<String>| paths.iter().filter_map(|path| path.chars().last()).collect();
        let gib = |size: &Size| size.get() >> 30;
        (disks.sizes().iter().map(gib).collect(), devices.into_iter().map(letters).collect())
    }

    fn of(sizes: &[u64], letters: &[&str]) -> (Vec<u64>, Vec<String>) {
        (sizes.to_vec(), letters.iter().map(|&letters| letters.to_owned()).collect())
    }

    #[test]
    fn every_parameter_gets_disks_of_its_own() {
        assert_eq!(assigned(&[], &[], &[]), of(&[8], &[]));
        assert_eq!(assigned(&[false], &[], &[]), of(&[8], &["a"]));
        assert_eq!(assigned(&[false, false], &[], &[4]), of(&[4, 4], &["a", "b"]));
        assert_eq!(assigned(&[true], &[], &[]), of(&[8, 8, 8, 8], &["abcd"]));
        assert_eq!(assigned(&[false, true], &[], &[4, 1]), of(&[4, 1, 1], &["a", "bc"]));
    }

    #[test]
    fn more_disks_belong_to_the_last_list_or_to_no_parameter() {
        assert_eq!(assigned(&[false], &[], &[4, 1]), of(&[4, 1], &["a"]));
        assert_eq!(assigned(&[true], &[], &[1, 2, 3]), of(&[1, 2, 3], &["abc"]));
        assert_eq!(assigned(&[true, false], &[], &[1, 2, 3, 4]), of(&[1, 2, 3, 4], &["abc", "d"]));
    }

    #[test]
    fn disks_named_by_the_user_are_not_assigned() {
        assert_eq!(assigned(&[false], &["/dev/ubda"], &[2]), of(&[2, 2], &["b"]));
        assert_eq!(assigned(&[false], &["/dev/ubdc"], &[2]), of(&[2, 2, 2], &["a"]));
    }

    #[test]
    fn the_stick_is_the_last_device_and_has_one() {
        let (disks, _) = assign(&[true], std::iter::empty(), &[]).expect("disks");
        assert_eq!(disks.stick_partition(), "/dev/ubde1");
        let sizes = vec![Size::mib(1); MOST_DISKS + 1];
        assert!(assign(&[], std::iter::empty(), &sizes).is_none());
        let (disks, _) = assign(&[], std::iter::empty(), &sizes[1..]).expect("disks");
        assert_eq!(disks.stick(), "/dev/ubdp");
    }
}
