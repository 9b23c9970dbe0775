//! Configuring GRUB: its settings and its menu.

use serde::Serialize;

use super::BootRule;
use super::defaults::{effects, set_defaults};
use super::encrypted::reject_argon2;
use super::grub::GRUB;
use crate::args;
use crate::config::ConfVariables;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, Undo};
use crate::primitives::edit::{command, system_file, writes};
use crate::system::{Outcome, Step};
use crate::types::AbsPath;

args! {
    /// Sets variables in `/etc/default/grub`, which grub-mkconfig reads.
    ///
    /// Does not generate the menu: see `boot.grub_config`. Useful before packages that install a
    /// kernel and run grub-mkconfig themselves. If grub-mkconfig reads `/etc/default/grub.d`, too, a
    /// variable that a file there replaces is set in that file, where its value takes effect. Other
    /// settings are unchanged. Undo restores the previous files.
    ///
    /// Source: GRUB manual, "Simple configuration handling".
    ///
    /// ```
    /// boot::grub_defaults("/mnt/old", #{ GRUB_CMDLINE_LINUX: boot::cmdline("/dev/vg_live/data") });
    /// ```
    "boot.grub_defaults" => pub struct GrubDefaults {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The variables, as a map from names to values.
        pub values: ConfVariables,
    }
}

args! {
    /// Sets variables in `/etc/default/grub` and generates `grub.cfg` with grub-mkconfig.
    ///
    /// The menu is written to `/boot/grub/grub.cfg`. Variables are set where their values take
    /// effect, as by `boot.grub_defaults`; other settings are unchanged. Returns a list of the
    /// kernels that were found, as maps with `kernel` and `initrd`, a list: microcode images are
    /// loaded before the initramfs. Finding no kernel is an error. Cannot be undone: the previous
    /// menu is overwritten.
    ///
    /// Source: grub-mkconfig(8); guide ER, "Configuring grub".
    ///
    /// ```
    /// let line = boot::cmdline("/dev/vg_live/data");
    /// boot::grub_config("/mnt/old", #{ defaults: #{ GRUB_CMDLINE_LINUX: line, GRUB_TIMEOUT: "3" } });
    /// ```
    "boot.grub_config" => pub struct GrubConfig {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The variables for `/etc/default/grub`, as a map from names to values.
        pub defaults: Option<ConfVariables>,
    }
}

/// A kernel that grub-mkconfig has found, in the result of `boot.grub_config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundKernel {
    kernel: String,
    initrd: Vec<String>,
}

/// Returns the kernels in the output of grub-mkconfig, each with the images that are printed after
/// it, all in one line. Several scripts may find the same kernel.
fn found_kernels(output: &str) -> Vec<FoundKernel> {
    let mut found: Vec<FoundKernel> = Vec::new();
    let mut current = None;
    for line in output.lines().map(str::trim) {
        if let Some(kernel) = line.strip_prefix("Found linux image:") {
            let kernel = kernel.trim().to_owned();
            let known = found.iter().position(|known| known.kernel == kernel);
            current = Some(known.unwrap_or(found.len()));
            if known.is_none() {
                found.push(FoundKernel { kernel, initrd: Vec::new() });
            }
        } else if let (Some(images), Some(at)) = (line.strip_prefix("Found initrd image:"), current)
        {
            found[at].initrd = images.split_whitespace().map(str::to_owned).collect();
        }
    }
    found
}

impl Action for GrubDefaults {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        effects(&self.root).into()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        set_defaults(&self.root, &given(Some(&self.values)), cx)
    }
}

/// Returns variables with their values.
fn given(values: Option<&ConfVariables>) -> Vec<(&str, String)> {
    values.into_iter().flat_map(ConfVariables::iter).map(|(n, v)| (n, v.to_owned())).collect()
}

impl Action for GrubConfig {
    type Output = Vec<FoundKernel>;

    fn effects(&self) -> Vec<Effect> {
        let runs = Effect::Program(ProgramEffect::Runs {
            program: "grub-mkconfig".into(),
            root: self.root.to_string(),
        });
        effects(&self.root).into_iter().chain([writes(&self.root, GRUB), runs]).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<Vec<FoundKernel>>> {
        reject_argon2(&self.root, cx)?;
        let config = system_file(&self.root, &format!("{GRUB}/grub.cfg"));
        let cmd = command(&self.root, "grub-mkconfig", cx)?;
        let cmd = cmd.args(["--output", &format!("{GRUB}/grub.cfg")]);
        let boot = system_file(&self.root, "/boot");
        let read = move |outcomes: &[Outcome]| {
            let output = outcomes.last().map_or("", |outcome| outcome.stderr.as_str());
            let kernels = found_kernels(output);
            match kernels.is_empty() {
                true => Err(BootRule::NoKernel { place: boot.clone() }.into()),
                false => Ok(kernels),
            }
        };
        // The set of kernels may have changed, so the menu is always generated again.
        Ok(set_defaults(&self.root, &given(self.defaults.as_ref()), cx)?
            .then(Step::Run(cmd))
            .makes(FilesFact::File { place: config, digest: None, mode: None })
            .always()
            .undo(Undo::Impossible("the previous menu is overwritten"))
            .reads(Vec::new(), read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_paired_with_their_images() {
        let output = "Generating grub configuration file ...\n\
            Found linux image: /boot/vmlinuz-6.12.2-gentoo\n\
            Found initrd image: /boot/amd-uc.img /boot/initramfs-6.12.2-gentoo.img\n\
            Found linux image: /boot/vmlinuz-6.6.1\n\
            Found linux image: /boot/vmlinuz-6.1.1\n\
            Found initrd image: /boot/amd-uc.img\n\
            Found linux image: /boot/vmlinuz-6.12.2-gentoo\n\
            Found initrd image: /boot/amd-uc.img /boot/initramfs-6.12.2-gentoo.img\n\
            Adding boot menu entry for UEFI Firmware Settings ...\ndone\n";
        let pairs: Vec<(String, String)> = found_kernels(output)
            .into_iter()
            .map(|one| (one.kernel, one.initrd.join(" ")))
            .collect();
        let pair = |kernel: &str, initrd: &str| (kernel.to_owned(), initrd.to_owned());
        assert_eq!(
            pairs,
            [
                pair(
                    "/boot/vmlinuz-6.12.2-gentoo",
                    "/boot/amd-uc.img /boot/initramfs-6.12.2-gentoo.img"
                ),
                pair("/boot/vmlinuz-6.6.1", ""),
                pair("/boot/vmlinuz-6.1.1", "/boot/amd-uc.img"),
            ]
        );
    }
}
