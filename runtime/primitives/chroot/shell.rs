//! Shells of a root filesystem: whether this machine can run one, and running it.

use std::env::consts::ARCH;

use serde::Serialize;

use super::{ChrootRule, ShellProblem, mounted, mounted_root};
use crate::args;
use crate::error::Result;
use crate::machine::files::{FileContents, FileStatus};
use crate::operation::{Action, Answer, Effect, Plan, Planning, ProgramEffect, Query};
use crate::system::{Cmd, FilesStep, Stdin, Step};
use crate::types::{AbsPath, Choice, Mode, Place};

args! {
    /// Starts an interactive shell inside a chroot.
    ///
    /// Uses bash, or else sh, loads the system's `/etc/profile`, and adds `(chroot)` to the prompt.
    /// Without a terminal, the action is skipped. Changes made in the shell are not undone.
    ///
    /// Source: guide ER, `chroot /mnt/gentoo /bin/bash`, `source /etc/profile`, `export PS1=…`.
    ///
    /// ```
    /// chroot::shell("/mnt/old");
    /// ```
    "chroot.shell" => pub struct Shell {
        /// The mount point of the root filesystem.
        pub root: AbsPath,
    }
}

args! {
    /// Finds a shell of a root filesystem that this machine can run, without running it.
    ///
    /// Returns a map with `path` (`/bin/bash` or `/bin/sh`; nil if neither can run), `problem` (the
    /// reason as a sentence, or nil) and `advice` (what to do instead, or nil). A shell cannot run if
    /// it is built for another architecture and no interpreter for it is registered in
    /// `binfmt_misc`, or if its dynamic loader does not exist. In a plan, a shell that is not known
    /// yet is assumed to run.
    ///
    /// Source: execve(2), elf(5).
    ///
    /// ```
    /// let shell = chroot::find_shell("/mnt/old").path;
    /// ```
    "chroot.find_shell" => pub struct FindShell {
        /// The directory of the root filesystem.
        pub root: AbsPath,
        /// The shell that is tried first.
        pub first: FirstShell = "bash",
    }
}

/// The shell of a root filesystem that is tried first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstShell {
    /// `/bin/bash`, which is more comfortable.
    Bash,
    /// `/bin/sh`, for scripts.
    Sh,
}

impl Choice for FirstShell {
    const NAME: &'static str = "shell";
    const WORDS: &'static [&'static str] = &["bash", "sh"];
    const ALL: &'static [Self] = &[Self::Bash, Self::Sh];
}

/// The fields of an ELF file that decide whether the kernel can run it.
#[derive(Debug, PartialEq, Eq)]
struct Executable {
    machine: String,
    /// The names under which QEMU registers itself for the architecture in `binfmt_misc`.
    handlers: Vec<String>,
    loader: Option<String>,
}

