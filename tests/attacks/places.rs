//! Links, binds and roots that are something else than their names say.

use super::Attempt;

/// The attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    vec![

        Attempt::new("the running system bound below the target")
            .rhai(
                r#"//! # Harmless
//!
//! ```toml
//! [needs]
//! writes = ["/mnt/t"]
//! runs = ["sh"]
//! ```
step("Prepare the target");
mount::bind("/", "/mnt/t");
file::write("/mnt/t/tmp/case/outside/viabind", "x\n");
"#,
            )
            .for_real()
            .exits(3)
            .pending("a bind counts as what it is called"),
        Attempt::new("chroot into a bind of the running system")
            .rhai(
                r#"//! # Harmless
//!
//! ```toml
//! [needs]
//! writes = ["/mnt/t"]
//! runs = ["sh"]
//! ```
mount::bind("/", "/mnt/t");
chroot::run("/mnt/t", ["sh", "-c", "echo host > /tmp/case/outside/viachroot"]);
"#,
            )
            .for_real()
            .exits(3)
            .pending("a bind counts as what it is called"),
        Attempt::new("chroot into a link to /")
            .rhai(
                r#"//! # root option through a link
//!
//! ```toml
//! [needs]
//! writes = ["/mnt/gentoo"]
//! runs = ["sh"]
//! ```
mount::tmpfs("/mnt/gentoo");
file::link("/", "/mnt/gentoo/l");
chroot::run("/mnt/gentoo/l", ["sh", "-c", "id -u > /tmp/case/outside/rootlink-chroot"]);
"#,
            )
            .for_real()
            .exits(2)
            .exits(3)
            .pending("a link counts as what it is called"),
        Attempt::new("a mount point through a link")
            .rhai(
                r#"//! # mounts over a directory outside
//!
//! ```toml
//! [needs]
//! writes = ["/mnt/gentoo"]
//! ```
mount::tmpfs("/mnt/gentoo");
file::link("/tmp/case", "/mnt/gentoo/l");
mount::tmpfs("/mnt/gentoo/l/outside2");
"#,
            )
            .for_real()
            .exits(2)
            .exits(3)
            .pending("a link counts as what it is called"),
        through_a_link("append_line", r#"file::append_line("/tmp/case/in/l/victim","evil");"#),
        through_a_link("chmod", r#"file::chmod("/tmp/case/in/l/victim","4777");"#),
        through_a_link("keep_on", r#"journal::keep_on("/tmp/case/in/l");"#),
        through_a_link("key.generate", r#"key::generate("/tmp/case/in/l/key");"#),
        through_a_link("a root", r#"file::write("/new","x",#{root:"/tmp/case/in/l"});"#),
        through_a_link("write", r#"file::write("/tmp/case/in/l/new","x");"#),
    ]
}

/// A recipe that announces `/tmp/case/in`, and does this through a link there to `/tmp/case/out`.
fn through_a_link(name: &'static str, call: &str) -> Attempt {
    let recipe = format!(
        r#"//! # Writes below one directory
//!
//! ```toml
//! [needs]
//! writes = ["/tmp/case/in"]
//! ```
file::make_dir("/tmp/case/in");
file::link("/tmp/case/out", "/tmp/case/in/l");
{call}
"#
    );
    Attempt::new(name)
        .rhai(&recipe)
        .file("/tmp/case/out/victim", "mine\n")
        .for_real()
        .exits(2)
        .exits(3)
        .may_change(&["/tmp/case/in"])
        .pending("a link counts as what it is called")
}
