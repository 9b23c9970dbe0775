//! Links, bind mounts, mounts, roots and device nodes that are not what their names suggest.

use super::Attempt;

/// Declaration of most recipes in this file.
const IN: &str = r#"writes = ["/tmp/case/in"]"#;
const TARGET: &str = "writes = [\"/mnt/gentoo\", \"/mnt/t\"]\n//! runs = [\"sh\"]";

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    let mut all = through_links();
    all.extend(through_proc());
    all.extend(through_binds());
    all.extend(the_running_system_as_a_root());
    all.extend(over_the_running_system());
    all.extend(device_nodes());
    all.extend(queries());
    all.extend(what_must_work());
    all
}

/// Returns a recipe in Rhai with this declaration.
fn recipe(needs: &str, body: &str) -> String {
    format!("//! # Harmless\n//!\n//! ```toml\n//! [needs]\n//! {needs}\n//! ```\n{body}\n")
}

fn refused(name: &'static str, needs: &str, body: &str) -> Attempt {
    Attempt::new(name)
        .rhai(&recipe(needs, body))
        .file("/tmp/case/out/victim", "mine\n")
        .for_real()
        .exits(3)
}

/// Declares `/tmp/case/in`, and runs `call` through a link there to `/tmp/case/out`.
fn link(name: &'static str, call: &str) -> Attempt {
    let body = format!(
        "file::make_dir(\"/tmp/case/in\");\nfile::link(\"/tmp/case/out\", \"/tmp/case/in/l\");\n{call}"
    );
    refused(name, IN, &body).may_change(&["/tmp/case/in"])
}