/// Parses an ELF file; `None` for a script or an unknown format.
fn parse_elf(bytes: &[u8]) -> Option<Executable> {
    if !bytes.starts_with(b"\x7fELF") {
        return None;
    }
    let (wide, little) = (*bytes.get(4)? == 2, *bytes.get(5)? == 1);
    let number = |at: usize, width: usize| -> Option<u64> {
        let field = bytes.get(at..at.checked_add(width)?)?;
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(match little {
            true => field.iter().rev().fold(0, add),
            false => field.iter().fold(0, add),
        })
    };
    let name = match (number(18, 2)?, wide, little) {
        (3, ..) => "x86",
        (8, _, true) => "mipsel",
        (8, _, false) => "mips",
        (20, ..) => "powerpc",
        (21, _, true) => "powerpc64le",
        (21, _, false) => "powerpc64",
        (22, ..) => "s390x",
        (40, ..) => "arm",
        (43, ..) => "sparc64",
        (62, ..) => "x86_64",
        (183, ..) => "aarch64",
        (243, true, _) => "riscv64",
        (243, false, _) => "riscv32",
        (258, ..) => "loongarch64",
        (other, ..) => {
            let machine = format!("another architecture (ELF machine {other})");
            return Some(Executable { machine, handlers: Vec::new(), loader: None });
        }
    };
    let handler = match name {
        "x86" => "i386",
        "powerpc64le" => "ppc64le",
        "powerpc64" => "ppc64",
        "powerpc" => "ppc",
        other => other,
    };
    let (table, size, count) = match wide {
        true => (number(32, 8)?, number(54, 2)?, number(56, 2)?),
        false => (number(28, 4)?, number(42, 2)?, number(44, 2)?),
    };
    let loader = (0..count).find_map(|index| {
        let entry = usize::try_from(table.checked_add(index.checked_mul(size)?)?).ok()?;
        // PT_INTERP
        (number(entry, 4)? == 3).then_some(())?;
        let (at, length) = match wide {
            true => (number(entry + 8, 8)?, number(entry + 32, 8)?),
            false => (number(entry + 4, 4)?, number(entry + 16, 4)?),
        };
        let at = usize::try_from(at).ok()?;
        let path = bytes.get(at..at.checked_add(usize::try_from(length).ok()?)?)?;
        let path = String::from_utf8(path.to_vec()).ok()?;
        Some(path.trim_end_matches('\0').to_owned())
    });
    let handlers = vec![format!("qemu-{handler}"), format!("qemu-{handler}-static")];
    Some(Executable { machine: name.to_owned(), handlers, loader })
}

/// Returns whether the kernel of this machine can run programs of an architecture by itself.
fn is_native(machine: &str) -> bool {
    machine == ARCH || matches!((machine, ARCH), ("x86", "x86_64") | ("arm", "aarch64"))
}

/// Returns whether a path exists in a root, with symbolic links followed.
fn exists(path: &AbsPath, root: &AbsPath, cx: &Planning<'_>) -> bool {
    let resolved = cx.files.resolve_place(&Place::new(path, Some(root)), true);
    resolved
        .is_ok_and(|found| cx.look(&found.place).is_ok_and(|status| status != FileStatus::Missing))
}

/// Returns the reason why a shell that exists cannot run, and whether its file is known.
fn problem_of(
    shell: &'static str,
    root: &AbsPath,
    cx: &Planning<'_>,
) -> (Option<ShellProblem>, bool) {
    let place = Place::new(&AbsPath::assume_valid(shell), Some(root));
    let Ok(FileContents::Known(bytes)) = cx.files.read(&place) else { return (None, false) };
    let Some(found) = parse_elf(&bytes) else { return (None, true) };
    let registered = |name: &String| {
        let handler = AbsPath::assume_valid(format!("/proc/sys/fs/binfmt_misc/{name}"));
        exists(&handler, &AbsPath::assume_valid("/"), cx)
    };
    if !is_native(&found.machine) && !found.handlers.iter().any(registered) {
        return (Some(ShellProblem::Foreign { shell, machine: found.machine }), true);
    }
    match found.loader {
        Some(loader) if !exists(&AbsPath::assume_valid(&loader), root, cx) => {
            (Some(ShellProblem::NoLoader { shell, loader }), true)
        }
        _ => (None, true),
    }
}

/// Returns the first shell of a root that can run, and whether it is known to be able to.
fn usable_shell(
    root: &AbsPath,
    order: FirstShell,
    cx: &Planning<'_>,
) -> std::result::Result<(&'static str, bool), ShellProblem> {
    let order = match order {
        FirstShell::Bash => ["/bin/bash", "/bin/sh"],
        FirstShell::Sh => ["/bin/sh", "/bin/bash"],
    };
    let mut first = None;
    for shell in order.into_iter().filter(|shell| exists(&AbsPath::assume_valid(shell), root, cx)) {
        match problem_of(shell, root, cx) {
            (None, known) => return Ok((shell, known)),
            (Some(problem), _) => first = first.or(Some(problem)),
        }
    }
    Err(first.unwrap_or(ShellProblem::Missing))
}

