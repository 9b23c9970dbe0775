//! Headers and reports with invalid values: parsing them must end with a value or an error. Tests
//! are compiled with overflow checks, so an overflow panics here.

use super::{
    Findings, luks_header_len, md_superblock_offsets, parse_blkid, parse_fullreport, parse_lsblk,
    parse_luks, parse_md, parse_mountinfo, parse_swaps, parse_udev,
};
use crate::machine::{Content, Device, DeviceKind, Group, Machine};

/// Numbers that cause overflows in sums and products.
const NUMBERS: [u64; 7] =
    [0, 1, u64::MAX, 1 << 63, i64::MAX.cast_unsigned(), u64::MAX / 512, 1 << 32];

/// Returns the next number of a sequence that is the same in every run (xorshift64).
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 8).unwrap_or(0)
}

/// Calls `read` with some bits of the bytes flipped, and with each number in them replaced.
fn read_with_flipped_bits(original: &[u8], times: usize, read: impl Fn(&[u8])) {
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..times {
        let mut bytes = original.to_vec();
        for _ in 0..=next(&mut state) % 4 {
            let at = next(&mut state) % bytes.len();
            bytes[at] ^= 1 << (next(&mut state) % 8);
        }
        bytes.truncate(bytes.len() - next(&mut state) % 8 / 7 * (next(&mut state) % bytes.len()));
        read(&bytes);
    }
    for at in (0..original.len().saturating_sub(8).min(512)).step_by(4) {
        for number in NUMBERS {
            let mut bytes = original.to_vec();
            bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
            read(&bytes);
            bytes[at..at + 8].copy_from_slice(&number.to_be_bytes());
            read(&bytes);
        }
    }
}

/// Calls `read` with each number of the text replaced.
fn read_with_replaced_numbers(original: &str, read: impl Fn(&str)) {
    let mut at = 0;
    while let Some(start) = original[at..].find(|c: char| c.is_ascii_digit()).map(|i| at + i) {
        let digits = original[start..].bytes().take_while(u8::is_ascii_digit).count();
        for number in NUMBERS {
            read(&format!("{}{number}{}", &original[..start], &original[start + digits..]));
        }
        at = start + digits;
    }
}

fn assert_valid_size(bytes: u64) {
    assert!(i64::try_from(bytes).is_ok(), "no device has {bytes} bytes");
}

#[test]
fn headers_of_containers() {
    let read = |bytes: &[u8]| {
        assert!(luks_header_len(bytes) <= 4 << 20);
        if let Some(content @ Content::Luks { .. }) = parse_luks(bytes) {
            assert!(content.identifier().is_none_or(|id| !id.contains(char::is_whitespace)));
        }
    };
    read_with_flipped_bits(include_bytes!("fixtures/luks1.header"), 3000, read);
    read_with_flipped_bits(include_bytes!("fixtures/luks2.header"), 300, read);
}

#[test]
fn superblocks_of_arrays() {
    let read = |bytes: &[u8]| {
        for place in md_superblock_offsets(1 << 30) {
            if let Some(Content::RaidMember { share, .. }) = parse_md(bytes, place) {
                assert_valid_size(share);
            }
        }
    };
    read_with_flipped_bits(&include_bytes!("fixtures/md-raid1.superblock")[..], 3000, read);
    read_with_flipped_bits(&include_bytes!("fixtures/md-raid0.superblock")[..], 3000, read);
    for size in NUMBERS {
        assert!(md_superblock_offsets(size).iter().all(|place| *place <= size.max(4096)));
    }
}

/// Computes all sizes of a group, which must not overflow.
fn compute_sizes(group: &Group) {
    assert_valid_size(group.bytes(group.extents));
    assert_valid_size(group.bytes(group.free));
    let _ = (
        group.allocated_extents(),
        group.reserved_extents(),
        group.bytes(group.allocated_extents()),
    );
}

#[test]
fn reports_of_lvm() {
    let read = |text: &str| {
        let Ok(groups) = parse_fullreport(text.as_bytes(), &mut Vec::new()) else { return };
        groups.values().for_each(compute_sizes);
        let findings = Findings { groups: Some(groups), ..Findings::default() };
        let mut machine = Machine::empty();
        machine.insert(Device::new("/dev/mapper/enc", 1 << 30, DeviceKind::Disk));
        let machine = machine.with_findings(findings, None);
        let _ = machine.uses("/dev/mapper/enc");
    };
    for text in
        [include_str!("fixtures/lvm-fullreport.json"), include_str!("fixtures/lvm-thin-raid.json")]
    {
        read_with_replaced_numbers(text, read);
        read_with_flipped_bits(text.as_bytes(), 300, |bytes| read(&String::from_utf8_lossy(bytes)));
    }
}

#[test]
fn lists_of_devices_and_mounts() {
    let stack = include_str!("fixtures/lsblk-stack.json");
    let read = |text: &str| {
        if let Ok(blocks) = parse_lsblk(text.as_bytes(), &mut Vec::new()) {
            let findings = Findings { blocks: Some(blocks), ..Findings::default() };
            let _ = Machine::empty().with_findings(findings, None);
        }
    };
    read_with_replaced_numbers(stack, read);
    read_with_flipped_bits(stack.as_bytes(), 300, |bytes| read(&String::from_utf8_lossy(bytes)));
    let udev = include_str!("fixtures/lsblk-udev.json");
    read_with_replaced_numbers(udev, |text| drop(parse_udev(text.as_bytes())));
    let blkid = include_str!("fixtures/blkid-stack.txt");
    read_with_replaced_numbers(blkid, |text| drop(parse_blkid(&["/dev/ubda1"], text, "")));
    let mounts = b"30 22 254:2 / /mnt/my\\040disk rw shared:1 - ext4 /dev/mapper/vg-root rw\n";
    read_with_flipped_bits(mounts, 2000, |bytes| {
        drop((parse_mountinfo(bytes), parse_swaps(bytes)));
    });
}