fn through_links() -> Vec<Attempt> {
    vec![
        link("a line appended", r#"file::append_line("/tmp/case/in/l/victim", "evil");"#)
            .says("writes /tmp/case/out/victim"),
        link("a mode changed", r#"file::chmod("/tmp/case/in/l/victim", "4777");"#),
        link("an owner changed", r#"file::chown("/tmp/case/in/l/victim", "7:7");"#),
        link("a journal kept", r#"journal::keep_on("/tmp/case/in/l");"#),
        link("a key made", r#"key::generate("/tmp/case/in/l/key");"#),
        link("a root that is a link", r#"file::write("/new", "x", #{ root: "/tmp/case/in/l" });"#),
        link("a file written", r#"file::write("/tmp/case/in/l/new", "x");"#),
        link("a file removed", r#"file::remove("/tmp/case/in/l/victim");"#),
        link("a link made", r#"file::link("/etc/shadow", "/tmp/case/in/l/new");"#),
        link("a directory made", r#"file::make_dir("/tmp/case/in/l/new/deep");"#),
        link("a file copied", r#"file::copy("/etc/passwd", "/tmp/case/in/l/new");"#),
        link("an image made", r#"fs::image("/tmp/case/in/l/new", "16M");"#),
        link("an fstab written", r#"fstab::write("/tmp/case/in/l", []);"#),
        link("an fstab entry removed", r#"fstab::remove("/tmp/case/in/l", "/home");"#)
            .file("/tmp/case/out/etc/fstab", "/dev/sda1 /home ext4\n")
            .says("writes /tmp/case/out/etc/fstab"),
        link(
            "an fstab entry set",
            r#"fstab::set("/tmp/case/in/l", #{ at: "/home", source: "tmpfs", kind: "tmpfs" });"#,
        )
        .file("/tmp/case/out/etc/fstab", "/dev/sda1 /home ext4\n")
        .says("writes /tmp/case/out/etc/fstab"),
        link("a crypttab entry removed", r#"crypttab::remove("/tmp/case/in/l", "root");"#)
            .file("/tmp/case/out/etc/crypttab", "root /dev/sda1\n")
            .says("writes /tmp/case/out/etc/crypttab"),
        link("a variable set", r#"portage::make_conf("/tmp/case/in/l", #{ A: "b" });"#)
            .file("/tmp/case/out/etc/portage/make.conf/a", "A=1\n")
            .says("writes /tmp/case/out/etc/portage/make.conf"),
        link("a configuration of a guest converted", r#"lxc::convert("/tmp/case/in/l/config");"#)
            .file("/tmp/case/out/config", "lxc.tty = 4\n")
            .says("writes /tmp/case/out/config"),
        link("something mounted", r#"mount::tmpfs("/tmp/case/in/l/new");"#)
            .says("mounts /tmp/case/out/new"),
        link(
            "a link to a link",
            "file::link(\"l\", \"/tmp/case/in/m\");\nfile::write(\"/tmp/case/in/m/new\", \"x\");",
        ),
        link(
            "a relative link with ..",
            "file::link(\"../out\", \"/tmp/case/in/m\");\nfile::write(\"/tmp/case/in/m/new\", \"x\");",
        ),
        link(
            "a directory behind a link that leads up",
            "file::link(\"../../..\", \"/tmp/case/in/m\");\nfile::write(\"/tmp/case/in/m/tmp/case/out/new\", \"x\");",
        ),
        refused(
            "a link that was there before",
            IN,
            r#"file::write("/tmp/case/in/before/new", "x");"#,
        )
        .prepare("mkdir /tmp/case/in; ln -s ../out /tmp/case/in/before")
        .may_change(&["/tmp/case/in"]),
    ]
}

fn through_proc() -> Vec<Attempt> {
    let proc = |name, call: &str| {
        let body = format!("file::make_dir(\"/tmp/case/in\");\n{call}");
        refused(name, IN, &body).exits(1).may_change(&["/tmp/case/in"])
    };
    vec![
        proc("the root of a process", r#"file::write("/proc/1/root/tmp/case/out/new", "x");"#),
        proc("our own root", r#"file::write("/proc/self/root/tmp/case/out/new", "x");"#),
        proc("our own directory", r#"file::write("/proc/self/cwd/new", "x");"#),
        proc(
            "the root of a process as a root",
            r#"file::write("/tmp/case/out/new", "x", #{ root: "/proc/1/root" });"#,
        ),
        proc("a descriptor", r#"file::append_line("/dev/fd/0", "x");"#),
        proc(
            "a link to the root of a process",
            "file::link(\"/proc/self/root\", \"/tmp/case/in/r\");\nfile::write(\"/tmp/case/in/r/tmp/case/out/new\", \"x\");",
        ),
        proc("a setting of the kernel", r#"file::write("/proc/sys/kernel/hostname", "x");"#),
        proc(
            "a setting of the kernel through a link",
            "file::link(\"/proc/sys\", \"/tmp/case/in/s\");\nfile::append_line(\"/tmp/case/in/s/kernel/hostname\", \"x\");",
        ),
        proc("a file of sysfs", r#"file::write("/sys/kernel/x", "x");"#),
    ]
}

fn through_binds() -> Vec<Attempt> {
    let bind = |name, body: &str| refused(name, TARGET, body);
    vec![
        bind(
            "the running system bound below the target",
            "mount::bind(\"/\", \"/mnt/t\");\nfile::write(\"/mnt/t/tmp/case/outside/new\", \"x\");",
        )
        .says("writes /tmp/case/outside/new"),
        bind(
            "a directory bound below the target",
            "mount::bind(\"/tmp/case/out\", \"/mnt/t\");\nfile::append_line(\"/mnt/t/victim\", \"x\");",
        ),
        bind(
            "a bind of a bind",
            "mount::bind(\"/tmp/case\", \"/mnt/t\");\nmount::bind(\"/mnt/t/out\", \"/mnt/gentoo\");\nfile::remove(\"/mnt/gentoo/victim\");",
        ),
        bind(
            "a bind of a link",
            "mount::tmpfs(\"/mnt/gentoo\");\nfile::link(\"/tmp/case/out\", \"/mnt/gentoo/l\");\nmount::bind(\"/mnt/gentoo/l\", \"/mnt/t\");\nfile::chmod(\"/mnt/t/victim\", \"4777\");",
        ),
        bind(
            "a bind with all below it",
            "mount::bind(\"/tmp\", \"/mnt/t\", #{ recursive: true });\nkey::generate(\"/mnt/t/case/out/key\");",
        ),
        bind(
            "a root in a bind",
            "mount::bind(\"/tmp\", \"/mnt/t\");\nfile::write(\"/out/new\", \"x\", #{ root: \"/mnt/t/case\" });",
        ),
        bind(
            "a mount in a bind",
            "mount::bind(\"/tmp/case\", \"/mnt/t\");\nmount::tmpfs(\"/mnt/t/outside\");",
        ),
        bind("a bind that was there before", r#"file::write("/mnt/t/new", "x");"#)
            .prepare("mount --bind /tmp/case/out /mnt/t"),
        bind(
            "a mount point through a link",
            "mount::tmpfs(\"/mnt/gentoo\");\nfile::link(\"/tmp/case\", \"/mnt/gentoo/l\");\nmount::tmpfs(\"/mnt/gentoo/l/outside2\");",
        )
        .says("mounts /tmp/case/outside2"),
    ]
}

fn the_running_system_as_a_root() -> Vec<Attempt> {
    let root = |name, body: &str| refused(name, TARGET, body).says("is the running system");
    let run = |at: &str| {
        format!("chroot::run(\"{at}\", [\"sh\", \"-c\", \"echo x > /tmp/case/outside/new\"]);")
    };
    let linked = "mount::tmpfs(\"/mnt/gentoo\");\nfile::link(\"/\", \"/mnt/gentoo/l\");\n";
    let bound = "mount::bind(\"/\", \"/mnt/t\");\n";
    vec![
        root("a program in a bind of /", &format!("{bound}{}", run("/mnt/t"))),
        root("a program in a link to /", &format!("{linked}{}", run("/mnt/gentoo/l"))),
        root(
            "a program in a bind of a bind of /",
            &format!("{bound}mount::bind(\"/mnt/t\", \"/mnt/gentoo\");\n{}", run("/mnt/gentoo")),
        ),
        root("a bind of / prepared", &format!("{bound}chroot::prepare(\"/mnt/t\");")),
        root("a bind of / released", &format!("{bound}chroot::release(\"/mnt/t\");")),
        root("a shell in a link to /", &format!("{linked}chroot::shell(\"/mnt/gentoo/l\");")),
        root(
            "a question in a link to /",
            &format!("{linked}portage::has_version(\"/mnt/gentoo/l\", \"a/b\");"),
        ),
        root("a bind of / that was there before", &run("/mnt/t")).prepare("mount --bind / /mnt/t"),
    ]
}

fn over_the_running_system() -> Vec<Attempt> {
    let needs = r#"writes = ["/"]"#;
    let over = |name, body: &str| refused(name, needs, body).says("belongs to the running system");
    vec![
        over("a filesystem over the mappings", r#"mount::tmpfs("/dev/mapper");"#),
        over("a filesystem over a setting", r#"mount::tmpfs("/proc/sys");"#),
        over("a filesystem over /etc", r#"mount::tmpfs("/etc");"#),
        over(
            "a directory over /usr through a bind",
            "mount::bind(\"/\", \"/mnt/t\");\nmount::bind(\"/tmp/case/out\", \"/mnt/t/usr\");",
        ),
        over(
            "a filesystem over the mappings through a link",
            "file::link(\"/dev\", \"/tmp/case/d\");\nmount::tmpfs(\"/tmp/case/d/mapper\");",
        )
        .may_change(&["/tmp/case/d"]),
    ]
}

fn device_nodes() -> Vec<Attempt> {
    let needs = r#"writes = ["/"]"#;
    let node = |name, body: &str| refused(name, needs, body).exits(1);
    vec![
        node("a node replaced by a file", r#"file::write("/dev/null", "x");"#),
        node("a node replaced by a link", r#"file::link("/dev/zero", "/dev/null");"#),
        node("a node removed", r#"file::remove("/dev/full");"#),
        node("a node opened to all", r#"file::chmod("/dev/full", "0777");"#),
        node("a new name among the nodes", r#"file::link("/dev/zero", "/dev/sdz");"#),
        node("a key among the nodes", r#"key::generate("/dev/key");"#),
        node(
            "a node replaced through a link",
            "file::link(\"/dev\", \"/tmp/case/d\");\nfile::write(\"/tmp/case/d/full\", \"x\");",
        )
        .may_change(&["/tmp/case/d"]),
        node(
            "a node replaced through a bind",
            "mount::bind(\"/dev\", \"/mnt/t\");\nfile::copy(\"/etc/passwd\", \"/mnt/t/full\");",
        ),
        node("a node elsewhere replaced", r#"file::write("/tmp/case/out/node", "x");"#)
            .prepare("mknod /tmp/case/out/node c 1 7"),
        Attempt::new("a node that became another disk")
            .rhai(&recipe("destroys = [\"/dev/loop6\"]", r#"fs::make("/dev/loop6");"#))
            .prepare(
                "for n in 6 7; do mknod /dev/loop$n b 7 $n; truncate -s 64M /tmp/case/out.$n; losetup /dev/loop$n /tmp/case/out.$n; done
                 rm /dev/loop6; ln -s loop7 /dev/loop6",
            )
            .for_real()
            .args(&["--destroy", "/dev/loop6"])
            .exits(1)
            .exits(3)
            .says("is not the planned device")
            .may_change(&["/tmp/case/out.6"])
            .afterwards("rm /dev/loop6; mknod /dev/loop6 b 7 6; losetup -d /dev/loop6 /dev/loop7"),
    ]
}

fn queries() -> Vec<Attempt> {
    let query = |name, body: &str| {
        refused(name, TARGET, body).exits(1).never_says("OLDPWD").never_says("Linux version")
    };
    vec![
        query("the environment", r#"print(file::read("/proc/self/environ"));"#),
        query("the command line", r#"print(file::read("/proc/self/cmdline"));"#),
        query("the mounts", r#"print(file::read("/proc/mounts"));"#),
        query("the clock", r#"print(file::read("/proc/uptime"));"#),
        query("descriptors", r#"print(file::exists("/proc/self/fd/3"));"#),
        query("whether sysfs has a file", r#"print(file::exists("/sys/class/net/lo"));"#),
        query("a device", r#"print(file::exists("/dev/full"));"#),
        query(
            "the environment through a link",
            "mount::tmpfs(\"/mnt/gentoo\");\nfile::link(\"/proc/self\", \"/mnt/gentoo/p\");\nprint(file::read(\"/mnt/gentoo/p/environ\"));",
        ),
        query(
            "the version through a bind",
            "mount::bind(\"/proc\", \"/mnt/t\");\nprint(file::read(\"/mnt/t/version\"));",
        ),
        query(
            "the version in a root",
            r#"print(file::read("/proc/version", #{ root: "/mnt/t" }));"#,
        )
        .prepare("mkdir -p /mnt/t/proc; mount -t proc proc /mnt/t/proc"),
    ]
}

/// The same paths, where they lead to declared places.
fn what_must_work() -> Vec<Attempt> {
    vec![
        Attempt::new("a link inside the target")
            .rhai(&recipe(
                TARGET,
                "mount::tmpfs(\"/mnt/gentoo\");\nfile::make_dir(\"/mnt/gentoo/usr/lib\");\nfile::link(\"usr/lib\", \"/mnt/gentoo/lib\");\nfile::write(\"/mnt/gentoo/lib/f\", \"x\");\nfile::append_line(\"/lib/f\", \"y\", #{ root: \"/mnt/gentoo\" });\nprint(file::read(\"/mnt/gentoo/usr/lib/f\"));\nmount::unmount(\"/mnt/gentoo\");",
            ))
            .for_real()
            .exits(0)
            .says("y"),
        Attempt::new("a mount point behind a link is unmounted by that name")
            .rhai(&recipe(
                "writes = [\"/mnt/gentoo\", \"/mnt/t\"]",
                "mount::tmpfs(\"/mnt/gentoo\");\nfile::link(\"/mnt/t\", \"/mnt/gentoo/l\");\nmount::tmpfs(\"/mnt/gentoo/l/x\");\nfile::write(\"/mnt/gentoo/l/x/f\", \"x\");\nmount::unmount(\"/mnt/gentoo/l/x\");\nmount::unmount(\"/mnt/gentoo\");",
            ))
            .for_real()
            .exits(0)
            .may_change(&["/mnt/t/x"])
            .afterwards("! mountpoint -q /mnt/t/x"),
    ]
}
