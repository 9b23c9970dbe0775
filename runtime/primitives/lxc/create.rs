//! `lxc.create`: guests from a root that is there, or from a template.

use super::domain::DOMAIN;
use super::ids::{COUNT, of_root};
use super::rule::LxcRule;
use crate::args;
use crate::config::lxc::{has, line};
use crate::error::Result;
use crate::machine::files::FileStatus;
use crate::machine::guest::{GuestEffect, GuestFact, GuestKind, lxc};
use crate::machine::is_below;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, ProgramEffect, Undo};
use crate::primitives::edit::set_whole;
use crate::primitives::file::known_text;
use crate::primitives::guests::{SeenGuest, directory};
use crate::primitives::net::name::LinkName;
use crate::system::Step;
use crate::types::{
    AbsPath, GuestName, IpAddress, IpPrefix, MacAddress, Place, TemplateName, sha256,
};

args! {
    /// Creates a guest of LXC.
    ///
    /// Without `template`, the guest has the files that are in `PATH/NAME/rootfs`, for example those of an unpacked stage3, and
    /// its configuration is written to `PATH/NAME/config`. With `template`, lxc-create makes the files; the configuration that
    /// it begins with is kept in `/etc/lxc/NAME.conf`.
    ///
    /// Root in the guest is not root of this system: the users and groups of the guest are the first 65,536 subordinate
    /// identifiers of root in `/etc/subuid` and `/etc/subgid`. An unpacked root keeps its owners, and is mounted with mapped
    /// identifiers, which ext4, xfs and btrfs support since Linux 5.12 to 5.19. With `privileged: true`, root in the guest is
    /// root of this system, without some capabilities and devices: use it only for guests whose users you trust.
    ///
    /// A guest that exists is kept if its configuration has these settings, and refused otherwise.
    ///
    /// Source: lxc-create(1), lxc.container.conf(5); guide LX 2, 9 to 13, 20.
    ///
    /// ```
    /// bridge::create("guests0");
    /// lxc::create("web", #{ template: "busybox", bridge: "guests0", address: "10.0.9.2/24" });
    /// ```
    "lxc.create" => pub struct CreateGuest {
        /// The name of the guest.
        pub name: GuestName,
        /// The template of lxc-create, such as `busybox` or `download`.
        pub template: Option<TemplateName>,
        /// Arguments for the template.
        pub arguments: Option<Vec<String>>,
        /// The bridge that its network card `eth0` is connected to. By default it has no network but loopback.
        pub bridge: Option<LinkName>,
        /// The address of `eth0`. By default the guest configures it, for example with DHCP.
        pub address: Option<IpPrefix>,
        /// The gateway of the default route.
        pub gateway: Option<IpAddress>,
        /// The MAC address of `eth0`; by default one that the name and path determine.
        pub hwaddr: Option<MacAddress>,
        /// Directories of this system that the guest sees at the same place and cannot change. On
        /// ext4, xfs, btrfs and f2fs they are mounted with mapped identifiers: what belongs to root
        /// here belongs to root in the guest. On other filesystems the owners have no names there.
        pub read_only: Option<Vec<AbsPath>>,
        /// Whether root in the guest is root of this system.
        pub privileged: bool = false,
        /// Whether a service that starts all such guests starts it (lxc-autostart(1)).
        pub autostart: bool = false,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/lxc",
    }
}

/// The directory of the templates.
const TEMPLATES: &str = "/usr/share/lxc/templates";

/// Settings for all guests that come with LXC: capabilities, devices, system calls.
const COMMON: &str = "/usr/share/lxc/config/common.conf";
const USER_NAMESPACE: &str = "/usr/share/lxc/config/userns.conf";

