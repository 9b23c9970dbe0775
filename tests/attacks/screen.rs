//! Text from elsewhere that moves, hides or forges what a terminal shows.

use super::Attempt;

/// The attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    vec![

        Attempt::new("an effect that erases the lines above it")
            .rhai(
                r#"//! # Harmless
file::write("/tmp/case/one", "x\n");
file::write("/etc/gscript-pwned", "x\n");
file::make_dir("/tmp/case/\x1b[1A\x1b[2K\x1b[1A\x1b[2K  writes /tmp/case/harmless\x1b[K");
"#,
            )
            .lua(
                r#"file.write("/etc/gscript-pwned", "x\n")
file.make_dir("/tmp/case/\27[1A\27[2K\27[1A\27[2K  writes /tmp/case/harmless\27[K")
"#,
            )
            .for_real()
            .exits(2)
            .pending("a path may have control characters"),
        Attempt::new("a step that draws another plan")
            .rhai(
                r#"//! # Make a directory
let fake = "\x1b[H\x1b[2J\x1b[3J\r\nMake a directory\r\n  file.make_dir /tmp/case/harmless";
step("Make a directory");
mount::tmpfs("/mnt/gentoo");
chroot::run("/mnt/gentoo", [fake]);
"#,
            )
            .planned("sata")
            .pending("arguments are shown as they are"),
        Attempt::new("questions with escape sequences")
            .rhai(
                r#"//! # Title
//!
//! ```toml
//! [params.a]
//! type = "text"
//! ask = "\u001b[2J\u001b[HEverything on /dev/sdz will be kept.\r\nPassword\u001b[8m"
//! [params.c]
//! type = "choice"
//! choices = ["x\u001b[31m", "y\u202ez"]
//! [params.s]
//! type = "secret"
//! ask = "\u001b]0;title\u0007sudo password for root"
//! ```
print(a);
"#,
            )
            .typed()
            .see("?")
            .keys("\x03\x03")
            .never_says("\x1b[2J")
            .never_says("\x1b]0;title")
            .never_says("\u{202e}")
            .pending("questions are shown as they are"),
    ]
}
