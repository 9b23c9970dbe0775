//! Recipes that can do anything in a root, although they name a single program or file.

use super::{Attempt, ROOT};

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    [places(), programs(), without_the_option(), on_a_terminal(), shown()]
        .into_iter()
        .flatten()
        .collect()
}

/// A call that is refused without an approval of its own, although `--yes` was given.
fn refused(name: &'static str, call: &str) -> Attempt {
    Attempt::new(name)
        .rhai(&format!("{call}\n"))
        .lua(&format!("{}\n", gscript::reference::docs::to_lua(call)))
        .for_real()
        .exits(3)
        .says("approval needed")
        .says("--anything-in /")
}

fn places() -> Vec<Attempt> {
    let files = [
        ("a library in every program", "/etc/ld.so.preload"),
        ("a directory of libraries", "/etc/ld.so.conf.d/evil.conf"),
        ("a library", "/usr/lib/libevil.so"),
        ("a program", "/usr/local/bin/ls"),
        ("a command of cron", "/etc/cron.d/evil"),
        ("a command of cron every hour", "/etc/cron.hourly/evil"),
        ("a unit of systemd", "/etc/systemd/system/evil.service"),
        ("an addition to a unit of systemd", "/etc/systemd/system/sshd.service.d/evil.conf"),
        ("an init script", "/etc/init.d/evil"),
        ("a script that OpenRC runs at the end", "/etc/local.d/evil.start"),
        ("a rule of udev", "/etc/udev/rules.d/99-evil.rules"),
        ("a command of modprobe", "/etc/modprobe.d/evil.conf"),
        ("privileges by sudo", "/etc/sudoers.d/evil"),
        ("privileges by doas", "/etc/doas.conf"),
        ("a rule of PAM", "/etc/pam.d/evil"),
        ("commands of a login", "/etc/profile.d/evil.sh"),
        ("commands of the shell of root", "/root/.bashrc"),
        ("a key for root", "/root/.ssh/authorized_keys"),
        ("a second file of keys for root", "/root/.ssh/authorized_keys2"),
    ];
    let missing =
        ["/etc/cron.hourly", "/etc/systemd/system/sshd.service.d", "/etc/local.d", "/root/.ssh"];
    files
        .map(|(name, path)| {
            let make =
                missing.iter().filter(|directory| path.starts_with(&format!("{directory}/")));
            let make: Vec<String> =
                make.map(|directory| format!("file::make_dir(\"{directory}\");\n")).collect();
            let make = make.concat();
            refused(name, &format!("{make}file::write(\"{path}\", \"x\");"))
        })
        .into()
}

fn programs() -> Vec<Attempt> {
    let runs = [
        ("a shell in a root", r#"["sh", "-c", "true"]"#),
        ("a shell by its path", r#"["/bin/bash", "-c", "true"]"#),
        ("a shell by another program", r#"["env", "sh", "-c", "true"]"#),
        ("a shell that xargs starts", r#"["xargs", "sh"]"#),
        ("a shell that find starts", r#"["find", "/", "-exec", "sh", ";"]"#),
        ("an interpreter with a version", r#"["python3.11", "-c", ""]"#),
        ("Perl", r#"["perl", "-e", ""]"#),
        ("awk", r#"["awk", "BEGIN { system(\"true\") }"]"#),
    ];
    let mut attempts: Vec<Attempt> = runs
        .map(|(name, argv)| {
            refused(name, &format!("chroot::run(\"/mnt/gentoo\", {argv});"))
                .says("--anything-in /mnt/gentoo")
        })
        .into();
    attempts.push(
        refused(
            "a program that the recipe has replaced",
            "file::write(\"/mnt/gentoo/tmp/x\", \"x\");\nchroot::run(\"/mnt/gentoo\", [\"/tmp/x\"]);",
        )
        .says("--anything-in /mnt/gentoo"),
    );
    attempts.into_iter().map(|attempt| attempt.prepare(ROOT)).collect()
}

fn without_the_option() -> Vec<Attempt> {
    let call = "file::write(\"/etc/sudoers.d/evil\", \"x\");";
    let named = format!("{call}\n");
    let again = |name| refused(name, call);
    vec![
        again("another root is allowed").args(&["--anything-in", "/mnt/gentoo"]),
        again("a root with a similar name is allowed").args(&["--anything-in", "/e"]),
        Attempt::new("the front matter allows it")
            .rhai(&format!("//! # T\n//! ```toml\n//! anything_in = [\"/\"]\n//! ```\n{call}\n"))
            .for_real()
            .exits(2)
            .says("unknown field"),
        Attempt::new("the name of a bundled recipe")
            .recipe("encrypted-root.rhai", &named)
            .for_real()
            .exits(3)
            .says("--anything-in /"),
        Attempt::new("the environment allows it")
            .rhai(&named)
            .env("GSCRIPT_ANYTHING_IN", "/")
            .for_real()
            .exits(3)
            .says("--anything-in /"),
    ]
}

fn on_a_terminal() -> Vec<Attempt> {
    let typed = |name, answer| {
        Attempt::new(name)
            .rhai("file::write(\"/etc/sudoers.d/evil\", \"x\");\n")
            .typed()
            .see("The recipe can do anything in /")
            .see("> ")
            .types(answer)
            .exits(3)
    };
    vec![
        typed("yes does not approve it", "yes"),
        typed("an empty line does not approve it", ""),
        typed("another root does not approve it", "/mnt"),
    ]
}

/// Plans that must name it.
fn shown() -> Vec<Attempt> {
    let planned = |name, call: &str, says| {
        Attempt::new(name).rhai(&format!("{call}\n")).planned("example").exits(0).says(says)
    };
    vec![
        planned(
            "the plan names a shell",
            "chroot::run(\"/mnt/old\", [\"sh\", \"-c\", \"true\"]);",
            "can do anything in /mnt/old: it runs sh",
        ),
        planned(
            "the plan names a file with privileges",
            "file::write(\"/etc/sudoers\", \"x\");",
            "can do anything in /: it writes /etc/sudoers (privileges)",
        ),
    ]
}
