//! Programs that outlive their run, the environment that programs get, and files that are replaced
//! while they are in use.

use super::{Attempt, ROOT};

/// Approves that a shell runs in the root.
const SHELL: [&str; 2] = ["--anything-in", "/mnt/gentoo"];

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    let mut all = environment();
    all.extend(left_behind());
    all.extend(archives());
    all.extend(services());
    all.extend(locks());
    all
}

/// A program in a root must not see this variable of the user's environment.
fn not_passed_on(name: &'static str, variable: &'static str) -> Attempt {
    Attempt::new(name)
        .rhai(r#"print("env " + chroot::run("/mnt/gentoo", ["env"]).stdout);"#)
        .lua(r#"print("env " .. chroot.run("/mnt/gentoo", { "env" }).stdout)"#)
        .prepare(ROOT)
        .env(variable, "/tmp/case/here/planted")
        .file("planted", "echo planted\n")
        .for_real()
        .args(&SHELL)
        .exits(0)
        .says("env ")
        .never_says("planted")
}

fn environment() -> Vec<Attempt> {
    vec![
        not_passed_on("libraries by LD_LIBRARY_PATH", "LD_LIBRARY_PATH"),
        not_passed_on("a script of bash by BASH_ENV", "BASH_ENV"),
        not_passed_on("a script of sh by ENV", "ENV"),
        not_passed_on("options of tar by TAR_OPTIONS", "TAR_OPTIONS"),
        not_passed_on("the settings of LVM by LVM_SYSTEM_DIR", "LVM_SYSTEM_DIR"),
        not_passed_on("keys by GNUPGHOME", "GNUPGHOME"),
        not_passed_on("modules of Python by PYTHONPATH", "PYTHONPATH"),
        not_passed_on("a token of the user", "GITHUB_TOKEN"),
        Attempt::new("the home directory of this system inside a root")
            .rhai(r#"print("home " + chroot::run("/mnt/gentoo", ["sh", "-c", "echo $HOME"]).stdout);"#)
            .prepare(ROOT)
            .for_real()
            .args(&SHELL)
            .exits(0)
            .says("home /root")
            .never_says("/tmp/case/home"),
        Attempt::new("a program beside the recipe by PATH")
            .rhai(r#"mount::tmpfs("/mnt/t", #{ size: "1M" });"#)
            .file("lsblk", "#!/bin/sh\ntouch /tmp/case/outside/planted\n")
            .prepare("chmod 755 lsblk; cp lsblk blkid")
            .env("PATH", ".::/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .for_real()
            .exits(0)
            .may_mount(&["/mnt/t"]),
    ]
}

/// A recipe whose program in a root runs this; the user presses Ctrl-C until it ends.
fn stopped(name: &'static str, shell: &str) -> Attempt {
    let recipe = format!("chroot::run(\"/mnt/gentoo\", [\"sh\", \"-c\", {shell:?}]);");
    Attempt::new(name)
        .rhai(&recipe)
        .prepare(ROOT)
        .typed()
        .args(&["--yes"])
        .args(&SHELL)
        .see("it runs")
        .keys("\x03")
        .see("will stop")
        .keys("\x03")
        .exits(1)
        .exits(4)
}

fn left_behind() -> Vec<Attempt> {
    vec![
        stopped("a program that goes on", "echo it runs; sleep 1000; sleep 1000"),
        stopped(
            "a program that ignores signals",
            "trap '' INT TERM HUP; echo it runs; sleep 1000; sleep 1000",
        ),
        stopped(
            "a child with a session of its own",
            "setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo it runs; sleep 1000",
        ),
        stopped(
            "a child with a session of its own whose parent has ended",
            "(setsid sleep 1000 </dev/null >/dev/null 2>&1 &); echo it runs; sleep 1000",
        ),
        stopped(
            "a child with a session of its own that ignores signals",
            "setsid sh -c 'trap \"\" INT TERM HUP; sleep 1000; sleep 1000' </dev/null >/dev/null 2>&1 & \
             echo it runs; sleep 1000",
        ),
        stopped(
            "a child that starts another one when it is ended",
            "setsid sh -c 'trap \"setsid sleep 1000 &\" TERM; sleep 1000 & wait' </dev/null >/dev/null 2>&1 & \
             echo it runs; sleep 1000",
        ),
        stopped(
            "a program that closes its output",
            "echo it runs; exec >/dev/null 2>&1; sleep 1000",
        ),
        stopped("a program that prints without end", "echo it runs; while :; do :; done"),
    ]
}

/// Shell commands that make a signed archive, and another one with the same name and size.
const SIGNED: &str = "
    export GNUPGHOME=/tmp/case/keys
    mkdir -m 700 $GNUPGHOME
    gpg --batch --quiet --passphrase '' --quick-gen-key test@example.org ed25519 sign never 2>/dev/null
    gpg --armor --export >keys.asc
    mkdir -p good/etc; echo good >good/file; tar -cf stage3.tar -C good file etc
    mkdir -p evil/etc; echo evil >evil/file; tar -cf evil.tar -C evil file etc
    { echo '# SHA512 HASH'; sha512sum stage3.tar; } >stage3.tar.DIGESTS
    gpg --batch --yes --clearsign -o signed stage3.tar.DIGESTS 2>/dev/null
    cp stage3.tar.DIGESTS plain; mv signed stage3.tar.DIGESTS
    gpg --batch --armor --detach-sign -o plain.asc plain 2>/dev/null
    gpgconf --kill all
    mount -t tmpfs tmpfs /mnt/gentoo";

/// A recipe that verifies the archive, runs `between`, and unpacks the archive.
fn unpacked(name: &'static str, between: &str) -> Attempt {
    let recipe = format!(
        "let here = \"/tmp/case/here\";
stage3::verify(here + \"/stage3.tar\", #{{ keys: here + \"/keys.asc\" }});
{between}
stage3::unpack(here + \"/stage3.tar\", \"/mnt/gentoo\");"
    );
    Attempt::new(name)
        .rhai(&recipe)
        .prepare(SIGNED)
        .for_real()
        .args(&SHELL)
        .may_change(&["/tmp/case/here"])
        .afterwards("! grep -q evil /mnt/gentoo/file")
}

/// Another process replaces the archive after it was verified and before it is unpacked.
fn replaced_during_run(name: &'static str, shell: &str) -> Attempt {
    let wait = "chroot::run(\"/mnt/gentoo\", [\"sh\", \"-c\", \
        \"touch /tmp/go; while [ ! -e /tmp/gone ]; do sleep 0.05; done\"]);";
    let root = ROOT.replacen("mount -t tmpfs tmpfs /mnt/gentoo; ", "", 1);
    let other = format!(
        "(while [ ! -e /mnt/gentoo/tmp/go ]; do sleep 0.05; done; {shell}; touch /mnt/gentoo/tmp/gone) &"
    );
    unpacked(name, wait).prepare(&root).prepare(&other)
}

/// The archive is replaced after the run failed and before it is resumed.
fn before_resuming(name: &'static str, shell: &str) -> Attempt {
    let fails = "chroot::run(\"/mnt/gentoo\", [\"sh\", \"-c\", \"test -e /tmp/again\"]);";
    let root = ROOT.replacen("mount -t tmpfs tmpfs /mnt/gentoo; ", "", 1);
    let first = format!(
        "! /run/bed/gscript attack.rhai --yes --anything-in /mnt/gentoo
         {shell}; touch /mnt/gentoo/tmp/again"
    );
    unpacked(name, fails).prepare(&root).prepare(&first).command(&["resume", "--yes"]).args(&SHELL)
}

fn archives() -> Vec<Attempt> {
    let exchanged = |attempt: Attempt| attempt.exits(1).exits(2).exits(3);
    vec![
        unpacked("the archive that was verified", "")
            .exits(0)
            .afterwards("grep -q good /mnt/gentoo/file"),
        exchanged(unpacked(
            "an archive that takes the place of the one that was verified",
            "file::remove(here + \"/stage3.tar\"); file::copy(here + \"/evil.tar\", here + \"/stage3.tar\");",
        )),
        exchanged(replaced_during_run("another process that exchanges the archive", "mv evil.tar stage3.tar")),
        exchanged(replaced_during_run("another process that writes to the archive", "cat evil.tar >stage3.tar")),
        exchanged(replaced_during_run("another process that puts a link there", "ln -sf evil.tar stage3.tar")),
        exchanged(before_resuming("an archive exchanged before resuming", "cp evil.tar stage3.tar")),
        before_resuming("the archive that was verified, after resuming", "true")
            .exits(0)
            .afterwards("grep -q good /mnt/gentoo/file"),
        exchanged(unpacked(
            "an archive that is mounted over",
            "mount::bind(here + \"/evil.tar\", here + \"/stage3.tar\");",
        )),
        Attempt::new("digests that were not signed")
            .rhai(
                "let here = \"/tmp/case/here\";
stage3::verify(here + \"/stage3.tar\", #{ keys: here + \"/keys.asc\", digests: here + \"/plain\", signature: here + \"/plain.asc\" });",
            )
            .prepare(SIGNED)
            .prepare("echo x >>plain")
            .for_real()
            .exits(1)
            .says("not trusted"),
    ]
}

/// A recipe that stops a service, planned as root on a system prepared by `system`.
fn service(name: &'static str, system: &str) -> Attempt {
    Attempt::new(name)
        .rhai("service::stop(\"thing\");")
        .lua("service.stop('thing')")
        .prepare(&format!(
            "mkdir -p /etc/init.d /etc/systemd/system /sbin; touch /etc/init.d/thing \
             /etc/systemd/system/thing.service; rm -rf /run/systemd /run/openrc; {system}"
        ))
        .command(&["plan", "RECIPE"])
}

fn services() -> Vec<Attempt> {
    vec![
        service("systemd runs where OpenRC is installed", "mkdir -p /run/systemd/system /etc/runlevels")
            .exits(0)
            .says("$ systemctl stop thing.service")
            .says("does systemctl stop thing.service"),
        service(
            "OpenRC runs where /sbin/init leads to systemd",
            "ln -sf /usr/lib/systemd/systemd /sbin/init; mkdir -p /run/openrc/started; touch /run/openrc/softlevel; ln -s /etc/init.d/thing /run/openrc/started/",
        )
        .exits(0)
        .says("$ rc-service --nocolor thing stop"),
        service("another init system is not OpenRC", "true")
            .exits(2)
            .says("neither OpenRC nor systemd was found"),
    ]
}

/// A second run that writes to `at`, while the first one writes to the real directory.
fn concurrent_run(name: &'static str, at: &str) -> Attempt {
    Attempt::new(name)
        .rhai(&format!("file::write(\"{at}/first\", \"y\");"))
        .file(
            "first.rhai",
            r#"file::write("/mnt/t/real/first", "x");
chroot::run("/mnt/gentoo", ["sh", "-c", "while [ ! -e /tmp/over ]; do sleep 0.05; done"]);
"#,
        )
        .prepare(ROOT)
        .prepare(
            "cd /mnt/t; mkdir real bind; ln -s real link; mount --bind real bind; cd -
             /run/bed/gscript first.rhai --yes --anything-in /mnt/gentoo & echo $! >/tmp/first
             while [ ! -e /mnt/t/real/first ]; do sleep 0.05; done",
        )
        .for_real()
        .may_change(&["/mnt/gentoo"])
        .exits(3)
        .says("another gscript is working on")
        .afterwards(
            "touch /mnt/gentoo/tmp/over; while [ -e /proc/$(cat /tmp/first) ]; do sleep 0.05; done",
        )
}

fn locks() -> Vec<Attempt> {
    vec![
        concurrent_run("a second run in the same directory", "/mnt/t/real"),
        concurrent_run("a second run through a link", "/mnt/t/link"),
        concurrent_run("a second run through a bind mount", "/mnt/t/bind"),
    ]
}
