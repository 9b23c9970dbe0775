//! `distcc.status`: what is being compiled on which machine.

use std::rc::Rc;

use serde::Serialize;

use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Effect, FilesEffect, Planning, Query};
use crate::system::{Cmd, Outcome};
use crate::types::AbsPath;

args! {
    /// Returns the compilations that distcc distributes at the moment.
    ///
    /// Each entry is a map with `process`, `state` (such as `Compile` or `Preprocess`), `file` and
    /// `host`. Where Portage isolates processes (`FEATURES=pid-sandbox`), compilations can be missing:
    /// distccmon-text takes their processes for ended, and removes their entries.
    ///
    /// Source: distccmon-text(1); guide DS 16.
    ///
    /// ```
    /// let jobs = distcc::status();
    /// ```
    "distcc.status" => pub struct DistccStatus {
        /// The directory with the state of distcc: below `PORTAGE_TMPDIR` for Portage.
        pub directory: AbsPath = "/var/tmp/portage/.distcc",
    }
}

/// A compilation as scripts see it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct CompileInfo {
    process: u32,
    state: String,
    file: String,
    host: String,
}

impl Query for DistccStatus {
    type Output = Vec<CompileInfo>;

    fn effects(&self) -> Vec<Effect> {
        let mut effects = Effect::runs("distccmon-text", "/");
        effects.push(Effect::Files(FilesEffect::Reads { path: self.directory.to_string() }));
        effects
    }

    fn answer(&self, _cx: &mut Planning<'_>) -> Result<Answer<Vec<CompileInfo>>> {
        let cmd = Cmd::tool("distccmon-text").env("DISTCC_DIR", self.directory.to_string());
        let read = |outcome: &Outcome| Ok(outcome.stdout.lines().filter_map(entry).collect());
        Ok(Answer::Ask { cmd: Box::new(cmd), assumed: Vec::new(), read: Rc::new(read) })
    }
}

fn entry(line: &str) -> Option<CompileInfo> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [process, state, file, host] = words[..] else { return None };
    Some(CompileInfo {
        process: process.parse().ok()?,
        state: state.to_owned(),
        file: file.to_owned(),
        host: host.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_compilation() {
        // distccmon-text 3.4.
        let line = "  4711  Compile     main.c                                   10.79.0.11[0]";
        let found = entry(line).expect("a compilation");
        assert_eq!((found.process, found.state.as_str()), (4711, "Compile"));
        assert_eq!((found.file.as_str(), found.host.as_str()), ("main.c", "10.79.0.11[0]"));
        assert_eq!(entry(""), None);
    }
}
