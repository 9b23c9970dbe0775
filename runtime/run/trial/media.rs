//! A stand-in for a stage3: a tarball of a minimal busybox root, with signed digests.

use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use blake2::Blake2b512;
use sha2::{Digest, Sha512};

use crate::system::{
    Cmd, Interrupts, MissingProgram, NoopWatch, Real, Step, StepError, System, find_program,
};
use crate::types::hex;
use crate::vm::{Share, build_bootable, build_stage3};

/// The archive that a trial unpacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// The tarball, with a digests file beside it.
    pub archive: PathBuf,
    /// The public keys that may have signed the digests, if not those of the system.
    pub keys: Option<PathBuf>,
}

/// The reason why the stand-in could not be built.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// There is no busybox.
    #[error("no static busybox was found to build a minimal root from")]
    NoBusybox,
    /// A file could not be written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The bootable root could not be built.
    #[error("failed to build a bootable root: {0}")]
    Bootable(String),
    /// gpg is missing.
    #[error("{0}")]
    Missing(MissingProgram),
    /// tar or gpg failed.
    #[error("{0}")]
    Tool(StepError),
}

impl MediaError {
    /// Returns what the user should do next.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::NoBusybox => Some(
                "apt install busybox-static (Debian), emerge sys-apps/busybox with USE=static \
                 (Gentoo), or give a stage3 with --stage3"
                    .into(),
            ),
            Self::Bootable(_) => Some("or give a bootable stage3 with --stage3".into()),
            Self::Missing(missing) => Some(missing.remedy()),
            _ => None,
        }
    }
}

/// Returns a file for the guest, and the digests and signatures beside it.
pub(super) fn shares(file: &Path) -> impl Iterator<Item = Share> {
    let beside = ["", ".DIGESTS", ".asc", ".sha256", ".DIGESTS.asc"];
    let files = beside.map(|end| PathBuf::from(format!("{}{end}", file.display())));
    files.into_iter().filter(|file| file.exists()).map(Share::readable)
}

/// The commands of the stand-in.
const APPLETS: [&str; 17] = [
    "sh",
    "ls",
    "cat",
    "echo",
    "env",
    "id",
    "mount",
    "umount",
    "ps",
    "sleep",
    "sync",
    "true",
    "false",
    "uname",
    "sha256sum",
    "readlink",
    "sed",
];

/// The directories of the stand-in and their permission bits.
const DIRECTORIES: [(&str, u32); 11] = [
    ("bin", 0o755),
    ("dev", 0o755),
    ("etc", 0o755),
    ("proc", 0o555),
    ("root", 0o700),
    ("run", 0o755),
    ("sbin", 0o755),
    ("sys", 0o555),
    ("tmp", 0o1777),
    ("usr", 0o755),
    ("var", 0o755),
];

/// The other files of the stand-in.
const FILES: [(&str, &str); 7] = [
    ("etc/os-release", "NAME=Gentoo\nID=gentoo\nPRETTY_NAME=\"Stand-in for a stage3\"\n"),
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nportage:x:250:250:portage:/var/tmp:/bin/false\n",
    ),
    ("etc/group", "root:x:0:\ntty:x:5:\nportage:x:250:\n"),
    ("etc/profile", "export PATH=/bin:/usr/bin\nexport PS1='\\w # '\n"),
    ("etc/fstab", "# Nothing is mounted yet.\n"),
    // The program that shows that a system has OpenRC.
    ("sbin/openrc-run", "#!/bin/sh\n"),
    ("etc/inittab", "id:3:initdefault:\nca:12345:ctrlaltdel:/sbin/shutdown -r now\n"),
];

impl Media {
    /// Returns the files to which the guest needs access.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> {
        std::iter::once(self.archive.clone()).chain(self.keys.clone())
    }

    /// Builds the busybox stand-in in a directory.
    pub fn build(directory: &Path, interrupts: &Interrupts) -> Result<Self, MediaError> {
        let busybox = static_busybox().ok_or(MediaError::NoBusybox)?;
        let archive = directory.join("stage3-busybox.tar");
        pack(&archive, &busybox, interrupts)?;
        Self::signed(archive, directory, interrupts)
    }

    /// Builds a bootable root with a kernel from the packages of this system. It is kept in `cache`
    /// and rebuilt when the packages have changed. `said` receives progress messages.
    pub fn bootable(
        directory: &Path,
        cache: &Path,
        interrupts: &Interrupts,
        said: &mut dyn FnMut(&str),
    ) -> Result<Self, MediaError> {
        let built = build_bootable(cache, said).map_err(MediaError::Bootable)?;
        Self::linked(&built, &directory.join("stage3-bootable.tar"), interrupts)
    }

    /// Builds a root that a recipe can install completely: the bootable root, with services and
    /// stand-ins for Portage.
    pub fn installable(
        directory: &Path,
        cache: &Path,
        interrupts: &Interrupts,
        said: &mut dyn FnMut(&str),
    ) -> Result<Self, MediaError> {
        let built = build_stage3(cache, said).map_err(MediaError::Bootable)?;
        Self::linked(&built, &directory.join("stage3-whole.tar"), interrupts)
    }

    /// Links a built tarball to `archive` and signs it with a new key.
    fn linked(built: &Path, archive: &Path, interrupts: &Interrupts) -> Result<Self, MediaError> {
        if archive.exists() {
            fs::remove_file(archive)?;
        }
        fs::hard_link(built, archive).or_else(|_| fs::copy(built, archive).map(drop))?;
        let directory = archive.parent().unwrap_or(Path::new("/"));
        Self::signed(archive.to_owned(), directory, interrupts)
    }

    /// Writes digests beside a tarball, signed with a new key whose public part is written to
    /// `directory`.
    pub fn signed(
        archive: PathBuf,
        directory: &Path,
        interrupts: &Interrupts,
    ) -> Result<Self, MediaError> {
        let digests = PathBuf::from(format!("{}.DIGESTS", archive.display()));
        let unsigned = directory.join("digests.txt");
        fs::write(&unsigned, list_digests(&archive)?)?;
        let keys = directory.join("keys.asc");
        sign(&unsigned, &digests, &keys, interrupts)?;
        Ok(Self { archive, keys: Some(keys) })
    }
}

