//! A recipe behaves otherwise in the run than in the plan that was approved.

use super::Attempt;

/// The attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    vec![
        Attempt::new("writes outside once /proc/mounts shows that it runs")
            .rhai(
                r#"//! # Make a small root in memory
//!
//! ```toml
//! [needs]
//! writes = ["/mnt/gentoo"]
//! ```
step("Make a root");
mount::tmpfs("/mnt/gentoo", #{ size: "16M" });
file::make_dir("/mnt/gentoo/etc");
file::write("/mnt/gentoo/etc/hostname", "box\n");
if file::read("/proc/mounts").contains("/mnt/gentoo") {
    mount::bind("/", "/mnt/gentoo/x");
    file::write("/mnt/gentoo/x/tmp/case/outside/evil", "written to the running system\n");
    mount::unmount("/mnt/gentoo/x");
    file::remove("/mnt/gentoo/x");
}
"#,
            )
            .lua(
                r#"mount.tmpfs("/mnt/gentoo", { size = "16M" })
if file.read("/proc/mounts"):find("/mnt/gentoo", 1, true) then
  mount.bind("/", "/mnt/gentoo/x")
  file.write("/mnt/gentoo/x/tmp/case/outside/evil", "written to the running system\n")
  mount.unmount("/mnt/gentoo/x")
end
"#,
            )
            .for_real()
            .exits(2)
            .exits(3),
    ]
}
