//! Bootable replacements for a stage3, built by the scripts in `standin/` from packages of this
//! system: `root.sh` builds a bootable root, `stage3.sh` adds everything else that a complete
//! recipe requires of a stage3.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ROOT: &str = "root.sh";
const STAGE3: &str = "stage3.sh";
const SCRIPTS: [(&str, &str); 5] = [
    (ROOT, include_str!("standin/root.sh")),
    (STAGE3, include_str!("standin/stage3.sh")),
    ("emerge.sh", include_str!("standin/emerge.sh")),
    ("portageq.sh", include_str!("standin/portageq.sh")),
    ("getuto.sh", include_str!("standin/getuto.sh")),
];
/// The number of last output lines of a script to keep for an error.
const TAIL: usize = 8;

/// Writes the scripts, each atomically, because another process may be reading them.
fn put(cache: &Path) -> io::Result<()> {
    fs::create_dir_all(cache)?;
    for (name, text) in SCRIPTS {
        let mut file = tempfile::NamedTempFile::new_in(cache)?;
        file.write_all(text.as_bytes())?;
        file.persist(cache.join(name))?;
    }
    Ok(())
}

/// Returns the path of a bootable root in `cache`; it is rebuilt if the packages that it consists
/// of have changed. Progress messages are passed to `said`.
///
/// # Errors
///
/// Returns the last output line of the script.
pub fn build_bootable(cache: &Path, progress: &mut dyn FnMut(&str)) -> Result<PathBuf, String> {
    put(cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    let path = run(&cache.join(ROOT), &[cache], progress)?;
    match path.is_empty() {
        false => Ok(path.into()),
        true => Err("the script printed nothing".to_owned()),
    }
}

/// Returns the path of a stage3 replacement in `cache` that is sufficient for a complete recipe.
///
/// # Errors
///
/// Returns the last output line of the script.
pub fn build_stage3(cache: &Path, progress: &mut dyn FnMut(&str)) -> Result<PathBuf, String> {
    let root = build_bootable(cache, progress)?;
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let scripts: String = SCRIPTS.iter().map(|(_, text)| *text).collect();
    let key = crate::types::sha256(format!("{name}\0{scripts}").as_bytes());
    let stage3 = cache.join(format!("whole-{}.tar", &key[..16]));
    if !stage3.exists() {
        progress("Adding services, languages and stand-ins for Portage");
        let new = tempfile::Builder::new().prefix("whole-").suffix(".new").tempfile_in(cache);
        let new = new.map_err(|error| format!("{}: {error}", cache.display()))?;
        run(&cache.join(STAGE3), &[&root, new.path()], progress)?;
        let kept = new.persist(&stage3).map_err(|error| error.to_string());
        kept.and_then(|file| readable(&file).map_err(|error| error.to_string()))?;
    }
    Ok(stage3)
}

/// Makes a file readable for the virtual machine, which runs as a different user.
fn readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

/// Runs a script; returns its output, or the last line on standard error if it fails.
fn run(script: &Path, args: &[&Path], progress: &mut dyn FnMut(&str)) -> Result<String, String> {
    let mut child = Command::new("bash")
        .arg(script)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("bash: {error}"))?;
    let mut tail: Vec<String> = Vec::new();
    for line in
        child.stderr.take().into_iter().flat_map(|progress| BufReader::new(progress).lines())
    {
        let Ok(line) = line else { break };
        progress(&line);
        tail.push(line);
        tail.drain(..tail.len().saturating_sub(TAIL));
    }
    let mut path = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut path).map_err(|error| error.to_string())?;
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(path.trim().to_owned()),
        Ok(_) => Err(tail.pop().unwrap_or_else(|| "the script printed nothing".to_owned())),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_written_atomically() {
        let cache = tempfile::tempdir().expect("a directory");
        put(cache.path()).expect("the scripts");
        let (script, length) = (cache.path().join(ROOT), SCRIPTS[0].1.len());
        std::thread::scope(|scope| {
            scope.spawn(|| (0..200).for_each(|_| put(cache.path()).expect("the scripts")));
            for _ in 0..2000 {
                assert_eq!(fs::read(&script).expect("the script").len(), length);
            }
        });
    }
}
