//! The rules of the running network, and the checks of them.

use crate::error::{Exit, Result, Rule};
use crate::machine::net::{Connection, Link, LinkAt, Links, Route};
use crate::operation::Planning;
use crate::types::{IpAddress, IpPrefix};

/// A violated rule about the running network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NetRule {
    /// A link does not exist.
    #[error("network link {at}: no such link")]
    NoSuchLink { at: LinkAt, known: Vec<String> },
    /// A namespace does not exist.
    #[error("network namespace {netns}: no such namespace")]
    NoSuchNamespace { netns: String },
    /// A link with the name of a new one exists.
    #[error("network link {at}: the name is taken by {found}")]
    Taken { at: LinkAt, found: String },
    /// A link is of another kind.
    #[error("network link {at}: expected a {wanted}, found {found}")]
    OtherKind { at: LinkAt, wanted: &'static str, found: String },
    /// A link cannot be a port of a bridge.
    #[error("network link {at} cannot be a port of {bridge}: {why}")]
    NoPort { at: LinkAt, bridge: String, why: &'static str },
    /// A link is a port of another bridge.
    #[error("network link {at} is a port of {bridge}")]
    OtherBridge { at: LinkAt, bridge: String },
    /// The link below a VLAN is down.
    #[error("network link {at}: the link below, {parent}, is down")]
    ParentDown { at: LinkAt, parent: String },
    /// Another link has the address.
    #[error("address {address} is assigned to link {link}")]
    AddressTaken { address: IpAddress, link: String },
    /// A network overlaps another one.
    #[error("network of {new} overlaps {old}, which is on link {link}")]
    Overlap { new: IpPrefix, old: IpPrefix, link: String },
    /// A default route has no gateway.
    #[error("default route: the gateway is missing")]
    NoGateway,
    /// The link does not reach a gateway.
    #[error("gateway {via}: link {at} has no address in its network")]
    NoWay { via: IpAddress, at: LinkAt },
    /// The link of a route is down.
    #[error("route {route}: the link is down")]
    RouteDown { route: Route },
    /// Another route to the network exists.
    #[error("route {route}: there is another one, {found}")]
    RouteTaken { route: Route, found: Route },
    /// A rollback is armed for no link.
    #[error("rollback: no links")]
    NoLinks,
    /// An earlier change is neither confirmed nor rolled back.
    #[error("network change {change} of {}: not confirmed yet", links.join(", "))]
    Unconfirmed { change: String, links: Vec<String> },
    /// A change does not exist.
    #[error("network change {change}: no such change")]
    NoSuchChange { change: String },
    /// A change was rolled back.
    #[error("network change {change} was rolled back")]
    RolledBack { change: String },
    /// A rollback cannot create a link again.
    #[error("network link {at}: a rollback cannot create {kind} again")]
    NotRestorable { at: LinkAt, kind: String },
    /// A change would cut the SSH connection of the session.
    #[error("network link {at} carries the SSH connection of this session, to {address}")]
    CutsSession { at: LinkAt, address: IpAddress },
    /// A change would cut the default route.
    #[error("network link {at} carries the default route")]
    CutsDefaultRoute { at: LinkAt },
}

impl Rule for NetRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoSuchLink { known, .. } => match known.is_empty() {
                true => "load the driver of the network card".into(),
                false => format!("use one of {}", known.join(", ")),
            },
            Self::NoSuchNamespace { netns } => format!("create it with netns::create({netns:?})"),
            Self::Taken { .. } => "choose another name, or remove that link".into(),
            Self::OtherKind { found, .. } => {
                format!("check the name, or use the function for {found}")
            }
            Self::NoPort { .. } => "use another link".into(),
            Self::OtherBridge { at, bridge } => {
                format!("remove it first: bridge::remove_port({bridge:?}, {:?})", at.link)
            }
            Self::ParentDown { parent, .. } => format!("set it up first: net::up({parent:?})"),
            Self::AddressTaken { .. } => "choose another address".into(),
            Self::Overlap { .. } => {
                "choose another network, or set overlap: true if both are the same network".into()
            }
            Self::NoGateway => "add its address, for example via: \"192.0.2.254\"".into(),
            Self::NoWay { .. } => {
                "assign an address in the network of the gateway first: net::add_address".into()
            }
            Self::RouteDown { route } => format!("set it up first: net::up({:?})", route.link),
            Self::RouteTaken { .. } => "remove the other route first: net::remove_route".into(),
            Self::NoLinks => "list the links that are going to be changed".into(),
            Self::Unconfirmed { change, .. } => format!(
                "confirm it, or roll it back: gscript confirm {change}, gscript confirm \
                --roll-back {change}"
            ),
            Self::NoSuchChange { .. } => "use the value that net::arm_rollback returned".into(),
            Self::RolledBack { .. } => "run the recipe again".into(),
            Self::NotRestorable { .. } => "remove it after net::confirm".into(),
            Self::CutsSession { .. } | Self::CutsDefaultRoute { .. } => {
                "use another link, or arm a rollback first: net::arm_rollback; from the console, \
                set disconnect: true"
                    .into()
            }
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::CutsSession { .. }
            | Self::CutsDefaultRoute { .. }
            | Self::Unconfirmed { .. }
            | Self::NotRestorable { .. } => Exit::Refused,
            _ => Exit::Usage,
        }
    }
}

