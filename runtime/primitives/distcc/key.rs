//! `distcc.key`: the key with which the front end logs in on compile nodes.

use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::FileStatus;
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::primitives::edit::{system_file, writes};
use crate::primitives::portage::program::program;
use crate::system::{FilesStep, Step};
use crate::types::AbsPath;

args! {
    /// Generates the ed25519 key with which the front end logs in on compile nodes, without a
    /// passphrase, unless it exists.
    ///
    /// The public key is in the same file with `.pub` at its end. distcc cannot type a passphrase, so
    /// the nodes must limit what the key may do: `distcc::node_script`. Undo removes both files.
    ///
    /// Source: ssh-keygen(1); guide DS 3.
    ///
    /// ```
    /// distcc::key("/mnt/old", "/root/id_distcc");
    /// ```
    "distcc.key" => pub struct FrontEndKey {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The file of the key, in a directory that exists.
        pub path: AbsPath,
    }
}

impl Action for FrontEndKey {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let path = self.path.to_string();
        let mut effects =
            vec![writes(&self.root, &path), writes(&self.root, &format!("{path}.pub"))];
        effects.extend(Effect::runs("ssh-keygen", &self.root.to_string()));
        effects
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let path = self.path.to_string();
        let places =
            [path.clone(), format!("{path}.pub")].map(|file| system_file(&self.root, &file));
        // ssh-keygen asks before it overwrites, and so fails here.
        if !matches!(cx.look(&places[0])?, FileStatus::Missing | FileStatus::Unknown(_)) {
            return Ok(Plan::already(format!("{} exists", places[0])));
        }
        let cmd = program(&self.root, "ssh-keygen", cx)?
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "distcc", "-f", &path]);
        let remove = |place| Step::Files(FilesStep::Remove { place });
        let made = |place| FilesFact::File { place, digest: None, mode: None }.into();
        Ok(Plan::run(cmd)
            .makes_all(places.clone().map(made))
            .undo(Undo::Steps(places.map(remove).into())))
    }
}
