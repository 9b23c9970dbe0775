//! Putting together a root that boots, by `bootable.sh`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SCRIPT: &str = include_str!("bootable.sh");

/// Puts the script there whole: another that runs may be reading it.
fn put(cache: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(cache)?;
    let mut file = tempfile::NamedTempFile::new_in(cache)?;
    file.write_all(SCRIPT.as_bytes())?;
    let script = cache.join("bootable.sh");
    file.persist(&script)?;
    Ok(script)
}

/// Has a root that boots in a folder that is kept, built anew when the packages that it is made of have
/// changed: the path of the tarball, or the last that the script said.
pub fn build_bootable(cache: &Path) -> Result<PathBuf, String> {
    let script = put(cache).map_err(|error| format!("{}: {error}", cache.display()))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_whole_whenever_somebody_reads_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = put(folder.path()).expect("the script");
        std::thread::scope(|scope| {
            scope.spawn(|| (0..200).for_each(|_| drop(put(folder.path()).expect("the script"))));
            for _ in 0..2000 {
                assert_eq!(fs::read(&script).expect("the script").len(), SCRIPT.len());
            }
        });
    }
}
