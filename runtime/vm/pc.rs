//! An emulated PC: it boots a disk in the same way as hardware does, from its boot sector or EFI
//! system partition, with a USB stick as a real USB device. Its serial console is read and
//! answered.
//!
//! Source: qemu-system-x86_64(1).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use super::console::{Console, end, unconfined};
use super::dialogue::{ConsoleDialogue, ConsoleTranscript, Turn};
use super::error::{QEMU, VmError};
use super::sandbox::{Owner, SETUP_FAILED, Sandbox, SandboxStdin, Share, change_owner};
use crate::system::Interrupts;
use crate::system::real::{EMULATED_CPU, KVM, KVM_CPU, escape_commas, find_program, kvm_works};
use crate::types::{Choice, Size};

/// The paths of the EFI firmware in distributions: the code, and the initial variables.
const OVMF: [[&str; 2]; 4] = [
    ["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"],
    ["/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"],
    ["/usr/share/edk2/OvmfX64/OVMF_CODE.fd", "/usr/share/edk2/OvmfX64/OVMF_VARS.fd"],
    ["/usr/share/edk2-ovmf/OVMF_CODE.fd", "/usr/share/edk2-ovmf/OVMF_VARS.fd"],
];

/// Returns the path of the emulator of this system.
pub fn find_emulator() -> Result<PathBuf, VmError> {
    find_program(QEMU.name).ok_or(VmError::NoEmulator)
}

/// The firmware that starts the boot loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firmware {
    /// BIOS: starts the boot sector of the first disk.
    Bios,
    /// EFI: starts from the EFI system partition.
    Efi,
}

impl Choice for Firmware {
    const NAME: &'static str = "firmware";
    const WORDS: &'static [&'static str] = &["bios", "efi"];
    const ALL: &'static [Self] = &[Self::Bios, Self::Efi];
}

/// One boot of the emulated PC.
pub struct Pc<'a> {
    /// The path of this executable.
    pub program: &'a Path,
    /// The firmware.
    pub firmware: Firmware,
    /// The disk to boot from, a raw image file.
    pub disk: &'a Path,
    /// The other disks.
    pub more_disks: &'a [PathBuf],
    /// Whether the disks have 4096-byte sectors; a BIOS can't boot from such a disk.
    pub sectors_4k: bool,
    /// The USB stick, if it is plugged in.
    pub stick: Option<&'a Path>,
    /// Whether a USB keyboard is plugged in. Then Ctrl-A C on the serial line switches to the
    /// monitor of the emulator and back, whose command `sendkey` presses keys.
    pub keyboard: bool,
    /// The memory size.
    pub memory: Size,
    /// A directory for the firmware's variables.
    pub directory: &'a Path,
    /// The time limit, after which the machine is killed.
    pub limit: Duration,
}

/// The emulator process, which is terminated on drop.
struct QemuProcess(Child);

impl Drop for QemuProcess {
    fn drop(&mut self) {
        let _ = end(&mut self.0);
    }
}

/// The seccomp options, which deny system calls that the emulator does not need here.
const SANDBOX: &str = "on,obsolete=deny,elevateprivileges=deny,spawn=deny";

/// The command line of the emulator.
struct Emulation {
    words: Vec<String>,
    kvm: bool,
}

struct QemuArgs(Vec<String>);

impl QemuArgs {
    fn args<'a>(&mut self, words: impl IntoIterator<Item = &'a str>) -> &mut Self {
        self.0.extend(words.into_iter().map(str::to_owned));
        self
    }
}

