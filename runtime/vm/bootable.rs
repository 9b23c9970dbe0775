//! Stand-ins for a stage3 that boots, put together by the scripts of `standin/` from packages of this system: `root.sh` makes
//! a root that boots, `stage3.sh` adds what a whole recipe asks a stage3 for.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ROOT: &str = "root.sh";
const STAGE3: &str = "stage3.sh";
const SCRIPTS: [(&str, &str); 4] = [
    (ROOT, include_str!("standin/root.sh")),
    (STAGE3, include_str!("standin/stage3.sh")),
    ("emerge.sh", include_str!("standin/emerge.sh")),
    ("portageq.sh", include_str!("standin/portageq.sh")),
];
/// So much of what a script says is kept for its error.
const TAIL: usize = 8;

/// Writes the scripts, each as a whole: another process may be reading it.
fn put(cache: &Path) -> io::Result<()> {
    fs::create_dir_all(cache)?;
    for (name, text) in SCRIPTS {
        let mut file = tempfile::NamedTempFile::new_in(cache)?;
        file.write_all(text.as_bytes())?;
        file.persist(cache.join(name))?;
    }
    Ok(())
}

/// Returns a root that boots, from `cache`; it is built where the packages that it is made of have changed.
/// `said` hears what is being done.
///
/// # Errors
///
/// What the script said last.
pub fn build_bootable(cache: &Path, said: &mut dyn FnMut(&str)) -> Result<PathBuf, String> {
    put(cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    let path = run(&cache.join(ROOT), &[cache], said)?;
    match path.is_empty() {
        false => Ok(path.into()),
        true => Err("the script printed nothing".to_owned()),
    }
}

/// Returns a stand-in for a stage3 that a whole recipe is content with, from `cache`.
///
/// # Errors
///
/// What the script said last.
pub fn build_stage3(cache: &Path, said: &mut dyn FnMut(&str)) -> Result<PathBuf, String> {
    let root = build_bootable(cache, said)?;
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let scripts: String = SCRIPTS.iter().map(|(_, text)| *text).collect();
    let key = crate::types::sha256(format!("{name}\0{scripts}").as_bytes());
    let whole = cache.join(format!("whole-{}.tar", &key[..16]));
    if !whole.exists() {
        said("Adding services, languages and stand-ins for Portage");
        let new = tempfile::Builder::new().prefix("whole-").suffix(".new").tempfile_in(cache);
        let new = new.map_err(|error| format!("{}: {error}", cache.display()))?;
        run(&cache.join(STAGE3), &[&root, new.path()], said)?;
        let kept = new.persist(&whole).map_err(|error| error.to_string());
        kept.and_then(|file| readable(&file).map_err(|error| error.to_string()))?;
    }
    Ok(whole)
}

/// The virtual machine reads it as another user.
fn readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

/// Runs a script; what it prints, or the last that it said.
fn run(script: &Path, args: &[&Path], said: &mut dyn FnMut(&str)) -> Result<String, String> {
    let mut child = Command::new("bash")
        .arg(script)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("bash: {error}"))?;
    let mut tail: Vec<String> = Vec::new();
    for line in child.stderr.take().into_iter().flat_map(|said| BufReader::new(said).lines()) {
        let Ok(line) = line else { break };
        said(&line);
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
    fn a_script_is_whole_whenever_it_is_read() {
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