type Settings = Vec<(&'static str, String)>;

impl CreateGuest {
    fn rootfs(&self) -> String {
        format!("{}/rootfs", directory(&self.name, &self.path))
    }

    /// Returns the file that is written, and that lxc-create reads.
    fn config(&self) -> String {
        match self.template {
            Some(_) => format!("/etc/lxc/{}.conf", self.name),
            None => format!("{}/config", directory(&self.name, &self.path)),
        }
    }

    fn settings(&self, ids: Option<(u32, u32)>, cx: &Planning<'_>) -> Settings {
        let mut settings: Settings = vec![("lxc.include", COMMON.into())];
        if let Some((user, group)) = ids {
            settings.push(("lxc.include", USER_NAMESPACE.into()));
            settings.push(("lxc.idmap", format!("u 0 {user} {COUNT}")));
            settings.push(("lxc.idmap", format!("g 0 {group} {COUNT}")));
        }
        if self.template.is_none() {
            settings.push(("lxc.rootfs.path", format!("dir:{}", self.rootfs())));
            if ids.is_some() {
                settings.push(("lxc.rootfs.options", "idmap=container".into()));
            }
        }
        settings.push(("lxc.uts.name", self.name.to_string()));
        settings.extend(self.network());
        for shared in self.read_only.iter().flatten() {
            let from = escaped(&shared.to_string());
            let to = from.trim_start_matches('/');
            let mapped = ids.is_some() && unmappable(shared, cx).is_none();
            let options = if mapped { MAPPED } else { "" };
            let entry = format!("{from} {to} none bind,ro,create=dir{options} 0 0");
            settings.push(("lxc.mount.entry", entry));
        }
        if self.autostart {
            settings.push(("lxc.start.auto", "1".into()));
        }
        settings
    }

    fn network(&self) -> Settings {
        let Some(bridge) = &self.bridge else {
            return vec![("lxc.net.0.type", "empty".into())];
        };
        let mut settings: Settings = vec![
            ("lxc.net.0.type", "veth".into()),
            ("lxc.net.0.link", bridge.as_str().into()),
            ("lxc.net.0.flags", "up".into()),
            ("lxc.net.0.name", "eth0".into()),
            ("lxc.net.0.hwaddr", self.mac_address()),
        ];
        if let Some(address) = self.address {
            let version = if address.address.get().is_ipv4() { "ipv4" } else { "ipv6" };
            let key = |v4, v6| if version == "ipv4" { v4 } else { v6 };
            let at = key("lxc.net.0.ipv4.address", "lxc.net.0.ipv6.address");
            settings.push((at, address.to_string()));
            if let Some(gateway) = self.gateway {
                let via = key("lxc.net.0.ipv4.gateway", "lxc.net.0.ipv6.gateway");
                settings.push((via, gateway.to_string()));
            }
        }
        settings
    }

    /// Returns an address in the range that LXC uses, so that a DHCP server knows the guest again.
    fn mac_address(&self) -> String {
        if let Some(given) = &self.hwaddr {
            return given.to_string();
        }
        let digest = sha256(directory(&self.name, &self.path).as_bytes());
        format!("00:16:3e:{}:{}:{}", &digest[..2], &digest[2..4], &digest[4..6])
    }

    fn check(&self, cx: &Planning<'_>) -> Result<()> {
        let name = || self.name.to_string();
        let needs = |what, needs| Err(LxcRule::Needs { name: name(), what, needs }.into());
        if self.bridge.is_none() && (self.address.is_some() || self.hwaddr.is_some()) {
            return needs("an address", "bridge");
        }
        if self.gateway.is_some() && self.address.is_none() {
            return needs("a gateway", "address");
        }
        if self.arguments.is_some() && self.template.is_none() {
            return needs("an argument", "template");
        }
        if let (Some(bridge), Some(links)) = (&self.bridge, &cx.machine.net.links)
            && links.get(bridge.as_str()).and_then(|link| link.kind.as_deref()) != Some("bridge")
        {
            let bridge = bridge.as_str().to_owned();
            return Err(LxcRule::NoBridge { name: name(), bridge }.into());
        }
        let missing = |path: &str| -> Result<bool> {
            Ok(cx.look(&Place::here(path))? == FileStatus::Missing)
        };
        match &self.template {
            Some(template) => {
                let file = format!("{TEMPLATES}/lxc-{template}");
                if missing(&file)? {
                    return Err(LxcRule::NoTemplate { template: template.to_string(), file }.into());
                }
            }
            None if missing(&self.rootfs())? => {
                return Err(LxcRule::NoRoot { name: name(), rootfs: self.rootfs() }.into());
            }
            None => {}
        }
        Ok(())
    }

    /// Returns an error if the configuration of a guest that exists lacks a setting.
    fn compare(seen: &SeenGuest<'_>, wanted: &Settings, cx: &Planning<'_>) -> Result<()> {
        let config = Place::here(format!("{}/config", seen.directory));
        let Some(text) = known_text(&config, cx)? else { return Ok(()) };
        let has = |key, value: &str| {
            has(&text, key, value) || has(&text, key, &value.replace(MAPPED, ""))
        };
        match wanted.iter().find(|(key, value)| !has(key, value)) {
            Some((key, value)) => {
                let setting = line(key, value);
                Err(LxcRule::Exists { name: seen.name.clone(), setting }.into())
            }
            None => Ok(()),
        }
    }
}

/// The option that maps the identifiers of a mount like those of the guest.
const MAPPED: &str = ",idmap=container";

/// Filesystems that Linux 5.12 to 5.18 have learnt to mount with mapped identifiers
/// (mount_setattr(2)). Others have, too, but not in every kernel that is in use.
const MAPPABLE: [&str; 4] = ["ext4", "xfs", "btrfs", "f2fs"];

/// Returns the filesystem of a directory that cannot be mounted with mapped identifiers.
fn unmappable<'a>(directory: &AbsPath, cx: &Planning<'a>) -> Option<&'a str> {
    let directory = directory.to_string();
    let mounts = cx.machine.storage.mounts.iter().filter(|mount| is_below(&directory, &mount.at));
    let kind =
        mounts.max_by_key(|mount| mount.at.len()).map_or("unknown", |mount| mount.kind.as_str());
    (!MAPPABLE.contains(&kind)).then_some(kind)
}

