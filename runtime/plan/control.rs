//! Full control: what lets a recipe do anything in a root, although it names a single program or
//! file.

use std::collections::BTreeMap;

use crate::machine::is_below;
use crate::operation::{Effect, FilesEffect, ProgramEffect, StorageEffect};

/// A root directory in which a run can do anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullControl {
    /// The directory; `/` for the running system.
    pub root: String,
    /// The reasons, each with a verb: `runs sh`.
    pub why: Vec<String>,
}

/// Programs that run other programs or code that they are given.
const INTERPRETERS: &[&str] = &[
    "a shell",
    "ash",
    "awk",
    "bash",
    "busybox",
    "chroot",
    "dash",
    "doas",
    "env",
    "find",
    "fish",
    "gawk",
    "gdb",
    "ionice",
    "ksh",
    "lua",
    "mawk",
    "mksh",
    "nice",
    "node",
    "nohup",
    "nsenter",
    "perl",
    "php",
    "python",
    "python2",
    "python3",
    "ruby",
    "run-parts",
    "script",
    "setpriv",
    "setsid",
    "sh",
    "start-stop-daemon",
    "stdbuf",
    "su",
    "sudo",
    "systemd-run",
    "taskset",
    "tclsh",
    "timeout",
    "toybox",
    "unshare",
    "watch",
    "xargs",
    "zsh",
];

/// Places in a root whose files run with all privileges or give them away: the place, and what it
/// contains. `*` stands for one component, and everything below a place belongs to it.
const PLACES: &[(&str, &str)] = &[
    ("bin", "programs"),
    ("sbin", "programs"),
    ("usr/bin", "programs"),
    ("usr/sbin", "programs"),
    ("usr/local/bin", "programs"),
    ("usr/local/sbin", "programs"),
    ("lib", "libraries"),
    ("lib64", "libraries"),
    ("usr/lib", "libraries"),
    ("usr/lib64", "libraries"),
    ("usr/local/lib", "libraries"),
    ("etc/ld.so.conf", "places of libraries"),
    ("etc/ld.so.conf.d", "places of libraries"),
    ("etc/ld.so.preload", "a library in every program"),
    ("etc/crontab", "scheduled commands"),
    ("etc/cron.d", "scheduled commands"),
    ("etc/cron.hourly", "scheduled commands"),
    ("etc/cron.daily", "scheduled commands"),
    ("etc/cron.weekly", "scheduled commands"),
    ("etc/cron.monthly", "scheduled commands"),
    ("var/spool/cron", "scheduled commands"),
    ("etc/systemd/system", "units of systemd"),
    ("etc/init.d", "init scripts"),
    ("etc/local.d", "init scripts"),
    ("etc/inittab", "commands of init"),
    ("etc/udev/rules.d", "rules of udev"),
    ("etc/modprobe.d", "commands of modprobe"),
    ("etc/sudoers", "privileges"),
    ("etc/sudoers.d", "privileges"),
    ("etc/doas.conf", "privileges"),
    ("etc/pam.d", "rules for logins"),
    ("etc/passwd", "accounts"),
    ("etc/shadow", "passwords"),
    ("etc/profile", "commands of every login"),
    ("etc/profile.d", "commands of every login"),
    ("root/.ssh", "keys for logins"),
    ("home/*/.ssh", "keys for logins"),
    ("etc/*/.ssh", "keys for logins"),
    ("root/.bashrc", "commands of every login"),
    ("root/.bash_profile", "commands of every login"),
    ("root/.profile", "commands of every login"),
];

/// The reason of a recipe that can replace the programs that it runs.
const WRITES_ALL: &str = "writes everything in it, and runs programs there";

/// Returns whether a program runs whatever it is given.
pub(crate) fn is_interpreter(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    let versioned = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    INTERPRETERS.contains(&name) || INTERPRETERS.contains(&versioned)
}

/// Returns what a place in a root gives control over; `inside` has no slash at its beginning.
/// A directory that contains such places counts if `whole`.
pub(crate) fn controls(inside: &str, whole: bool) -> Option<&'static str> {
    let parts: Vec<&str> = inside.split('/').collect();
    let fits = |place: &str| {
        let wanted: Vec<&str> = place.split('/').collect();
        let same = wanted.iter().zip(&parts).all(|(wanted, part)| *wanted == "*" || wanted == part);
        // A name below /etc may be a file; one below /home is a directory.
        let directory =
            wanted[0] == "home" || !wanted[..parts.len().min(wanted.len())].contains(&"*");
        same && (parts.len() >= wanted.len() || (whole && directory))
    };
    PLACES.iter().find(|(place, _)| fits(place)).map(|(_, what)| *what)
}

