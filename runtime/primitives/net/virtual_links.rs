//! `tap.*`, `veth.*`, `vlan.*` and `macvlan.*`: links that the kernel creates.

use super::made::{create, creates, remove, removes};
use super::name::{LinkName, NamespaceName};
use super::rule::NetRule;
use crate::args;
use crate::error::Result;
use crate::machine::net::{LinkKind, MacvlanMode};
use crate::operation::{Action, Effect, Plan, Planning};
use crate::types::{UserId, VlanId};

args! {
    /// Creates a persistent tap device, for a virtual machine.
    ///
    /// A tap device with the same owner that exists is kept. The device exists until the next
    /// reboot; if the run fails, it is removed when the run cleans up.
    ///
    /// Source: Documentation/networking/tuntap.rst; ip-tuntap(8).
    ///
    /// ```
    /// tap::create("tap0", #{ owner: 1000 });
    /// ```
    "tap.create" => pub struct TapCreate {
        /// The name of the device.
        pub name: LinkName,
        /// The number of the user who may attach to it; by default only root may.
        pub owner: Option<UserId>,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
    }
}

args! {
    /// Removes a tap device.
    ///
    /// Source: ip-link(8), `delete`.
    ///
    /// ```
    /// tap::remove("tap0");
    /// ```
    "tap.remove" => pub struct TapRemove {
        /// The name of the device.
        pub name: LinkName,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
        /// Allows a device that carries the default route or the SSH connection of the session.
        pub disconnect: bool = false,
    }
}

args! {
    /// Creates a pair of links: whatever enters one leaves the other.
    ///
    /// A pair of these links that exists is kept. The pair exists until the next reboot; if the run
    /// fails, it is removed when the run cleans up.
    ///
    /// Source: veth(4).
    ///
    /// ```
    /// netns::create("guest");
    /// veth::create("guest0", "eth0", #{ peer_netns: "guest" });
    /// ```
    "veth.create" => pub struct VethCreate {
        /// The name of one link.
        pub name: LinkName,
        /// The name of the other link.
        pub peer: LinkName,
        /// The network namespace of the one link; that of the program by default.
        pub netns: Option<NamespaceName>,
        /// The network namespace of the other link; that of the program by default.
        pub peer_netns: Option<NamespaceName>,
    }
}

args! {
    /// Removes a pair of links. Either of them can be given.
    ///
    /// Source: veth(4).
    ///
    /// ```
    /// veth::remove("guest0");
    /// ```
    "veth.remove" => pub struct VethRemove {
        /// The name of one link.
        pub name: LinkName,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
        /// Allows a link that carries the default route or the SSH connection of the session.
        pub disconnect: bool = false,
    }
}

args! {
    /// Creates a VLAN of a link: its frames carry an identifier on that link.
    ///
    /// The same VLAN that exists is kept. The VLAN exists until the next reboot; if the run fails,
    /// it is removed when the run cleans up.
    ///
    /// Source: ip-link(8), `type vlan`; IEEE 802.1Q.
    ///
    /// ```
    /// vlan::create("eth0.5", "eth0", 5);
    /// ```
    "vlan.create" => pub struct VlanCreate {
        /// The name of the VLAN's link.
        pub name: LinkName,
        /// The name of the link below.
        pub parent: LinkName,
        /// The identifier of the VLAN, from 1 to 4094.
        pub id: VlanId,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
    }
}

args! {
    /// Removes a VLAN.
    ///
    /// Source: ip-link(8), `delete`.
    ///
    /// ```
    /// vlan::remove("eth0.5");
    /// ```
    "vlan.remove" => pub struct VlanRemove {
        /// The name of the VLAN's link.
        pub name: LinkName,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
        /// Allows a VLAN that carries the default route or the SSH connection of the session.
        pub disconnect: bool = false,
    }
}

args! {
    /// Creates a macvlan: a link with a hardware address of its own on another link.
    ///
    /// The same macvlan that exists is kept. A macvlan reaches other hosts, but not the link below.
    /// The macvlan exists until the next reboot; if the run fails, it is removed when the run cleans
    /// up.
    ///
    /// Source: ip-link(8), `type macvlan`.
    ///
    /// ```
    /// macvlan::create("guest0", "eth0");
    /// macvlan::create("guest1", "eth0", #{ mode: "private" });
    /// ```
    "macvlan.create" => pub struct MacvlanCreate {
        /// The name of the macvlan.
        pub name: LinkName,
        /// The name of the link below.
        pub parent: LinkName,
        /// Which macvlans of the same link reach each other: all (`bridge`), none (`private`), all
        /// through the switch (`vepa`), or there is only one (`passthru`).
        pub mode: MacvlanMode = "bridge",
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
    }
}

args! {
    /// Removes a macvlan.
    ///
    /// Source: ip-link(8), `delete`.
    ///
    /// ```
    /// macvlan::remove("guest0");
    /// ```
    "macvlan.remove" => pub struct MacvlanRemove {
        /// The name of the macvlan.
        pub name: LinkName,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
        /// Allows a macvlan that carries the default route or the SSH connection of the session.
        pub disconnect: bool = false,
    }
}

impl Action for VethCreate {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let peer = self.peer.at(self.peer_netns.as_ref());
        creates([self.name.at(self.netns.as_ref()), peer])
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let peer = self.peer.at(self.peer_netns.as_ref());
        let at = self.name.at(self.netns.as_ref());
        if at == peer {
            return Err(NetRule::Taken { at, found: "its own peer".into() }.into());
        }
        create(cx, at, LinkKind::Veth { peer })
    }
}

/// Implements the creation of a single link: the kind is that of its parameters.
macro_rules! creation {
    ($($type:ident: |$self:ident| $kind:expr;)*) => { $(
        impl Action for $type {
            type Output = ();

            fn effects(&self) -> Vec<Effect> {
                creates([self.name.at(self.netns.as_ref())])
            }

            fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
                let $self = self;
                create(cx, self.name.at(self.netns.as_ref()), $kind)
            }
        }
    )* };
}

creation! {
    TapCreate: |it| LinkKind::Tap { owner: it.owner.map(UserId::get) };
    VlanCreate: |it| LinkKind::Vlan { parent: it.parent.as_str().into(), id: it.id.get() };
    MacvlanCreate: |it| LinkKind::Macvlan { parent: it.parent.as_str().into(), mode: it.mode };
}

/// Implements the removal of a link of a kind.
macro_rules! removal {
    ($($type:ident: $kind:literal;)*) => { $(
        impl Action for $type {
            type Output = ();

            fn effects(&self) -> Vec<Effect> {
                removes(self.name.at(self.netns.as_ref()))
            }

            fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
                remove(cx, self.name.at(self.netns.as_ref()), $kind, self.disconnect)
            }
        }
    )* };
}

removal! {
    TapRemove: "tap";
    VethRemove: "veth";
    VlanRemove: "vlan";
    MacvlanRemove: "macvlan";
}
