//! Foreign values that break the file or command they get into.

use super::Attempt;

/// The attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    vec![

        refused("an owner that means no change", r#"file::chown("/etc/passwd","4294967295:4294967295");"#)
            .pending("no validator"),
        refused(
            "a newline in the options of dmcrypt",
            r#"dmcrypt::set("/mnt/t","x","/dev/sda2",#{options:"a\ntouch /pwned #"});"#,
        )
        .pending("no validator"),
        refused(
            "a comment as the source in fstab",
            r##"fstab::write("/mnt/t",[#{at:"/x", source:"#tmpfs", kind:"tmpfs"}]);"##,
        )
        .pending("no validator"),
        refused(
            "a newline in the defaults of GRUB",
            r#"boot::grub_config("/mnt/t",#{defaults:#{GRUB_CMDLINE_LINUX:"a\nreboot"}});"#,
        )
        .pending("no validator"),
        refused(
            "a newline in the options of a mount",
            r#"mount::mount("/dev/sda1","/mnt/u",#{options:"ro\nevil"});"#,
        )
        .pending("no validator"),
    ]
}

/// A call on a root in memory that must be refused as an error of the recipe.
fn refused(name: &'static str, call: &str) -> Attempt {
    let setup = "mount::tmpfs(\"/mnt/t\"); file::make_dir(\"/mnt/t/etc\");";
    Attempt::new(name).rhai(&format!("{setup}\n{call}\n")).planned("sata").exits(2)
}
