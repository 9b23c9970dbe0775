//! Versions of packages: installed and available.

use std::rc::Rc;

use super::outcome;
use super::pretend::READING;
use super::program::program;
use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Planning, Query};
use crate::system::Outcome;
use crate::types::{AbsPath, Atom};

args! {
    /// Returns the newest installed package that matches an atom, as `category/name-version`; empty if
    /// there is none.
    ///
    /// portageq runs confined: it needs no approval, and also answers while a run is planned.
    ///
    /// Source: portageq(1), `best_version`.
    ///
    /// ```
    /// let installed = portage::version("/mnt/old", "sys-fs/cryptsetup");
    /// ```
    "portage.version" => pub struct Version {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The atom, optionally with a version or a slot.
        pub atom: Atom,
    }
}

args! {
    /// Returns the newest package that matches an atom and may be installed, as
    /// `category/name-version`; empty if there is none, or if all versions are masked.
    ///
    /// portageq runs confined: it needs no approval, and also answers while a run is planned.
    ///
    /// Source: portageq(1), `best_visible`.
    ///
    /// ```
    /// let newest = portage::best_version("/mnt/old", "sys-fs/cryptsetup");
    /// ```
    "portage.best_version" => pub struct BestVersion {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The atom, optionally with a version or a slot.
        pub atom: Atom,
    }
}

/// Returns the answer of a command of portageq that prints one package, or nothing.
fn ask(root: &AbsPath, words: &[&str], cx: &Planning<'_>) -> Result<Answer<String>> {
    let cmd = program(root, "portageq", cx)?.args(words.iter().copied());
    let root = root.to_string();
    let read = move |outcome: &Outcome| match outcome.code {
        0 | 1 => Ok(outcome.stdout.trim().to_owned()),
        _ => Err(outcome::failure_reason(outcome, &root)),
    };
    let cmd = cmd.accept_any_exit_code().only_reads(&READING);
    Ok(Answer::Ask { cmd: Box::new(cmd), assumed: String::new(), read: Rc::new(read) })
}

impl Query for Version {
    type Output = String;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<String>> {
        ask(&self.root, &["best_version", "/", &self.atom], cx)
    }
}

impl Query for BestVersion {
    type Output = String;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<String>> {
        ask(&self.root, &["best_visible", "/", "ebuild", &self.atom], cx)
    }
}
