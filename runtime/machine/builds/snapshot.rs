//! The messages of `FEATURES="observability"`: JSON objects, one per line (Portage 3.0.82 or later,
//! schema 1).

use serde::Deserialize;
use serde_json::Value;

/// The schema that this module reads.
const SCHEMA: u64 = 1;

/// The state of a run of emerge, as it publishes it itself.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct BuildSnapshot {
    /// The process of emerge.
    pub emerge_pid: u64,
    /// The numbers of packages.
    pub jobs: SnapshotJobs,
    /// The packages that are being built or installed.
    pub tasks: Vec<SnapshotTask>,
}

/// The numbers of packages of a run of emerge.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SnapshotJobs {
    /// The largest number of builds side by side; `true` for no limit.
    pub max: Value,
    /// How many are installed.
    pub completed: u64,
    /// How many are in the list.
    pub total: u64,
    /// How many failed.
    pub failed: u64,
}

/// A package that is being built or installed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SnapshotTask {
    /// The package as `category/name-version`.
    pub cpv: String,
    /// `build` or `merge`.
    pub kind: String,
    /// The phase of the ebuild, or `merge-wait`.
    pub phase: Option<String>,
    /// The seconds since it was begun.
    pub elapsed: Option<f64>,
    /// Whether it is a binary package.
    pub binary: bool,
    /// The use of resources, with `FEATURES="cgroup"`.
    pub resources: SnapshotResources,
}

/// The use of resources of a build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SnapshotResources {
    /// The peak of memory in bytes.
    pub mem_peak: Option<u64>,
}

/// Parses a line; returns `None` for other types of messages, other schemas and other text.
fn snapshot(value: Value) -> Option<BuildSnapshot> {
    let known = value["type"] == "snapshot" && value["schema"] == SCHEMA;
    if known { serde_json::from_value(value).ok() } else { None }
}

/// Returns the snapshots in a line of the socket, a status file, or the output of
/// `portageq jobs --json`, which is a list.
pub fn snapshots(text: &str) -> Vec<BuildSnapshot> {
    match serde_json::from_str(text) {
        Ok(Value::Array(all)) => all.into_iter().filter_map(snapshot).collect(),
        Ok(one) => snapshot(one).into_iter().collect(),
        Err(_) => Vec::new(),
    }
}

impl SnapshotTask {
    /// Returns the phase, or the kind of the task if it has none.
    pub fn phase(&self) -> &str {
        self.phase.as_deref().unwrap_or(&self.kind)
    }

    /// Returns the whole seconds since the package was begun.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    pub fn seconds(&self) -> u64 {
        self.elapsed.map_or(0, |elapsed| elapsed as u64)
    }
}

/// Returns the packages that are left to build, with whether they are binary packages, from
/// `/var/cache/edb/mtimedb`, where Portage keeps the list for `--resume`.
pub fn resume_list(text: &str) -> Vec<(String, bool)> {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let entry = |entry: &Value| {
        let is_merge = entry[3] == "merge";
        let package = entry[2].as_str().filter(|_| is_merge)?;
        Some((package.to_owned(), entry[0] == "binary"))
    };
    value["resume"]["mergelist"].as_array().into_iter().flatten().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_of_schema_1_is_read() {
        let line = r#"{"emerge_pid": 7, "jobs": {"completed": 1, "failed": 0, "max": 2, "merge_wait": 0, "merges_pending": 0, "running": 1, "total": 3}, "schema": 1, "tasks": [{"binary": false, "build_elapsed": 2.5, "category": "a", "cpv": "a/one-1", "elapsed": 2.9, "kind": "build", "merge_wait": false, "operation": "merge", "pf": "one-1", "phase": "compile", "pid": 9, "resources": {"cpu_usec": 5, "mem_peak": 1048576}, "root": "/", "start_time": 5.0}], "timestamp": 9.0, "type": "snapshot"}"#;
        let read = &snapshots(line)[0];
        assert_eq!((read.emerge_pid, read.jobs.completed, read.jobs.total), (7, 1, 3));
        let task = &read.tasks[0];
        assert_eq!((task.cpv.as_str(), task.phase(), task.seconds()), ("a/one-1", "compile", 2));
        assert_eq!(task.resources.mem_peak, Some(1_048_576));
        assert_eq!(snapshots(&format!("[{line}]")).len(), 1);
        for other in [
            r#"{"type": "news", "schema": 1}"#,
            &line.replace("\"schema\": 1", "\"schema\": 2"),
            "{",
            "",
            "[]",
        ] {
            assert_eq!(snapshots(other), []);
        }
    }

    #[test]
    fn what_is_left_to_build_is_read() {
        let text = r#"{"resume": {"mergelist": [["ebuild", "/", "a/one-1", "merge"], ["binary", "/", "a/two-1", "merge"], ["ebuild", "/", "a/old-1", "uninstall"]], "favorites": []}, "version": "3"}"#;
        assert_eq!(resume_list(text), [("a/one-1".into(), false), ("a/two-1".into(), true)]);
        assert_eq!(resume_list("{}"), []);
    }
}
