//! Putting together a root that boots, by `bootable.sh`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SCRIPT: &str = include_str!("bootable.sh");

/// Has a root that boots in a folder that is kept, built anew when the packages that it is made of have
/// changed: the path of the tarball, or the last that the script said.
pub fn build_bootable(cache: &Path) -> Result<PathBuf, String> {
    fs::create_dir_all(cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    let script = cache.join("bootable.sh");
    fs::write(&script, SCRIPT).map_err(|error| format!("{}: {error}", script.display()))?;
    let output = Command::new("bash")
        .args([&script, cache])
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
