//! Whether a disk could boot at all: nobody wants to wait for one that can't.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::boot_failure::BootFailure;
use crate::vm::Firmware;

const SECTOR: usize = 512;
/// The first sector, and a GPT with 128 entries.
const HEAD: usize = 34 * SECTOR;
/// An EFI system partition as a GPT and as an MBR call it.
const GPT_EFI: [u8; 16] = [
    0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b,
];
const MBR_EFI: u8 = 0xef;
/// Where the MBR's four entries begin, and where each has its type.
const MBR_ENTRIES: usize = 446;
const MBR_ENTRY: usize = 16;
const MBR_TYPE: usize = 4;

/// Looks at the first sectors of a disk.
pub(super) fn could_boot(disk: &Path, firmware: Firmware) -> Result<(), BootFailure> {
    let mut head = Vec::with_capacity(HEAD);
    let most = u64::try_from(HEAD).map_err(io::Error::other)?;
    File::open(disk)?.take(most).read_to_end(&mut head)?;
    head.resize(HEAD, 0);
    match boots(&head, firmware) {
        true => Ok(()),
        false => Err(BootFailure::NoBootLoader(firmware)),
    }
}

fn boots(head: &[u8], firmware: Firmware) -> bool {
    match firmware {
        // A table without a boot loader has no code before it.
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
    fn a_table_alone_boots_nothing() {
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
