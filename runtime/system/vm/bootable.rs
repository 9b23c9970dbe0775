//! Putting together a root that boots, by `stdlib/bootable.sh`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs the script: the path of the tarball, or the last that the script said.
pub fn build_bootable(script: &Path, cache: &Path) -> Result<PathBuf, String> {
    let output = Command::new("bash")
        .args([script, cache])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("bash: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match output.status.success() && !path.is_empty() {
        true => Ok(path.into()),
        false => {
            Err(said.trim().lines().next_back().unwrap_or("the script said nothing").to_owned())
        }
    }
}
