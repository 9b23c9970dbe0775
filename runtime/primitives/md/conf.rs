//! `/etc/mdadm.conf` of an installed system.

use std::collections::BTreeMap;

use super::all_arrays;
use super::running::array;
use crate::args;
use crate::config::mdadm::{self, ListedArray};
use crate::error::Result;
use crate::machine::{Content, Machine};
use crate::operation::{Action, Effect, Plan, Planning};
use crate::primitives::copies::reject_copied_members;
use crate::primitives::edit::{edit, system_file, writes};
use crate::types::{AbsPath, ArrayId, ArrayName, ParamValue};

args! {
    /// Lists the arrays of this machine in the `/etc/mdadm.conf` of a system.
    ///
    /// Each array gets an `ARRAY` line with its name and UUID, so that it has the same device
    /// `/dev/md/NAME` whenever the system starts. An array whose UUID has a line keeps it. A line of
    /// the same name with the UUID of an array that this machine does not have is replaced; all
    /// other lines are unchanged. A line that tells mdadm to ignore an array is reported. Undo
    /// restores the previous file.
    ///
    /// Source: mdadm.conf(5); Gentoo's location of the file.
    ///
    /// ```
    /// md::create("root", "raid1", ["/dev/sda2", "/dev/sda3"]);
    /// md::mdadm_conf("/mnt/old", #{ arrays: ["root"] });
    /// ```
    "md.mdadm_conf" => pub struct MdadmConf {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The names or UUIDs of the arrays; by default all arrays of this machine, running or stopped.
        pub arrays: Option<Vec<ArrayId>>,
    }
}

const MDADM_CONF: &str = "/etc/mdadm.conf";

/// Returns all arrays. An array that has no valid name, or shares it with another one, is listed
/// without a name.
fn all(machine: &Machine) -> Vec<ListedArray> {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for device in machine.storage.devices.values() {
        if let Some(Content::RaidMember { uuid, name, .. }) = &device.content {
            names.insert(uuid, name);
        }
    }
    let unique = |name: &str| names.values().filter(|other| **other == name).count() == 1;
    let listed = |(uuid, name): (&&str, &&str)| ListedArray {
        name: Some((*name).to_owned()).filter(|name| unique(name) && is_valid(name)),
        uuid: (*uuid).to_owned(),
    };
    names.iter().map(listed).collect()
}

/// Returns whether mdadm takes this as a name and not as a number.
fn is_valid(name: &str) -> bool {
    ArrayName::decode(&name.into()).is_ok()
}

impl Action for MdadmConf {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, MDADM_CONF)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let listed = |given: &ArrayId| {
            let found = array(given, cx)?;
            reject_copied_members(given.as_str(), &found.members, cx.machine)?;
            let (name, uuid) = (found.name.to_owned(), found.uuid.to_owned());
            Ok(ListedArray { name: Some(name).filter(|name| is_valid(name)), uuid })
        };
        let arrays = match &self.arrays {
            None => {
                for found in all_arrays(cx.machine) {
                    reject_copied_members(found.uuid, &found.members, cx.machine)?;
                }
                all(cx.machine)
            }
            Some(names) => names.iter().map(listed).collect::<Result<_>>()?,
        };
        if arrays.is_empty() {
            return Ok(Plan::already("there are no arrays to list"));
        }
        let place = system_file(&self.root, MDADM_CONF);
        let mut ignored = Vec::new();
        let plan = edit(place.clone(), cx, |text| {
            for array in &arrays {
                let line = mdadm::ignored(text, &array.uuid);
                let name = array.name.as_deref().unwrap_or(&array.uuid);
                ignored.extend(line.map(|line| {
                    format!("{place}:{line}: the array {name} is ignored, and not assembled")
                }));
            }
            Ok(mdadm::set(text, &arrays))
        })?;
        Ok(ignored.into_iter().fold(plan, |plan, warning| plan.warn(Some(warning))))
    }
}
