//! Releases of several links at once, by the link group of the run that made them.

use std::collections::{BTreeMap, BTreeSet};

use super::link::LinkAt;
use super::network::Network;
use super::release::NetRelease;
use crate::machine::Release;

/// Joins the removals of the links of a namespace that have the same group, where nothing but the
/// network is released between them. Releases of settings that end with these links are omitted.
pub(super) fn joined_releases(releases: Vec<Release>, net: &Network) -> Vec<Release> {
    let mut joined: Vec<Release> = Vec::new();
    let mut groups: BTreeMap<(Option<String>, u32), usize> = BTreeMap::new();
    for release in releases {
        let group = match &release {
            Release::Net(NetRelease::RemoveLink { at }) => {
                group_of(net, at).map(|group| (at, group))
            }
            _ => None,
        };
        if let Some((at, group)) = group {
            let new_index = joined.len();
            let index = *groups.entry((at.netns.clone(), group)).or_insert(new_index);
            match joined.get_mut(index) {
                Some(Release::Net(NetRelease::RemoveGroup { links, .. })) => {
                    links.push(at.link.clone());
                }
                _ => joined.push(Release::Net(NetRelease::RemoveGroup {
                    netns: at.netns.clone(),
                    group,
                    links: vec![at.link.clone()],
                })),
            }
            continue;
        }
        // What is released in between may use the links, and a rollback may need them.
        if !matches!(&release, Release::Net(net) if !matches!(net, NetRelease::RollBack { .. })) {
            groups.clear();
        }
        joined.push(release);
    }
    without_settings(joined)
}

/// Returns the group of a link; `None` for that of all links without one.
fn group_of(net: &Network, at: &LinkAt) -> Option<u32> {
    net.link(at).map(|link| link.group).filter(|group| *group != 0)
}

/// Removes the releases of settings that end with the links of a group.
fn without_settings(releases: Vec<Release>) -> Vec<Release> {
    let several = releases.iter().filter_map(|release| match release {
        Release::Net(NetRelease::RemoveGroup { netns, links, .. }) if links.len() > 1 => {
            Some(links.iter().map(|link| LinkAt { link: link.clone(), netns: netns.clone() }))
        }
        _ => None,
    });
    let removed: BTreeSet<LinkAt> = several.flatten().collect();
    let ends = |release: &Release| match release {
        Release::Net(release) => release.set_on().is_some_and(|at| removed.contains(&at)),
        _ => false,
    };
    releases.into_iter().filter(|release| !ends(release)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::net::LinkKind;
    use crate::machine::{Machine, StorageRelease};
    use crate::types::{IpAddress, IpPrefix};

    fn at(link: &str) -> LinkAt {
        LinkAt { link: link.into(), netns: None }
    }

    /// Returns a machine with a bridge, two taps and a pair of group 7, and a tap of group 8.
    fn machine() -> Machine {
        let mut machine = Machine::empty();
        machine.net.links = Some(BTreeMap::new());
        let tap = || LinkKind::Tap { owner: None };
        let made = [
            ("br0", LinkKind::Bridge, 7),
            ("tap0", tap(), 7),
            ("tap1", tap(), 7),
            ("va", LinkKind::Veth { peer: at("vb") }, 7),
            ("other", tap(), 8),
        ];
        for (name, kind, group) in made {
            machine.net.add(&at(name), &kind, group).expect("a new link");
        }
        machine
    }

    fn remove(link: &str) -> Release {
        NetRelease::RemoveLink { at: at(link) }.into()
    }

    /// Returns the commands of the releases that are due.
    fn due(releases: Vec<Release>, machine: &Machine) -> Vec<String> {
        let joined = joined_releases(releases, &machine.net);
        joined.iter().flat_map(|one| one.pending(machine)).map(|one| one.to_string()).collect()
    }

    #[test]
    fn links_of_a_group_are_removed_at_once() {
        let mut machine = machine();
        let down = NetRelease::Down { at: at("tap1") }.into();
        let address = IpAddress::new([192, 0, 2, 1].into());
        let address = IpPrefix { address, length: 24 };
        let other = NetRelease::RemoveAddress { at: at("other"), address };
        let all =
            vec![down, remove("va"), remove("tap1"), other.into(), remove("tap0"), remove("br0")];
        machine.net.set_address(&at("other"), address, true).expect("the link exists");
        machine.net.set_up(&at("tap1"), true).expect("the link exists");
        let wanted = ["ip link delete group 7", "ip address delete 192.0.2.1/24 dev other"];
        assert_eq!(due(all.clone(), &machine), wanted);
        let group = joined_releases(all.clone(), &machine.net)[0].clone();
        machine.learn(&group.resulting_fact()).expect("the links exist");
        let left: Vec<&String> = machine.net.links.iter().flatten().map(|(name, _)| name).collect();
        assert_eq!(left, ["other"]);
        assert_eq!(group.pending(&machine), []);
        assert!(group.resulting_fact().ends(&crate::machine::Fact::Net(
            super::super::NetFact::LinkMade {
                at: at("tap0"),
                new: LinkKind::Tap { owner: None },
                group: 7,
            }
        )));
    }

    #[test]
    fn a_group_with_a_foreign_link_is_not_removed() {
        let machine = machine();
        let all = vec![remove("va"), remove("tap1"), remove("br0")];
        let wanted = ["ip link delete va", "ip link delete tap1", "ip link delete br0"];
        assert_eq!(due(all, &machine), wanted);
        assert_eq!(due(vec![remove("other")], &machine), ["ip link delete other"]);
    }

    #[test]
    fn a_guest_or_mount_in_between_keeps_the_order() {
        let machine = machine();
        let unmount: Release = StorageRelease::Unmount { at: "/mnt".into() }.into();
        let all = vec![remove("va"), remove("tap1"), unmount, remove("tap0"), remove("br0")];
        let joined = joined_releases(all, &machine.net);
        assert_eq!(joined.len(), 3, "{joined:?}");
        assert!(matches!(joined[1], Release::Storage(_)));
    }
}
