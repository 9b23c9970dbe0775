//! systemd-boot, and the installation of kernels to the EFI system partition.

use super::BootRule;
use super::esp::check_esp;
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, Undo};
use crate::primitives::edit::{command, exists, none_of, system_file, writes};
use crate::primitives::kernel::chosen;
use crate::types::{AbsPath, KERNEL_VERSION, KernelVersion};

args! {
    /// Installs systemd-boot from inside a system to its EFI system partition.
    ///
    /// It is installed to the path that every UEFI firmware searches, and no firmware boot entry is
    /// created. Menu entries are created by `boot.kernel_install`. Cannot be undone: the previous
    /// boot loader is overwritten.
    ///
    /// Rejects a directory that is not an EFI system partition, and a system without bootctl.
    ///
    /// Source: bootctl(1), `install`.
    ///
    /// ```
    /// let parts = disk::partition("/dev/sda", [#{ name: "esp", size: "512M", kind: "efi" }]);
    /// fs::make(parts.esp, #{ kind: "vfat" });
    /// mount::mount(parts.esp, "/mnt/old/boot/efi");
    /// chroot::prepare("/mnt/old");
    /// boot::systemd_boot("/mnt/old", "/boot/efi");
    /// ```
    "boot.systemd_boot" => pub struct SystemdBoot {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The mount point of the EFI system partition in the system, such as `/boot/efi`.
        pub efi: AbsPath,
    }
}

args! {
    /// Installs a kernel to the EFI system partition with kernel-install.
    ///
    /// Runs the plugins of kernel-install, which build the initramfs or the unified kernel image
    /// and create the menu entry, as a package of a kernel does. `/etc/kernel/cmdline` contains the
    /// kernel command line; `install.conf` in `/etc/kernel` or `/usr/lib/kernel` names the layout.
    /// There is no time limit. Cannot be undone: previous images are overwritten.
    ///
    /// Source: kernel-install(8).
    ///
    /// ```
    /// let parts = disk::partition("/dev/sda", [#{ name: "esp", size: "512M", kind: "efi" }]);
    /// fs::make(parts.esp, #{ kind: "vfat" });
    /// mount::mount(parts.esp, "/mnt/old/boot/efi");
    /// chroot::prepare("/mnt/old");
    /// boot::systemd_boot("/mnt/old", "/boot/efi");
    /// boot::kernel_install("/mnt/old", "/boot/efi", #{ version: "6.6.62-gentoo", image: "/boot/vmlinuz-6.6.62-gentoo" });
    /// ```
    "boot.kernel_install" => pub struct KernelInstall {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The mount point of the EFI system partition in the system.
        pub efi: AbsPath,
        /// The version of the kernel; by default that of the sources in `/usr/src/linux`.
        pub version: Option<KernelVersion>,
        /// The path of the image in the system; by default that of the modules, the sources or
        /// `/boot`, whichever exists.
        pub image: Option<AbsPath>,
    }
}

/// The paths of bootctl, which depend on the distribution.
const BOOTCTL: [&str; 2] = ["/usr/bin/bootctl", "/bin/bootctl"];
/// The paths of kernel-install, which depend on the distribution.
const KERNEL_INSTALL: [&str; 2] = ["/usr/bin/kernel-install", "/bin/kernel-install"];

fn must_have(
    root: &AbsPath,
    program: &'static str,
    paths: &[&str],
    cx: &Planning<'_>,
) -> Result<()> {
    match none_of(root, paths, cx)? {
        true => Err(BootRule::NoSystemdBoot { root: root.to_string(), program }.into()),
        false => Ok(()),
    }
}

/// Returns the effects of a program that writes to the EFI system partition.
fn effects(root: &AbsPath, efi: &AbsPath, program: &str) -> Vec<Effect> {
    let runs = ProgramEffect::Runs { program: program.into(), root: root.to_string() };
    vec![writes(root, &efi.to_string()), Effect::Program(runs)]
}

impl Action for SystemdBoot {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        effects(&self.root, &self.efi, "bootctl")
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        check_esp(&self.root, &self.efi, cx)?;
        must_have(&self.root, "bootctl", &BOOTCTL, cx)?;
        let cmd = command(&self.root, "bootctl", cx)?
            .args(["install", "--no-variables"])
            .arg(format!("--esp-path={}", self.efi));
        let loader = system_file(&self.root, &self.efi.join("EFI/BOOT/BOOTX64.EFI").to_string());
        // The installed version cannot be detected, so it is always installed again.
        Ok(Plan::run(cmd)
            .makes(FilesFact::File { place: loader, digest: None, mode: None })
            .always()
            .hint("check the free space of the EFI system partition (df -h)")
            .undo(Undo::Impossible("the previous boot loader is overwritten")))
    }
}

impl KernelInstall {
    /// Returns the path of the image of this version; in a plan it may be unknown which of them
    /// exists.
    fn find_image(&self, version: &str, cx: &Planning<'_>) -> Result<String> {
        if let Some(image) = &self.image {
            return Ok(image.to_string());
        }
        let places = [
            format!("/lib/modules/{version}/vmlinuz"),
            format!("/usr/src/linux-{version}/arch/x86/boot/bzImage"),
            format!("/boot/vmlinuz-{version}"),
        ];
        let mut possible = None;
        for path in places {
            match exists(&system_file(&self.root, &path), cx)? {
                Some(true) => return Ok(path),
                None => possible = possible.or(Some(path)),
                Some(false) => {}
            }
        }
        let (root, version) = (self.root.to_string(), version.to_owned());
        Ok(possible.ok_or(BootRule::NoImage { root, version })?)
    }
}

impl Action for KernelInstall {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        effects(&self.root, &self.efi, "kernel-install")
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        check_esp(&self.root, &self.efi, cx)?;
        must_have(&self.root, "kernel-install", &KERNEL_INSTALL, cx)?;
        let version = chosen(self.version.as_ref(), &self.root, cx)?;
        let version = version.unwrap_or_else(|| KERNEL_VERSION.into());
        let image = self.find_image(&version, cx)?;
        let cmd = command(&self.root, "kernel-install", cx)?
            .args(["add", &version, &image])
            .limit(None)
            .may_change_any_file();
        Ok(Plan::run(cmd)
            .always()
            .hint(
                "check the free space of the EFI system partition (df -h): unused kernels can be \
                removed",
            )
            .undo(Undo::Impossible("previous images are overwritten")))
    }
}
