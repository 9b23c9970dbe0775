//! Installing GRUB.

use super::BootRule;
use super::encrypted::check_boot_containers;
use super::esp::check_esp;
use crate::args;
use crate::error::Result;
use crate::machine::{FilesFact, Mount, PartitionEntry, Table};
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, StorageEffect, Undo};
use crate::primitives::disk::is_kind;
use crate::primitives::edit::{command, none_of, system_file, writes};
use crate::system::Step;
use crate::types::{AbsPath, DevicePath, ModuleName, Place, TableKind};

args! {
    /// Installs GRUB from inside a system, to a disk (BIOS) or to an EFI system partition.
    ///
    /// Requires either `disk` or `efi`. With `removable` (the default), GRUB is installed to the
    /// path that every UEFI firmware searches, and no firmware boot entry is created. Cannot be
    /// undone: the previous boot loader is overwritten.
    ///
    /// Rejects a GPT disk without a BIOS boot partition and a directory that is not an EFI system
    /// partition. A firmware boot entry requires access to the EFI variables and efibootmgr in the
    /// system. If `/boot` is in a LUKS container, `GRUB_ENABLE_CRYPTODISK=y` must be set in
    /// `/etc/default/grub`, and a key of the container must be derived by pbkdf2.
    ///
    /// Source: grub-install(8); guide ER, `grub-install --no-floppy $INST_HDD`.
    ///
    /// ```
    /// disk::partition("/dev/sda", [#{ name: "bios", size: "2M", kind: "bios-boot" }, #{ name: "root", size: "rest" }]);
    /// chroot::prepare("/mnt/old");
    /// boot::grub_install("/mnt/old", #{ disk: "/dev/sda" });
    /// ```
    "boot.grub_install" => pub struct GrubInstall {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The disk whose boot sector is overwritten, for BIOS.
        pub disk: Option<DevicePath>,
        /// The mount point of the EFI system partition in the system, such as `/boot/efi`, for
        /// UEFI.
        pub efi: Option<AbsPath>,
        /// Whether to install to the path for removable media instead of creating a firmware boot
        /// entry; UEFI only.
        pub removable: bool = true,
        /// Additional GRUB modules to embed in the core image.
        pub modules: Option<Vec<ModuleName>>,
    }
}

/// The directory of GRUB in the system.
pub(super) const GRUB: &str = "/boot/grub";
/// The mount point of efivarfs.
const VARIABLES: &str = "/sys/firmware/efi/efivars";
/// The paths of efibootmgr, which depend on the distribution.
const EFIBOOTMGR: [&str; 2] = ["/usr/sbin/efibootmgr", "/usr/bin/efibootmgr"];
/// The GRUB modules for partition tables.
const TABLES: [&str; 2] = ["part_gpt", "part_msdos"];

impl GrubInstall {
    fn on_disk(&self, disk: &DevicePath, cx: &Planning<'_>) -> Result<Plan<()>> {
        let disk = cx.device(disk)?;
        let gpt = matches!(&disk.table, Some(Table { kind: TableKind::Gpt, .. }));
        let parts = cx.machine.partitions(&disk.path);
        let is_room = |part: &PartitionEntry| is_kind(part, "bios-boot");
        if gpt && !parts.iter().any(|p| p.partition().is_some_and(is_room)) {
            return Err(BootRule::NoBiosBoot { disk: disk.path.clone() }.into());
        }
        let cmd = command(&self.root, "grub-install", cx)?
            .args(["--target=i386-pc", "--boot-directory=/boot"])
            .arg(self.modules())
            .arg(&disk.path);
        let core = system_file(&self.root, &format!("{GRUB}/i386-pc/core.img"));
        Ok(Plan::run(cmd).makes(FilesFact::File { place: core, digest: None, mode: None }))
    }

    fn by_efi(&self, efi: &AbsPath, cx: &Planning<'_>) -> Result<Plan<()>> {
        check_esp(&self.root, efi, cx)?;
        let mut cmd = command(&self.root, "grub-install", cx)?
            .args(["--target=x86_64-efi", "--boot-directory=/boot"])
            .arg(format!("--efi-directory={efi}"))
            .arg(self.modules());
        let core = system_file(&self.root, &format!("{GRUB}/x86_64-efi/core.efi"));
        let mut plan = Plan::steps(Vec::new());
        if !self.removable {
            self.check_boot_entry(cx)?;
        }
        if self.removable {
            cmd = cmd.args(["--removable", "--no-nvram"]);
            let place = system_file(&self.root, &efi.join("EFI/BOOT/BOOTX64.EFI").to_string());
            plan = plan.makes(FilesFact::File { place, digest: None, mode: None });
        }
        Ok(plan.then(Step::Run(cmd)).makes(FilesFact::File {
            place: core,
            digest: None,
            mode: None,
        }))
    }

    /// Checks that a firmware boot entry can be created. Without efivarfs, its mount point is an
    /// empty directory.
    fn check_boot_entry(&self, cx: &Planning<'_>) -> Result<()> {
        let variables = |mount: &Mount| mount.kind == "efivarfs" && mount.at == VARIABLES;
        if !cx.machine.storage.mounts.iter().any(variables) {
            return Err(BootRule::NoVariables { place: Place::here(VARIABLES) }.into());
        }
        // grub-install uses efibootmgr to create the entry.
        if none_of(&self.root, &EFIBOOTMGR, cx)? {
            return Err(BootRule::NoEfibootmgr { root: self.root.to_string() }.into());
        }
        Ok(())
    }

    /// Returns the option that adds the modules for partition tables. grub-install omits them if it
    /// takes a partition for a whole disk, as with disks of virtual machines; GRUB would then stop
    /// in its rescue shell.
    fn modules(&self) -> String {
        let given = self.modules.iter().flatten().map(ModuleName::as_str);
        let all: Vec<&str> = TABLES.into_iter().chain(given).collect();
        format!("--modules={}", all.join(" "))
    }
}

impl Action for GrubInstall {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let runs = Effect::Program(ProgramEffect::Runs {
            program: "grub-install".into(),
            root: self.root.to_string(),
        });
        let sector = self
            .disk
            .iter()
            .map(|disk| Effect::Storage(StorageEffect::Alters { device: disk.to_string() }));
        sector.chain([writes(&self.root, "/boot"), runs]).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        check_boot_containers(&self.root, cx)?;
        let plan = match (&self.disk, &self.efi) {
            (Some(disk), None) => self.on_disk(disk, cx)?,
            (None, Some(efi)) => self.by_efi(efi, cx)?,
            _ => return Err(BootRule::Which.into()),
        };
        // The installed version cannot be detected, so GRUB is always installed again.
        Ok(plan
            .always()
            .hint(
                "make the disks visible to GRUB with chroot::prepare; check the free space of \
                /boot (df -h)",
            )
            .undo(Undo::Impossible("the previous boot loader is overwritten")))
    }
}
