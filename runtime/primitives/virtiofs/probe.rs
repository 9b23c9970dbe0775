//! `virtiofs.probe`: tries what a root filesystem needs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::args;
use crate::error::Result;
use crate::machine::share::{PROBES, ShareStep};
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning};
use crate::types::AbsPath;

args! {
    /// Tries in a directory what the root filesystem of Gentoo needs.
    ///
    /// Run it in the virtual machine, on the shared filesystem: what works depends on virtiofsd and its options. Makes a directory in the given one
    /// and removes it again.
    ///
    /// Returns a map with `ok`, `results` and `causes`. `results` has one entry for each of `chown_link` (the owner of a symbolic link changes),
    /// `chown_file`, `device_node`, `capability` (of a file), `acl` and `user_attribute`: `"ok"`, or the error of the kernel. `causes` lists what
    /// is known about the failures, with the version of virtiofsd that they come from and the remedy.
    ///
    /// Source: capabilities(7), acl(5), xattr(7); guide VF 8 to 10.
    ///
    /// ```
    /// print(virtiofs::probe("/mnt/old").causes);
    /// ```
    "virtiofs.probe" => pub struct ProbeDirectory {
        /// The directory.
        pub directory: AbsPath,
    }
}

/// What a directory can do, as scripts see it.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProbeResult {
    ok: bool,
    results: BTreeMap<String, String>,
    causes: Vec<&'static str>,
}

const WORKS: &str = "ok";

impl ProbeResult {
    fn of(lines: &str) -> Self {
        let words = lines.lines().filter_map(|line| line.split_once(' '));
        let results: BTreeMap<String, String> =
            words.map(|(name, result)| (name.to_owned(), result.to_owned())).collect();
        let passes = |name: &str| results.get(name).is_some_and(|result| result == WORKS);
        let all_without = |text: &str| {
            let results = ["capability", "user_attribute"].map(|name| results.get(name));
            results.iter().all(|result| result.is_some_and(|result| result.contains(text)))
        };
        let causes = [
            (
                !passes("chown_link") && passes("chown_file"),
                "symbolic links keep their owner: virtiofsd before 1.14 with a map that renames security. \
                 (such as :map::user.virtiofs.:). Use :map:trusted.:user.virtiofs.: or virtiofsd 1.14",
            ),
            (
                !passes("chown_link") && !passes("chown_file"),
                "no file changes its owner: virtiofsd in C (QEMU 7.2 and older) with a map that renames security. \
                 (such as :map::user.virtiofs.:), or virtiofsd as an ordinary user. Use :map:trusted.:user.virtiofs.:, as root",
            ),
            (
                !passes("device_node"),
                "device nodes cannot be made: virtiofsd runs as an ordinary user, in a user namespace, or the filesystem is \
                 mounted with nodev. Run it as root",
            ),
            (
                all_without("not supported"),
                "there are no extended attributes: virtiofsd runs without --xattr (in libvirt: <binary xattr='on'/>)",
            ),
            (
                !passes("acl") && passes("user_attribute"),
                "there are no ACLs: virtiofsd runs without --posix-acl",
            ),
        ];
        let causes = causes.into_iter().filter(|(applies, _)| *applies).map(|(_, cause)| cause);
        let (ok, causes) = (PROBES.iter().all(|name| passes(name)), causes.collect());
        Self { ok, results, causes }
    }
}

impl Action for ProbeDirectory {
    type Output = ProbeResult;

    fn effects(&self) -> Vec<Effect> {
        vec![FilesEffect::Writes { path: self.directory.to_string() }.into()]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<ProbeResult>> {
        let directory = cx.real(&self.directory)?.to_string();
        let all = PROBES.map(|name| format!("{name} {WORKS}")).join("\n");
        Ok(Plan::step(ShareStep::Probe { directory }).always().reads(
            ProbeResult::of(&all),
            |outcomes| {
                Ok(outcomes
                    .last()
                    .map(|outcome| ProbeResult::of(&outcome.stdout))
                    .unwrap_or_default())
            },
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(failing: &[(&str, &str)]) -> ProbeResult {
        let line = |name: &&str| {
            let found = failing.iter().find(|(failing, _)| failing == name);
            format!("{name} {}\n", found.map_or(WORKS, |(_, error)| error))
        };
        ProbeResult::of(&PROBES.iter().map(line).collect::<String>())
    }

    /// The errors are those of the daemons in the virtual machine of the lab.
    #[test]
    fn causes_are_told_with_versions() {
        assert_eq!((result(&[]).ok, result(&[]).causes.len()), (true, 0));
        let rust = result(&[("chown_link", "Operation not permitted")]);
        assert!(!rust.ok && rust.causes[0].contains("before 1.14"), "{rust:?}");
        let c = result(&[("chown_link", "Bad file number"), ("chown_file", "Bad file number")]);
        assert!(c.causes[0].contains("QEMU 7.2"), "{c:?}");
        let none = "Operation not supported on transport endpoint";
        let plain = result(&[("capability", none), ("user_attribute", none), ("acl", none)]);
        assert!(plain.causes.len() == 1 && plain.causes[0].contains("--xattr"), "{plain:?}");
    }
}
