//! Files with secrets that were given to this process: it reads them once, and recipes cannot read
//! them.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use nix::libc::O_CLOEXEC;
use nix::sys::statfs::{FsType, fstatfs};
use nix::unistd::geteuid;
use zeroize::Zeroizing;

/// The maximum size of an answers file; a device that was given by mistake is larger.
const MAX_SIZE: u64 = 1 << 20;

/// The content of a private file.
pub struct Private {
    /// The text, which is zeroed on drop.
    pub text: Zeroizing<String>,
    /// Whether other users can read the file.
    pub open_to_others: bool,
}

/// A file, identified by its inode and by its former path.
struct KnownFile {
    device: u64,
    inode: u64,
    /// When the inode was created: after the file is removed, another one may have its number.
    created: Option<SystemTime>,
    path: PathBuf,
}

impl KnownFile {
    fn is(&self, meta: &Metadata) -> bool {
        let found = (meta.dev(), meta.ino(), meta.created().ok());
        (self.device, self.inode, self.created) == found
    }
}

static PRIVATE: Mutex<Vec<KnownFile>> = Mutex::new(Vec::new());

/// Returns whether a file belongs to the host of a virtual machine: users there are not the users
/// here.
fn shows_owners_of_the_host(file: &File) -> bool {
    const HOSTFS: FsType = FsType(0x00c0_ffee);
    fstatfs(file).is_ok_and(|found| found.filesystem_type() == HOSTFS)
}

fn refused(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

/// Reads a file with secrets. From then on, no step of this process can read it, by any name or
/// link.
pub fn read_private(path: &Path) -> io::Result<Private> {
    let file = OpenOptions::new().read(true).custom_flags(O_CLOEXEC).open(path)?;
    let meta = file.metadata()?;
    if meta.is_file() {
        let owner = meta.uid();
        if owner != 0 && owner != geteuid().as_raw() && !shows_owners_of_the_host(&file) {
            return Err(refused(format!("it belongs to another user (uid {owner})")));
        }
        keep(&meta, path)?;
    }
    // There is no file to protect for a pipe or a descriptor (`<(pass show …)`).
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0)));
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is larger than 1 MiB"));
    }
    let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
        drop(Zeroizing::new(error.into_bytes()));
        io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8")
    })?;
    let open_to_others = meta.is_file() && meta.mode() & 0o077 != 0;
    Ok(Private { text: Zeroizing::new(text), open_to_others })
}

fn keep(meta: &Metadata, path: &Path) -> io::Result<()> {
    let (device, inode, created) = (meta.dev(), meta.ino(), meta.created().ok());
    let known = KnownFile { device, inode, created, path: fs::canonicalize(path)? };
    PRIVATE
        .lock()
        .map_err(|_| io::Error::other("the list of private files is unusable"))?
        .push(known);
    Ok(())
}

/// Returns an error if a file is private.
pub(super) fn refuse(meta: &Metadata) -> io::Result<()> {
    match PRIVATE.lock() {
        Ok(all) if !all.iter().any(|known| known.is(meta)) => Ok(()),
        _ => Err(refused("it holds the answers of this run".into())),
    }
}

/// Returns an error if a private file is below a directory that is to be copied completely.
pub(super) fn refuse_below(directory: &Path) -> io::Result<()> {
    match PRIVATE.lock() {
        Ok(all) if !all.iter().any(|known| known.path.starts_with(directory)) => Ok(()),
        _ => Err(refused(format!("the answers file of this run is below {}", directory.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_file_is_read_once() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("answers.toml");
        fs::write(&path, "p = \"hunter2\"").expect("a file");
        let other = directory.path().join("other");
        fs::write(&other, "").expect("a file");
        let read = read_private(&path).expect("the file is owned by this user");
        assert_eq!((read.text.as_str(), read.open_to_others), ("p = \"hunter2\"", true));
        fs::hard_link(&path, directory.path().join("hard")).expect("a link");
        std::os::unix::fs::symlink(&path, directory.path().join("soft")).expect("a link");
        for name in ["answers.toml", "hard", "soft"] {
            let meta = fs::metadata(directory.path().join(name)).expect("a file");
            assert!(refuse(&meta).is_err(), "{name}");
        }
        assert!(refuse(&fs::metadata(&other).expect("a file")).is_ok());
        assert!(refuse_below(&fs::canonicalize(directory.path()).expect("a path")).is_err());
        assert!(refuse_below(Path::new("/nonexistent")).is_ok());
    }

    #[test]
    fn a_new_file_with_the_number_of_a_removed_one_is_another() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        fs::write(&path, "").expect("a file");
        let meta = fs::metadata(&path).expect("the file");
        let known = |created| KnownFile {
            device: meta.dev(),
            inode: meta.ino(),
            created,
            path: path.clone(),
        };
        assert!(known(meta.created().ok()).is(&meta));
        assert!(!known(Some(SystemTime::UNIX_EPOCH)).is(&meta));
    }
}