/// Returns the roots in which a run with these effects can do anything.
pub fn full_control<'a>(effects: impl Iterator<Item = &'a Effect>) -> Vec<FullControl> {
    let effects: Vec<&Effect> = effects.collect();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |root: &str, why: String| {
        let reasons = found.entry(root.to_owned()).or_default();
        if !reasons.contains(&why) {
            reasons.push(why);
        }
    };
    let runs: Vec<(&str, &str)> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Program(ProgramEffect::Runs { program, root }) => {
                Some((program.as_str(), root.as_str()))
            }
            _ => None,
        })
        .collect();
    for (program, root) in &runs {
        if is_interpreter(program) {
            add(root, format!("runs {program}"));
        }
    }
    let roots: Vec<&str> = runs.iter().map(|(_, root)| *root).collect();
    for effect in effects {
        match effect {
            Effect::Files(FilesEffect::Writes { path }) => {
                for root in roots.iter().filter(|root| is_below(root, path)) {
                    add(root, WRITES_ALL.to_owned());
                }
                for (program, root) in runs.iter().filter(|(program, _)| program.starts_with('/')) {
                    if is_below(&format!("{}{program}", root.trim_end_matches('/')), path) {
                        add(root, format!("writes {path}, and runs {program}"));
                    }
                }
                if let Some((root, what)) = place_of(path, &roots) {
                    add(&root, format!("writes {path} ({what})"));
                }
            }
            Effect::Storage(StorageEffect::Mounts { at }) => {
                if let Some((root, what)) = place_of(at, &roots) {
                    add(&root, format!("mounts {at} ({what})"));
                }
            }
            _ => {}
        }
    }
    found.into_iter().map(|(root, why)| FullControl { root, why }).collect()
}

/// Returns the root of a path that gives control over it, and what the path contains. The root is
/// one of the known ones, or follows from the path: `/srv/web/etc/sudoers` is in `/srv/web`.
fn place_of(path: &str, roots: &[&str]) -> Option<(String, &'static str)> {
    let known = roots.iter().copied().filter(|root| is_below(path, root));
    if let Some(root) = known.max_by_key(|root| root.len()).filter(|root| *root != "/") {
        let inside = path[root.len()..].trim_start_matches('/');
        return controls(inside, true)
            .filter(|_| !inside.is_empty())
            .map(|what| (root.into(), what));
    }
    let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
    slashes.into_iter().find_map(|at| {
        let (root, inside) = (&path[..at], &path[at + 1..]);
        // Only a system has these directories; a directory named bin may be anywhere.
        let system = at == 0
            || ["etc/", "usr/", "root/", "home/", "var/spool/"]
                .iter()
                .any(|top| inside.starts_with(top));
        let what = controls(inside, at == 0).filter(|_| system)?;
        Some((if at == 0 { "/" } else { root }.to_owned(), what))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(effects: &[Effect]) -> Vec<String> {
        let all = full_control(effects.iter());
        all.into_iter()
            .map(|control| format!("{}: {}", control.root, control.why.join("; ")))
            .collect()
    }

    fn runs(program: &str, root: &str) -> Effect {
        Effect::Program(ProgramEffect::Runs { program: program.into(), root: root.into() })
    }

    fn writes(path: &str) -> Effect {
        Effect::Files(FilesEffect::Writes { path: path.into() })
    }

    #[test]
    fn programs_that_run_anything() {
        for program in ["sh", "/bin/bash", "python3.12", "lua5.4", "env", "a shell", "busybox"] {
            assert_eq!(of(&[runs(program, "/mnt/t")]), [format!("/mnt/t: runs {program}")]);
        }
        for program in ["emerge", "grub-install", "shred", "shadow", "publish"] {
            assert_eq!(of(&[runs(program, "/mnt/t")]), [""; 0], "{program}");
        }
    }

    #[test]
    fn places_that_give_control() {
        let cases = [
            ("/etc/ld.so.preload", "/"),
            ("/etc/ld.so.conf.d/a.conf", "/"),
            ("/etc/cron.d/a", "/"),
            ("/var/spool/cron/crontabs/root", "/"),
            ("/etc/systemd/system/a.service", "/"),
            ("/etc/init.d/a", "/"),
            ("/etc/sudoers.d/a", "/"),
            ("/root/.ssh/authorized_keys", "/"),
            ("/home/ada/.ssh/authorized_keys", "/"),
            ("/usr/lib64/libc.so.6", "/"),
            ("/usr/bin/emerge", "/"),
            ("/etc", "/"),
            ("/usr", "/"),
            ("/srv/web/etc/shadow", "/srv/web"),
            ("/mnt/t/home/ada/.ssh/authorized_keys", "/mnt/t"),
        ];
        for (path, root) in cases {
            let found = of(&[writes(path)]);
            assert!(
                found.len() == 1 && found[0].starts_with(&format!("{root}: ")),
                "{path}: {found:?}"
            );
        }
        for path in [
            "/etc/hostname",
            "/etc/portage/make.conf",
            "/tmp/bin",
            "/srv/lib/a",
            "/var/spool/mail/a",
            "/home/ada/x",
        ] {
            assert_eq!(of(&[writes(path)]), [""; 0], "{path}");
        }
    }

    #[test]
    fn writing_a_root_in_which_programs_run() {
        let both = of(&[writes("/mnt/t"), runs("emerge", "/mnt/t")]);
        assert_eq!(both, ["/mnt/t: writes everything in it, and runs programs there"]);
        assert_eq!(of(&[writes("/mnt/t"), runs("emerge", "/")]), [""; 0]);
        let program = of(&[writes("/mnt/t/usr/bin/emerge"), runs("emerge", "/mnt/t")]);
        assert_eq!(program, ["/mnt/t: writes /mnt/t/usr/bin/emerge (programs)"]);
    }
}
