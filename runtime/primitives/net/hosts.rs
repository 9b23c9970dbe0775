//! `net.hosts`: names of addresses that need no name server.

use crate::args;
use crate::config::hosts;
use crate::error::Result;
use crate::operation::{Action, Effect, Plan, Planning};
use crate::primitives::edit::{edit, system_file, writes};
use crate::types::{AbsPath, DomainName, IpAddress};

args! {
    /// Sets the names of an address in the `/etc/hosts` of a system.
    ///
    /// Other lines are unchanged. Undo restores the previous file.
    ///
    /// Source: Gentoo handbook, "The hosts file"; hosts(5).
    ///
    /// ```
    /// net::hosts("/mnt/old", "127.0.1.1", ["box.example.org", "box"]);
    /// ```
    "net.hosts" => pub struct Hosts {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The address.
        pub address: IpAddress,
        /// The names of the address; the first one is the canonical name.
        pub names: Vec<DomainName>,
    }
}

const HOSTS: &str = "/etc/hosts";

impl Action for Hosts {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, HOSTS)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let names: Vec<&str> = self.names.iter().map(DomainName::as_str).collect();
        if names.is_empty() {
            return Ok(Plan::already("there are no names to set"));
        }
        let address = self.address.to_string();
        edit(system_file(&self.root, HOSTS), cx, |text| Ok(hosts::set(text, &address, &names)))
    }
}
