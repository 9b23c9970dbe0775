//! A stand-in for a stage3: a small root of busybox, packed, with digests that are really signed.

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

/// What a trial unpacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// The tarball; its digests lie beside it.
    pub archive: PathBuf,
    /// The public keys that may have signed them, if they are not the system's.
    pub keys: Option<PathBuf>,
}

/// Why there is no stand-in.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// There is no busybox.
    #[error("no static busybox was found to build a minimal root from")]
    NoBusybox,
    /// A file could not be written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The root that boots could not be put together.
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
    /// What to do about it.
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

/// A file for the guest, and the digests and signatures that lie beside it under its name.
pub(super) fn shares(file: &Path) -> impl Iterator<Item = Share> {
    let beside = ["", ".DIGESTS", ".asc", ".sha256", ".DIGESTS.asc"];
    let files = beside.map(|end| PathBuf::from(format!("{}{end}", file.display())));
    files.into_iter().filter(|file| file.exists()).map(Share::readable)
}

/// Commands that the stand-in has.
const APPLETS: [&str; 16] = [
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
];

/// Its directories and their permission bits.
const DIRECTORIES: [(&str, u32); 10] = [
    ("bin", 0o755),
    ("dev", 0o755),
    ("etc", 0o755),
    ("proc", 0o555),
    ("root", 0o700),
    ("run", 0o755),
    ("sys", 0o555),
    ("tmp", 0o1777),
    ("usr", 0o755),
    ("var", 0o755),
];

/// Its other files.
const FILES: [(&str, &str); 5] = [
    ("etc/os-release", "NAME=Gentoo\nID=gentoo\nPRETTY_NAME=\"Stand-in for a stage3\"\n"),
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nportage:x:250:250:portage:/var/tmp:/bin/false\n",
    ),
    ("etc/group", "root:x:0:\ntty:x:5:\nportage:x:250:\n"),
    ("etc/profile", "export PATH=/bin:/usr/bin\nexport PS1='\\w # '\n"),
    ("etc/fstab", "# Nothing is mounted yet.\n"),
];

impl Media {
    /// The files that the guest has to see of it.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> {
        std::iter::once(self.archive.clone()).chain(self.keys.clone())
    }

    /// Builds the stand-in in a directory.
    pub fn build(directory: &Path, interrupts: &Interrupts) -> Result<Self, MediaError> {
        let busybox = static_busybox().ok_or(MediaError::NoBusybox)?;
        let archive = directory.join("stage3-busybox.tar");
        pack(&archive, &busybox, interrupts)?;
        Self::signed(archive, directory, interrupts)
    }

    /// Builds a root that boots, from the packages of this system and with a kernel. It is kept in `cache`, and built
    /// again when the packages have changed. `said` hears what is being done.
    pub fn bootable(
        directory: &Path,
        cache: &Path,
        interrupts: &Interrupts,
        said: &mut dyn FnMut(&str),
    ) -> Result<Self, MediaError> {
        let built = build_bootable(cache, said).map_err(MediaError::Bootable)?;
        Self::linked(&built, &directory.join("stage3-bootable.tar"), interrupts)
    }

    /// Builds one that a recipe can install wholly: the root that boots, with services and stand-ins for Portage.
    pub fn whole(
        directory: &Path,
        cache: &Path,
        interrupts: &Interrupts,
        said: &mut dyn FnMut(&str),
    ) -> Result<Self, MediaError> {
        let built = build_stage3(cache, said).map_err(MediaError::Bootable)?;
        Self::linked(&built, &directory.join("stage3-whole.tar"), interrupts)
    }

    /// The digests lie beside the tarball, and the key that signs them is of today.
    fn linked(built: &Path, archive: &Path, interrupts: &Interrupts) -> Result<Self, MediaError> {
        if archive.exists() {
            fs::remove_file(archive)?;
        }
        fs::hard_link(built, archive).or_else(|_| fs::copy(built, archive).map(drop))?;
        let directory = archive.parent().unwrap_or(Path::new("/"));
        Self::signed(archive.to_owned(), directory, interrupts)
    }

    /// A tarball with digests beside it, signed with a key of today, whose public part is put into `directory`.
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

/// A busybox that needs no library.
fn static_busybox() -> Option<PathBuf> {
    let path = find_program("busybox")?;
    let mut head = vec![0; 4096];
    let count = File::open(&path).and_then(|mut file| file.read(&mut head)).ok()?;
    // A program with an interpreter names it near its beginning.
    let interpreter = b"/ld-";
    let dynamic = head[..count].windows(interpreter.len()).any(|window| window == interpreter);
    (!dynamic).then_some(path)
}

/// Packs the root as tar would unpack it anywhere: everything in it is root's.
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

/// As Gentoo's release engineering lists them.
fn list_digests(archive: &Path) -> io::Result<String> {
    let bytes = fs::read(archive)?;
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    Ok(format!(
        "# BLAKE2B HASH\n{}  {name}\n# SHA512 HASH\n{}  {name}\n",
        hex(&Blake2b512::digest(&bytes)),
        hex(&Sha512::digest(&bytes))
    ))
}

/// Signs a text with a key that nobody keeps.
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