impl Pc<'_> {
    /// Boots the machine and answers its prompts: waits for the strings of each turn in order and
    /// types the reply. The machine is terminated after the last turn.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no emulator or firmware, if the machine exits or times out
    /// before the last turn, or as soon as a string of `never` appears.
    pub fn boot(
        &self,
        turns: &[Turn<'_>],
        never: &[&str],
        interrupts: &Interrupts,
        console: &mut dyn Console,
    ) -> Result<ConsoleTranscript, VmError> {
        let start = |error: io::Error| VmError::Start(error.to_string());
        let emulator = find_emulator()?;
        let command = self.command(&emulator)?;
        let mut files = vec![self.disk.to_owned()];
        files.extend_from_slice(self.more_disks);
        files.extend(self.stick.map(Path::to_owned));
        files.extend((self.firmware == Firmware::Efi).then(|| self.variables()));
        let sandbox = |owner| Sandbox {
            command: command.words,
            shares: files
                .iter()
                .map(Share::writable)
                .chain(command.kvm.then(|| Share::writable(KVM)))
                .collect(),
            files: Vec::new(),
            shared_memory: 1 << 20,
            largest_file: files
                .iter()
                .filter_map(|file| Some(fs::metadata(file).ok()?.len()))
                .fold(1 << 20, u64::max),
            one_processor: false,
            owner,
        };
        let owner = Owner::for_caller();
        let owner = if command.kvm { owner.with_group_of(Path::new(KVM)) } else { owner };
        let give_all =
            |owner| files.iter().try_for_each(|file| change_owner(file, owner)).map_err(start);
        give_all(owner)?;
        let mut machine =
            QemuProcess(sandbox(owner).spawn(self.program, SandboxStdin::Kept).map_err(start)?);
        console.started(machine.0.id());
        let talk = ConsoleDialogue { turns, never, limit: self.limit };
        let said = talk.with(&mut machine.0, interrupts, console);
        // The conversation is over, so the machine is no longer needed.
        let code = end(&mut machine.0);
        give_all(Owner::caller())?;
        match said {
            Err(VmError::Silent { console, .. }) if code == Some(SETUP_FAILED) => {
                Err(unconfined(&console))
            }
            said => said,
        }
    }

    fn command(&self, emulator: &Path) -> Result<Emulation, VmError> {
        let kvm = kvm_works(emulator);
        let mut command = QemuArgs(vec![emulator.to_string_lossy().into_owned()]);
        command
            .args(["-M", "pc", "-nodefaults", "-no-user-config", "-display", "none"])
            .args(["-sandbox", SANDBOX])
            .args(["-no-reboot", "-monitor", "none"])
            .args(["-serial", if self.keyboard { "mon:stdio" } else { "stdio" }])
            .args(["-m", &format!("{}M", self.memory.get() >> 20)]);
        match kvm {
            true => command.args(KVM_CPU).args(["-smp", "2"]),
            // A second processor spins while it waits for the first, which makes both slow on a busy machine.
            false => command.args(EMULATED_CPU).args(["-smp", "1"]),
        };
        if self.firmware == Firmware::Efi {
            let [code, variables] = self.efi()?;
            for (file, read_only) in [(code, "on"), (variables, "off")] {
                let file = escape_commas(&file);
                command.args([
                    "-drive",
                    &format!("if=pflash,format=raw,readonly={read_only},file={file}"),
                ]);
            }
        }
        let raw = |id: &str, path: &Path| {
            // Written data need not reach the host's disk: this machine never loses power.
            format!("if=none,id={id},format=raw,cache=unsafe,file={}", escape_commas(path))
        };
        let sectors = match self.sectors_4k {
            true => ",logical_block_size=4096,physical_block_size=4096",
            false => "",
        };
        command
            .args(["-drive", &raw("disk", self.disk)])
            .args(["-device", &format!("virtio-blk-pci,drive=disk,bootindex=1{sectors}")]);
        for (number, disk) in (2..).zip(self.more_disks) {
            command
                .args(["-drive", &raw(&format!("disk{number}"), disk)])
                .args(["-device", &format!("virtio-blk-pci,drive=disk{number}{sectors}")]);
        }
        command.args(["-device", "virtio-rng-pci", "-device", "qemu-xhci"]);
        if self.keyboard {
            command.args(["-device", "usb-kbd"]);
        }
        if let Some(stick) = self.stick {
            command
                .args(["-drive", &raw("stick", stick)])
                .args(["-device", "usb-storage,drive=stick,removable=on"]);
        }
        Ok(Emulation { words: command.0, kvm })
    }

    fn variables(&self) -> PathBuf {
        self.directory.join("efi-variables.fd")
    }

    /// Returns the firmware code, and a copy of its variables, which the firmware may change.
    fn efi(&self) -> Result<[PathBuf; 2], VmError> {
        let there = |[code, _]: &&[&str; 2]| Path::new(code).exists();
        let [code, variables] = OVMF.iter().find(there).ok_or(VmError::NoFirmware)?;
        if !Path::new(variables).exists() {
            return Err(VmError::NoVariables { missing: variables.into() });
        }
        let copy = self.variables();
        if !copy.exists() {
            fs::copy(variables, &copy).map_err(|error| VmError::Start(error.to_string()))?;
        }
        Ok([code.into(), copy])
    }
}
