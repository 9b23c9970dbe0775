//! Whether QEMU can use the virtualization of this machine's processor.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::die_with_parent;

/// The device for hardware-assisted virtualization.
pub(crate) const KVM: &str = "/dev/kvm";

/// The options of QEMU for a processor with KVM.
pub(crate) const KVM_CPU: [&str; 4] = ["-accel", "kvm", "-cpu", "host"];

/// The options of QEMU for a processor without hardware virtualization.
///
/// QEMU 7.2 searches all translations of a page at each store to it. Each process has its own
/// translations of a library, so that a page of one may have many thousands: Linux clears such a
/// page after the switch from the initramfs, and a soft lockup of minutes follows. A small buffer
/// limits the translations, and without ERMS a page is cleared by 512 stores instead of 4096.
pub(crate) const EMULATED_CPU: [&str; 4] = ["-accel", "tcg,tb-size=64", "-cpu", "max,-erms,-fsrm"];

/// Returns whether KVM works. The device alone is not sufficient evidence if this machine is itself
/// virtual, so a boot sector with a few instructions must run to completion.
pub(crate) fn kvm_works(emulator: &Path) -> bool {
    const PORT: u16 = 0xf4;
    const EXIT_VALUE: u8 = 0x2a;
    const LIMIT: Duration = Duration::from_secs(5);
    let [low, high] = PORT.to_le_bytes();
    // mov al, EXIT_VALUE; mov dx, PORT; out dx, al; hlt
    let code = [0xb0, EXIT_VALUE, 0xba, low, high, 0xee, 0xf4];
    let mut sector = [0; 512];
    sector[..code.len()].copy_from_slice(&code);
    sector[510..].copy_from_slice(&[0x55, 0xaa]);
    let Ok(file) = tempfile::NamedTempFile::new() else { return false };
    if !Path::new(KVM).exists() || fs::write(file.path(), sector).is_err() {
        return false;
    }
    let mut command = Command::new(emulator);
    command
        .args(KVM_CPU)
        .args(["-M", "pc", "-nodefaults", "-display", "none", "-m", "16", "-no-reboot", "-device"])
        .arg(format!("isa-debug-exit,iobase={PORT:#x},iosize=4"))
        .args(["-drive", &format!("if=ide,format=raw,file={}", escape_commas(file.path()))])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    die_with_parent(&mut command, None);
    let Ok(mut machine) = command.spawn() else { return false };
    let begin = Instant::now();
    let mut works = false;
    while begin.elapsed() < LIMIT {
        match machine.try_wait() {
            // The exit code that the debug exit device produces for this value.
            Ok(Some(status)) => {
                works = status.code() == Some(i32::from(EXIT_VALUE) << 1 | 1);
                break;
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
            Err(_) => break,
        }
    }
    // It may have ended already.
    let _ = machine.kill();
    let _ = machine.wait();
    works
}

/// Formats a path for an option of QEMU, in which commas are separators.
pub(crate) fn escape_commas(path: &Path) -> String {
    path.to_string_lossy().replace(',', ",,")
}
