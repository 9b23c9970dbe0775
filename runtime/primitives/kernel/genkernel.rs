//! Building an initramfs with genkernel.

use super::{KernelRule, SOURCES};
use crate::error::Result;
use crate::operation::{Plan, Planning};
use crate::primitives::edit::{command, none_of};
use crate::types::AbsPath;

/// The dracut module and the corresponding option of genkernel 4 (genkernel(8)).
const OPTIONS: [(&str, &str); 5] = [
    ("crypt", "luks"),
    ("crypt-gpg", "gpg"),
    ("lvm", "lvm"),
    ("mdraid", "mdadm"),
    ("btrfs", "btrfs"),
];

/// Returns the plan that builds an initramfs for the kernel in `/usr/src/linux` with exactly these
/// modules of [`OPTIONS`].
pub(super) fn initramfs(
    root: &AbsPath,
    modules: &[String],
    compress: &str,
    image: &AbsPath,
    cx: &Planning<'_>,
) -> Result<Plan<()>> {
    if none_of(root, &["/usr/bin/genkernel", "/usr/sbin/genkernel"], cx)? {
        let (program, package) = ("genkernel", "sys-kernel/genkernel");
        return Err(KernelRule::NoProgram { root: root.to_string(), program, package }.into());
    }
    let known = |module: &&String| OPTIONS.iter().any(|(name, _)| name == module);
    if let Some(module) = modules.iter().find(|module| !known(module)) {
        let known = OPTIONS.iter().map(|(name, _)| *name).collect();
        return Err(KernelRule::NoGenkernelOption { module: module.clone(), known }.into());
    }
    let options = OPTIONS.iter().map(|(name, option)| {
        let no = if modules.iter().any(|module| module == name) { "" } else { "no-" };
        format!("--{no}{option}")
    });
    let directory = image.as_path().parent().unwrap_or(image.as_path()).display();
    let name = image.as_path().file_name().unwrap_or_default().to_string_lossy();
    // genkernel chooses the compression level itself.
    let method = compress.split(' ').next().unwrap_or(compress);
    let cmd = command(root, "genkernel", cx)?
        .arg(format!("--kerneldir={SOURCES}"))
        .args(options)
        .arg(format!("--compress-initramfs-type={method}"))
        .args([format!("--bootdir={directory}"), format!("--initramfs-filename={name}")])
        .arg("initramfs")
        .limit(None);
    Ok(Plan::run(cmd).hint(
        "read /var/log/genkernel.log in the root; kernel::require lists the missing kernel options",
    ))
}
