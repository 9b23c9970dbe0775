//! `lxc.convert`: the keys of today for a configuration of before LXC 2.1.

use super::rule::LxcRule;
use crate::args;
use crate::config::lxc::convert;
use crate::error::Result;
use crate::machine::files::FileStatus;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning};
use crate::primitives::edit::edit;
use crate::types::{AbsPath, Place};

args! {
    /// Converts a configuration of LXC to the keys of today.
    ///
    /// LXC 3 and later refuse files with keys such as `lxc.network.ipv4`, `lxc.tty` and `lxc.utsname`, which guides still name.
    /// Each `lxc.network.type` begins a network card, and its settings get the number of the card. A root gets its type, and
    /// keys without a successor are removed. Comments and all other lines are unchanged, and included files are not converted.
    /// The plan shows the difference. Undo restores the previous file.
    ///
    /// Source: lxc.container.conf(5), lxc-update-config(1); guide LX 9, 18.
    ///
    /// ```
    /// file::write("/etc/lxc/old.conf", "lxc.network.type = empty\nlxc.tty = 4\n");
    /// lxc::convert("/etc/lxc/old.conf");
    /// ```
    "lxc.convert" => pub struct ConvertGuest {
        /// The file, for example `/var/lib/lxc/web/config`.
        pub file: AbsPath,
    }
}

impl Action for ConvertGuest {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![FilesEffect::Writes { path: self.file.to_string() }.into()]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let (file, place) = (self.file.to_string(), Place::here(self.file.to_string()));
        if cx.look(&place)? == FileStatus::Missing {
            return Err(LxcRule::NoConfig { file }.into());
        }
        edit(place, cx, |text| {
            convert(text)
                .map_err(|early| LxcRule::NoCard { file, line: early.line, key: early.key }.into())
        })
    }
}