/// Returns the links of a namespace; `None` if they are unknown.
pub(super) fn links_in<'a>(cx: &Planning<'a>, netns: Option<&str>) -> Result<Option<&'a Links>> {
    let net = &cx.machine.net;
    match netns {
        Some(name) if net.links.is_some() && !net.is_namespace(name) => {
            Err(NetRule::NoSuchNamespace { netns: name.to_owned() }.into())
        }
        _ => Ok(net.links_in(netns)),
    }
}

/// Returns an existing link; `None` if the links are unknown.
pub(super) fn existing<'a>(cx: &Planning<'a>, at: &LinkAt) -> Result<Option<&'a Link>> {
    let Some(links) = links_in(cx, at.netns.as_deref())? else { return Ok(None) };
    let missing = || NetRule::NoSuchLink { at: at.clone(), known: links.keys().cloned().collect() };
    Ok(Some(links.get(&at.link).ok_or_else(missing)?))
}

/// Returns the warning for a link on a machine whose links are unknown.
pub(super) fn unknown(cx: &Planning<'_>, at: &LinkAt) -> Option<String> {
    let known = cx.machine.net.links_in(at.netns.as_deref()).is_some();
    (!known).then(|| format!("the links of this machine are unknown: {at} is assumed to exist"))
}

/// Returns the name of the kind of a link for messages.
pub(super) fn kind_of(link: &Link) -> String {
    link.kind.as_ref().map_or_else(|| "a network card".into(), |kind| format!("a {kind}"))
}

/// Refuses a link of another kind.
pub(super) fn check_kind(at: &LinkAt, link: &Link, wanted: &'static str) -> Result<()> {
    match link.kind.as_deref() == Some(wanted) {
        true => Ok(()),
        false => {
            let found = kind_of(link);
            Err(NetRule::OtherKind { at: at.clone(), wanted, found }.into())
        }
    }
}

/// Refuses to change a link that carries the session or the default route, unless a rollback
/// restores it, or the caller allows to disconnect.
pub(super) fn check_connection(cx: &Planning<'_>, at: &LinkAt, disconnect: bool) -> Result<()> {
    let at = at.clone();
    let disconnect = disconnect || cx.machine.net.restorer(&at).is_some();
    match cx.machine.net.carries(&at).filter(|_| !disconnect) {
        None => Ok(()),
        Some(Connection::Session(address)) => Err(NetRule::CutsSession { at, address }.into()),
        Some(Connection::DefaultRoute) => Err(NetRule::CutsDefaultRoute { at }.into()),
    }
}