/// Returns a path as lxc.container.conf(5) and fstab(5) write it.
fn escaped(path: &str) -> String {
    let each = |c: char| match c {
        ' ' | '\t' | '\\' | '#' => format!("\\{:03o}", u32::from(c)),
        c => c.to_string(),
    };
    path.chars().map(each).collect()
}

impl Action for CreateGuest {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let mut effects: Vec<Effect> = vec![
            GuestEffect::AltersGuest { guest: directory(&self.name, &self.path) }.into(),
            FilesEffect::Writes { path: self.config() }.into(),
        ];
        if let Some(template) = &self.template {
            effects.extend(Effect::runs("lxc-create", "/"));
            if template.as_str() == "download" {
                effects
                    .push(Effect::Program(ProgramEffect::Network { program: "lxc-create".into() }));
            }
        }
        effects
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let seen = SeenGuest::of(&DOMAIN, &self.name, &self.path, cx)?;
        let ids = match self.privileged {
            true => None,
            false => Some(of_root(cx)?),
        };
        let settings = self.settings(ids.as_ref().map(|ids| (ids.user, ids.group)), cx);
        if seen.found.is_some() {
            Self::compare(&seen, &settings, cx)?;
            return Ok(Plan::already(format!("guest {} exists", self.name)));
        }
        self.check(cx)?;
        let lines: Vec<String> = settings.iter().map(|(key, value)| line(key, value)).collect();
        let config = self.config();
        let mut plan = set_whole(Place::here(&config), cx, lines.join("\n") + "\n")?;
        for shared in self.read_only.iter().flatten().filter(|_| ids.is_some()) {
            plan = plan.warn(unmappable(shared, cx).map(|kind| {
                format!(
                    "{shared} is shared without mapped identifiers (filesystem: {kind}): the guest can only read what all users can"
                )
            }));
        }
        let assumed = ids.is_some_and(|ids| ids.assumed).then(|| {
            "the subordinate identifiers of root are unknown: 100000 is assumed".to_owned()
        });
        let guest = seen.directory;
        let Some(template) = &self.template else {
            let fact = GuestFact::GuestMade {
                guest,
                kind: GuestKind::Lxc,
                rootfs: Some(self.rootfs()),
                disks: Vec::new(),
            };
            return Ok(plan.makes(fact).warn(assumed));
        };
        let mut create = lxc("lxc-create", &guest).args(["-t", template.as_str(), "-f", &config]);
        if let Some(arguments) = &self.arguments {
            create = create.arg("--").args(arguments.iter().cloned());
        }
        let destroy = Undo::Steps(vec![Step::Run(lxc("lxc-destroy", &guest))]);
        let creation = Plan::run(create)
            .makes(GuestFact::GuestMade {
                guest,
                kind: GuestKind::Lxc,
                rootfs: None,
                disks: Vec::new(),
            })
            .undo(destroy)
            .hint("the template prints what it lacks: see lxc-create(1)");
        Ok(plan.and(creation).warn(assumed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_one_word() {
        assert_eq!(escaped("/var/cache/dist files#1"), "/var/cache/dist\\040files\\0431");
    }
}