/// Returns the path of a statically linked busybox.
fn static_busybox() -> Option<PathBuf> {
    let path = find_program("busybox")?;
    let mut head = vec![0; 4096];
    let count = File::open(&path).and_then(|mut file| file.read(&mut head)).ok()?;
    // The path of the dynamic loader is near the start of an ELF file.
    let interpreter = b"/ld-";
    let dynamic = head[..count].windows(interpreter.len()).any(|window| window == interpreter);
    (!dynamic).then_some(path)
}

/// Packs the root. All files in it belong to root.
fn pack(archive: &Path, busybox: &Path, interrupts: &Interrupts) -> Result<(), MediaError> {
    let root = tempfile::Builder::new().prefix("gscript-root-").tempdir()?;
    let at = |path: &str| root.path().join(path);
    let allow = |path: &str, mode| fs::set_permissions(at(path), Permissions::from_mode(mode));
    for (path, _) in DIRECTORIES {
        fs::create_dir(at(path))?;
    }
    fs::copy(busybox, at("bin/busybox"))?;
    allow("bin/busybox", 0o755)?;
    for applet in APPLETS {
        symlink("busybox", root.path().join("bin").join(applet))?;
    }
    for (path, text) in FILES {
        fs::write(at(path), text)?;
        allow(path, 0o644)?;
    }
    for (path, mode) in DIRECTORIES {
        allow(path, mode)?;
    }
    let tar = Cmd::tool("tar")
        .args(["--create", "--format=gnu", "--sort=name", "--mtime=@0"])
        .args(["--owner=0", "--group=0", "--numeric-owner"])
        .arg(format!("--file={}", archive.display()))
        .arg(format!("--directory={}", root.path().display()))
        .args(DIRECTORIES.map(|(path, _)| path));
    Real::new(interrupts.clone())
        .perform(&Step::Run(tar), &mut NoopWatch)
        .map_err(MediaError::Tool)?;
    File::open(archive)?.sync_all()?;
    Ok(())
}

/// Returns the digests in the format of Gentoo's release engineering.
fn list_digests(archive: &Path) -> io::Result<String> {
    let bytes = fs::read(archive)?;
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    Ok(format!(
        "# BLAKE2B HASH\n{}  {name}\n# SHA512 HASH\n{}  {name}\n",
        hex(&Blake2b512::digest(&bytes)),
        hex(&Sha512::digest(&bytes))
    ))
}

/// Signs a text with a new key, which is then deleted.
fn sign(
    text: &Path,
    signed: &Path,
    keys: &Path,
    interrupts: &Interrupts,
) -> Result<(), MediaError> {
    let home = tempfile::Builder::new().prefix("gscript-sign-").tempdir()?;
    let home = home.path().to_string_lossy().into_owned();
    let mut real = Real::new(interrupts.clone());
    let mut run =
        |cmd: Cmd| real.perform(&Step::Run(cmd), &mut NoopWatch).map_err(MediaError::Tool);
    if find_program("gpg").is_none() {
        return Err(MediaError::Missing(MissingProgram::named("gpg")));
    }
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let gpg = || Cmd::tool("gpg").args(["--homedir", &home, "--batch", "--yes", "--no-tty"]);
    let user = "Stand-in for Gentoo's release key";
    let result = run(gpg().args([
        "--passphrase",
        "",
        "--quick-generate-key",
        user,
        "ed25519",
        "sign",
        "1d",
    ]))
    .and_then(|_| run(gpg().args(["--output", &path(keys), "--armor", "--export"])))
    .and_then(|_| run(gpg().args(["--output", &path(signed), "--clearsign", &path(text)])));
    // The agent that gpg started would outlive its directory.
    let stopped = run(Cmd::tool("gpgconf").args(["--homedir", &home, "--kill", "all"]));
    result.and(stopped).map(drop)
}
