//! `make.conf`.

use super::PortageRule;
use crate::args;
use crate::config::{MakeConfVariables, portage, shell};
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::operation::{Action, Effect, Plan, Planning};
use crate::primitives::edit::{edit, there, unreadable, writes};
use crate::primitives::file::text;
use crate::types::AbsPath;

args! {
    /// Sets variables in `/etc/portage/make.conf`.
    ///
    /// Other content of the file is unchanged. Portage does not read the file with a shell: values
    /// that it would silently discard (`$(nproc)`, `-j$((NJOBS+1))`, `${V:-x}`) are rejected.
    /// References such as `${NAME}` are passed through. Undo restores the previous file.
    ///
    /// Source: make.conf(5); guide PE, "MAKEOPTS" and "EMERGE_DEFAULT_OPTS".
    ///
    /// ```
    /// portage::make_conf("/mnt/old", #{ MAKEOPTS: "-j9 -l8", EMERGE_DEFAULT_OPTS: "--jobs=8 --load-average=8" });
    /// ```
    "portage.make_conf" => pub struct MakeConf {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The variables, as a map from names to values.
        pub values: MakeConfVariables,
    }
}

const MAKE_CONF: &str = "/etc/portage/make.conf";

impl Action for MakeConf {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, MAKE_CONF)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let values: Vec<(&str, String)> = self.values.quoted().collect();
        let place = there(&self.root, MAKE_CONF);
        let lost = match text(&place, cx)? {
            Some(FileContents::Known(bytes)) => unparsable_values(&String::from_utf8_lossy(&bytes)),
            _ => Vec::new(),
        };
        let set_now = |name: &String| values.iter().any(|(set, _)| set == name);
        let bare = lost.iter().find(|(name, raw)| !set_now(name) && raw.starts_with(['$', '`']));
        if let Some((name, _)) = bare {
            return Err(PortageRule::Unreadable { place, name: name.clone() }.into());
        }
        let set = |text: &str| {
            let set = |text: String, (name, value): &(&str, String)| shell::set(&text, name, value);
            values.iter().try_fold(text.to_owned(), set).map_err(|why| unreadable(&place, &why))
        };
        let mut plan = edit(place.clone(), cx, set)?;
        for (name, _) in lost.iter().filter(|(name, _)| !set_now(name)) {
            plan = plan.warn(Some(format!(
                "{place} sets {name} with shell syntax that Portage does not support"
            )));
        }
        Ok(plan)
    }
}

/// Returns the variables whose values Portage cannot parse, with these values.
fn unparsable_values(text: &str) -> Vec<(String, String)> {
    // A file that cannot be parsed is rejected later, when it is edited.
    let all = shell::all(text).unwrap_or_default();
    let is_lost = |raw: &str, adds: bool| {
        adds || raw.contains("$(")
            || raw.contains('`')
            || raw.contains("${") && {
                let bare = raw.trim_matches('"').replace(['"', '\\', '\n', '\t'], " ");
                portage::fault(&bare).is_some()
            }
    };
    all.into_iter()
        .filter(|(_, raw, adds)| is_lost(raw, *adds))
        .map(|(name, raw, _)| (name, raw))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_that_portage_discards_are_detected() {
        let text = "A=\"-O2\"\nB=\"${A} -g\"\nC=$(nproc)\nD+=\" x\"\nE=\"${X:-1}\"\nF=`x`\n";
        let lost = super::unparsable_values(text);
        let names: Vec<&str> = lost.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["C", "D", "E", "F"]);
    }
}