/// The result of `chroot.find_shell`.
#[derive(Debug, Serialize)]
pub struct FoundShell {
    path: Option<&'static str>,
    problem: Option<String>,
    advice: Option<String>,
}

impl Query for FindShell {
    type Output = FoundShell;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<FoundShell>> {
        Ok(match usable_shell(&self.root, self.first, cx) {
            Ok((shell, known)) => {
                let found = FoundShell { path: Some(shell), problem: None, advice: None };
                if known { Answer::Known(found) } else { Answer::Assumed(found) }
            }
            Err(problem) => Answer::Known(FoundShell {
                path: None,
                problem: Some(problem.to_string()),
                advice: Some(problem.advice()),
            }),
        })
    }
}

/// The startup file of the interactive shell, as in the guide: the system profile, then the prompt.
const SHELL_RC: &str = "\
[ -r /etc/profile ] && . /etc/profile
[ -n \"$BASH_VERSION\" ] && [ -r ~/.bashrc ] && . ~/.bashrc
PS1=\"(chroot) $PS1\"
";

impl Action for Shell {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let root = self.root.to_string();
        vec![Effect::Program(ProgramEffect::Runs { program: "a shell".into(), root })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let root = mounted_root(&self.root, cx)?;
        if !cx.terminal {
            return Ok(Plan::already("a shell needs a terminal"));
        }
        let (shell, _) = match usable_shell(&self.root, FirstShell::Bash, cx) {
            Ok(found) => found,
            Err(problem) => return Err(ChrootRule::NoShell { root, problem }.into()),
        };
        // If `/run` is that of the running system, the startup file does not change the root
        // filesystem.
        let run = format!("{root}/run");
        let name = match mounted(&run, cx) {
            true => "/run/gscript-shell-rc",
            false => "/.gscript-shell-rc",
        };
        let rc = Place::new(&AbsPath::assume_valid(name), Some(&self.root));
        let mut cmd =
            Cmd::inside(root, shell).stdin(Stdin::Terminal).limit(None).accept_any_exit_code();
        cmd = match shell {
            "/bin/bash" => cmd.args(["--rcfile", name, "-i"]),
            _ => cmd.env("ENV", name).arg("-i"),
        };
        let content = FileContents::Known(SHELL_RC.into());
        let write = Step::Files(FilesStep::Write {
            place: rc.clone(),
            content,
            mode: Some(Mode::new(0o644)),
            sets: String::new(),
        });
        Ok(Plan::step(write).then(Step::Run(cmd)).then(FilesStep::Remove { place: rc }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the header of an ELF file of 64 bits with one program header, for a loader.
    fn elf(machine: u16, loader: &str) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(64 + 56, 0);
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes[32] = 64;
        (bytes[54], bytes[56]) = (56, 1);
        (bytes[64], bytes[72], bytes[96]) = (3, 120, u8::try_from(loader.len()).unwrap_or(0));
        bytes.extend(loader.as_bytes());
        bytes
    }

    #[test]
    fn the_header_of_a_program_says_what_it_needs() {
        let found = parse_elf(&elf(183, "/lib/ld-linux-aarch64.so.1\0")).expect("an ELF file");
        assert_eq!(found.machine, "aarch64");
        assert_eq!(found.handlers, ["qemu-aarch64", "qemu-aarch64-static"]);
        assert_eq!(found.loader.as_deref(), Some("/lib/ld-linux-aarch64.so.1"));
        assert_eq!(parse_elf(b"#!/bin/busybox sh\n"), None);
        for end in 0..64 {
            // A truncated file is not an error of this program.
            let _ = parse_elf(&elf(62, "/lib64/ld.so\0")[..end]);
        }
    }

    #[test]
    fn this_machine_runs_its_own_programs() {
        let own = std::fs::read("/proc/self/exe").expect("this program");
        assert!(is_native(&parse_elf(&own).expect("an ELF file").machine));
    }
}
