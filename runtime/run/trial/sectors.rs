//! Checks whether a disk could boot at all, to avoid waiting for one that cannot.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::error::TrialError;
use crate::vm::Firmware;

const SECTOR: usize = 512;
/// The size of the boot sector and a GPT with 128 entries, in bytes.
const HEAD: usize = 34 * SECTOR;
/// The type of an EFI system partition in a GPT and in an MBR.
const GPT_EFI: [u8; 16] = [
    0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b,
];
const MBR_EFI: u8 = 0xef;
/// The offset and size of the four MBR entries, and the offset of the type in an entry.
const MBR_ENTRIES: usize = 446;
const MBR_ENTRY: usize = 16;
const MBR_TYPE: usize = 4;

/// Checks the first sectors of a disk.
pub(super) fn check_bootable(disk: &Path, firmware: Firmware) -> Result<(), TrialError> {
    let mut head = Vec::with_capacity(HEAD);
    let most = u64::try_from(HEAD).map_err(io::Error::other)?;
    File::open(disk)?.take(most).read_to_end(&mut head)?;
    head.resize(HEAD, 0);
    match boots(&head, firmware) {
        true => Ok(()),
        false => Err(TrialError::NoBootLoader(firmware)),
    }
}

fn boots(head: &[u8], firmware: Firmware) -> bool {
    match firmware {
        // A partition table without a boot loader has no code before it.
        Firmware::Bios => {
            head[510..512] == [0x55, 0xaa] && head[..64].iter().any(|byte| *byte != 0)
        }
        Firmware::Efi => {
            let types = (0..4).map(|entry| head[MBR_ENTRIES + entry * MBR_ENTRY + MBR_TYPE]);
            let mut gpt = head[2 * SECTOR..].chunks(128);
            gpt.any(|entry| entry[..16] == GPT_EFI) || types.into_iter().any(|kind| kind == MBR_EFI)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(change: impl Fn(&mut [u8])) -> Vec<u8> {
        let mut head = vec![0; HEAD];
        head[510..512].copy_from_slice(&[0x55, 0xaa]);
        change(&mut head);
        head
    }

    #[test]
    fn a_partition_table_alone_is_not_bootable() {
        for firmware in [Firmware::Bios, Firmware::Efi] {
            assert!(!boots(&head(|_| ()), firmware));
            assert!(!boots(&vec![0; HEAD], firmware));
        }
    }

    #[test]
    fn a_boot_sector_or_an_efi_system_partition_may_boot() {
        assert!(boots(&head(|head| head[0] = 0xeb), Firmware::Bios));
        let gpt = head(|head| head[2 * SECTOR + 128..][..16].copy_from_slice(&GPT_EFI));
        assert!(boots(&gpt, Firmware::Efi) && !boots(&gpt, Firmware::Bios));
        let mbr = head(|head| head[MBR_ENTRIES + MBR_ENTRY + MBR_TYPE] = MBR_EFI);
        assert!(boots(&mbr, Firmware::Efi));
    }
}
