//! Files of `/etc/portage/env`, which `package.env` applies to packages.

use crate::args;
use crate::config::{MakeConfVariables, shell};
use crate::error::Result;
use crate::operation::{Action, Effect, Plan, Planning};
use crate::primitives::edit::{edit, system_file, unreadable, writes};
use crate::types::{AbsPath, TableFile};

/// The directory of the files.
pub(super) const ENV_DIR: &str = "/etc/portage/env";

args! {
    /// Sets variables in a file of `/etc/portage/env`, which `portage.package_env` applies to packages.
    ///
    /// Other content is unchanged. Values that Portage would silently discard (`$(nproc)`) are
    /// rejected. Undo restores the previous file.
    ///
    /// Source: portage(5), "/etc/portage/env" and "package.env".
    ///
    /// ```
    /// portage::env("/mnt/old", "serial", #{ MAKEOPTS: "-j1" });
    /// ```
    "portage.env" => pub struct Env {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name of the file.
        pub name: TableFile,
        /// The variables, as a map from names to values.
        pub values: MakeConfVariables,
    }
}

impl Env {
    fn path(&self) -> String {
        format!("{ENV_DIR}/{}", self.name)
    }
}

impl Action for Env {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, &self.path())]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let place = system_file(&self.root, &self.path());
        edit(place.clone(), cx, |text| {
            let mut text = text.to_owned();
            for (name, value) in self.values.quoted() {
                text = shell::set(&text, name, &value).map_err(|why| unreadable(&place, &why))?;
            }
            Ok(text)
        })
    }
}
