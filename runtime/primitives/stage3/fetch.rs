//! `stage3.fetch`: downloads and verifies the latest stage3 tarball.

use super::{StageVerification, key_file, verifying};
use crate::args;
use crate::error::Result;
use crate::machine::files::StageSource;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, ProgramEffect, Undo};
use crate::primitives::net::downloader;
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, Address, Fingerprint, Place, StageVariant};

args! {
    /// Downloads the latest stage3 tarball of a mirror and verifies it.
    ///
    /// The signed index `latest-stage3-amd64-VARIANT.txt` names the tarball and its size; its
    /// `.DIGESTS` or `.sha256` file has the digests. Both must be signed by a key in the key file
    /// that is neither expired nor revoked. wget or curl downloads; lost connections are continued,
    /// and so is a file that an earlier run has downloaded in part. A tarball with wrong digests is
    /// removed. The proxy is that of the environment (`https_proxy`) unless one is given.
    ///
    /// Choose a path on the new root filesystem: the memory of a live medium may be too small for
    /// the tarball.
    ///
    /// Returns a map with `sha512` and `signer` (the fingerprint of the signing key).
    ///
    /// Source: Gentoo handbook, "Downloading the stage file"; wget(1), curl(1).
    ///
    /// ```
    /// fs::make("/dev/sda1");
    /// mount::mount("/dev/sda1", "/mnt/gentoo");
    /// stage3::fetch("/mnt/gentoo/stage3.tar.xz", #{ variant: "systemd" });
    /// stage3::unpack("/mnt/gentoo/stage3.tar.xz", "/mnt/gentoo");
    /// ```
    "stage3.fetch" => pub struct Fetch {
        /// The file for the tarball.
        pub into: AbsPath,
        /// The kind of stage3: `openrc`, `systemd`, `desktop-openrc`, `desktop-systemd`,
        /// `hardened-openrc`, `hardened-systemd`, `musl`, `musl-hardened` or another one that the
        /// mirror has.
        pub variant: StageVariant = "openrc",
        /// The mirror.
        pub mirror: Address = "https://distfiles.gentoo.org",
        /// The proxy; by default that of the environment.
        pub proxy: Option<Address>,
        /// The file with the trusted public keys; by default
        /// `/usr/share/openpgp-keys/gentoo-release.asc`.
        pub keys: Option<AbsPath>,
        /// The fingerprint of the only trusted key, if the key file contains several.
        pub fingerprint: Option<Fingerprint>,
    }
}

impl Action for Fetch {
    type Output = StageVerification;

    fn effects(&self) -> Vec<Effect> {
        vec![
            Effect::Program(ProgramEffect::Connects { host: self.mirror.to_string() }),
            Effect::Files(FilesEffect::Writes { path: self.into.to_string() }),
        ]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<StageVerification>> {
        let into = Place::new(&self.into, None);
        let remove = Step::Files(FilesStep::Remove { place: into.clone() });
        let step = Step::Files(FilesStep::Fetch {
            into,
            source: StageSource {
                mirror: self.mirror.trim_end_matches('/').to_owned(),
                variant: self.variant.to_string(),
                proxy: self.proxy.as_ref().map(ToString::to_string),
                program: downloader(cx)?,
            },
            keys: key_file(self.keys.as_ref(), cx)?,
            fingerprint: self.fingerprint.as_ref().map(ToString::to_string),
        });
        // Without a fact about the file: a part of it is kept when an interrupted run is resumed.
        Ok(verifying(step).undo(Undo::Steps(vec![remove])))
    }
}
